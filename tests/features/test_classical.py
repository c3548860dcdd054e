"""The features of shape and grey values that go before any network: geometry, hog, lbp, gabor, pixels."""

import json

import numpy as np
import pytest

from featfer.errors import ParameterError
from featfer.faces import Face, find_faces
from featfer.features import FEATURES, make_features, restore_feature
from featfer.features.gabor import Gabor
from featfer.features.geometry import LEFT, RIGHT, Geometry
from featfer.features.hog import Hog
from featfer.features.lbp import LBP, PATTERNS
from featfer.features.pixels import Pixels

SIZES = {"geometry": 312, "hog": 7200, "hog:16": 1152, "hog:7": 8712, "lbp": 5900, "lbp:8": 3776, "lbp:1": 59,
         "gabor": 2560, "gabor:7": 1960, "gabor:1": 40, "pixels": 2304, "pixels:32": 1024}
GREY = (Hog, LBP, Gabor, Pixels)


class Points(Face):
    """A face that has landmarks only."""

    def __init__(self, points):
        self.points = lambda count: points


@pytest.fixture(scope="module")
def faces(crops):
    """Two faces and one blank image."""
    return [find_faces(image)[0] for image in (*crops[:2], np.zeros((48, 48), np.uint8))]


def ramp(angle, side=96):
    """A chip that brightens in the direction of an angle, in degrees from the x axis towards y, downwards."""
    y, x = np.mgrid[:side, :side]
    return (128 + np.cos(np.radians(angle)) * (x - side / 2) + np.sin(np.radians(angle)) * (y - side / 2)).astype(np.uint8)


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_a_row_for_each_face(faces, name, size):
    [feature] = make_features(name)
    values = feature.transform(faces)
    assert values.shape == (3, size) == (3, feature.size)
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    np.testing.assert_array_equal(values, np.concatenate([feature.transform([face]) for face in faces]))
    assert feature.transform([]).shape == (0, size)


@pytest.mark.parametrize("name", SIZES)
def test_feature_is_made_again_from_its_fingerprint(name):
    [feature] = make_features(name)
    again = restore_feature(json.loads(json.dumps(feature.fingerprint)))
    assert type(again) is type(feature)
    assert again.get_params() == feature.get_params()


@pytest.mark.parametrize("kind", GREY)
def test_the_argument_in_its_name_is_set(kind):
    [plain], [same] = make_features(kind.name), make_features(f"{kind.name}:{kind().number}")
    [other] = make_features(f"{kind.name}:12")
    assert plain.key == same.key != other.key
    assert kind(**{kind.argument: 12}).size == other.size


@pytest.mark.parametrize("kind", GREY)
@pytest.mark.parametrize("argument", ["", "0", "1000", "-3", "2.5", "eight"])
def test_an_argument_out_of_range_is_shown(kind, argument):
    with pytest.raises(ParameterError, match=f"^{kind.name}: {kind.argument} '{argument}' is not a whole number from "):
        make_features(f"{kind.name}:{argument}")


@pytest.mark.parametrize("kind", GREY)
def test_it_is_computed_from_the_aligned_chip_in_its_view(faces, kind):
    plain, other, mirrored = (kind(**params).transform(faces[:1])[0] for params in ({}, {"align": "none"}, {"view": "flip"}))
    own = kind().describe(np.ascontiguousarray(kind().grey(faces[0])[:, ::-1]))
    assert not np.allclose(plain, other)
    assert np.corrcoef(mirrored, own)[0, 1] > 0.98 > np.corrcoef(plain, own)[0, 1]
    with pytest.raises(ParameterError, match="align 'left'"):
        make_features(kind.name, align="left")


@pytest.mark.parametrize("kind", [Hog, LBP, Gabor])
def test_half_the_contrast_changes_little(faces, kind):
    chip = kind().grey(faces[0])
    whole, half = kind().describe(chip), kind().describe(chip // 2 + 60)
    assert np.linalg.norm(whole - half) < 0.5 * np.linalg.norm(whole)


# -- what each of them measures ---------------------------------------------------------------------------------------

@pytest.mark.parametrize(("angle", "direction"), [(0, 0), (45, 2), (90, 4), (135, 6)])
def test_hog_gives_the_direction_of_the_gradient(angle, direction):
    cells = Hog().describe(ramp(angle)).reshape(-1, 8)
    strongest = np.bincount(cells.argmax(axis=1), minlength=8).argmax()
    assert (strongest - direction) % 8 in (0, 7)  # a change along the border between two bins


def test_lbp_counts_every_pixel_once(faces):
    frequencies = LBP("7").describe(LBP().grey(faces[0]))**2
    np.testing.assert_allclose(frequencies.reshape(49, PATTERNS).sum(axis=1), 1)


@pytest.mark.parametrize(("turn", "orientation"), [(0, 0), (90, 4)])
def test_gabor_responds_most_to_its_own_wave(turn, orientation):
    y, x = np.mgrid[:96, :96]
    wave = np.sin(2 * np.pi * 0.125 * (x if turn == 0 else y))
    strength = Gabor().describe((128 + 100 * wave).astype(np.uint8)).reshape(5, 8, 64).mean(axis=2)
    assert np.unravel_index(strength.argmax(), (5, 8)) == (2, orientation)  # 0.125 cycles a pixel: an octave below 0.25


def test_pixels_even_out_the_light(faces):
    chip = Pixels().grey(faces[0])
    shade = np.linspace(0, 60, 48)
    lit = (chip / 2 + shade).astype(np.uint8)
    assert np.corrcoef(Pixels().describe(chip), Pixels().describe(lit))[0, 1] > 0.95


def test_geometry_does_not_depend_on_place_size_and_rotation(faces):
    points = faces[0].points(68)
    turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]], np.float32)
    before, after = Geometry().transform([Points(points), Points(points @ turn * 3 + 50)])
    np.testing.assert_allclose(before, after, atol=1e-4)


def test_geometry_of_the_mirrored_face_is_mirrored(faces):
    points = faces[0].points(68)
    mirrored = points * (-1, 1)
    mirrored[np.r_[LEFT, RIGHT]] = mirrored[np.r_[RIGHT, LEFT]]
    shape, other = (Geometry().transform([Points(p)])[0][:136].reshape(68, 2) for p in (points, mirrored))
    np.testing.assert_allclose(other[LEFT], shape[RIGHT] * (-1, 1), atol=1e-5)


def test_geometry_of_a_part_does_not_depend_on_its_place():
    points = np.random.default_rng(0).normal(size=(68, 2)) + np.where(np.isin(np.arange(68), RIGHT), 9, 0)[:, None]
    values = Geometry().transform([Points(points)])[0]
    np.testing.assert_allclose(values[-40:].reshape(20, 2).mean(axis=0), 0, atol=1e-6)


def test_geometry_of_points_that_coincide_is_finite():
    assert np.isfinite(Geometry().transform([Points(np.zeros((68, 2), np.float32))])).all()


def test_each_is_listed():
    assert {"geometry", "hog", "lbp", "gabor", "pixels"} <= set(FEATURES)
