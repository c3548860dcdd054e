import json

import numpy as np
import pytest

from featfer.faces import find_faces
from featfer.features import ActionUnits, make_features, restore_feature
from featfer.features import action_units as module
from featfer.features.action_units import EYES, NAMES, UNITS, intensities, measure, read_neutral
from featfer.images.pixels import read_image


@pytest.fixture(scope="module")
def points(photo):
    """The 68 landmarks of a face, float (68, 2)."""
    return find_faces(read_image(photo))[0].points(68).astype(float)


def moved(points, rows, x=0.0, y=0.0):
    """Return a copy of points with some of them moved, in distances between the eyes of an upright face."""
    moved, size = points.copy(), np.linalg.norm(points[42:48].mean(axis=0) - points[36:42].mean(axis=0))
    moved[list(rows)] += (x * size, y * size)
    return moved


def change(points, *moves):
    """Return {name: how much its measure grows} when landmarks are moved."""
    after = points
    for rows, x, y in moves:
        after = moved(after, rows, x, y)
    before, after = measure(np.stack([points, after]))
    return dict(zip(NAMES, after - before, strict=True))


@pytest.mark.parametrize(("name", "moves"), [
    ("AU1", [((20, 21, 22, 23), 0, -0.1)]), ("AU2", [((17, 18, 25, 26), 0, -0.1)]),
    ("AU4", [(range(17, 27), 0, 0.1), ((21,), 0.05, 0), ((22,), -0.05, 0)]), ("AU5", [((37, 38, 43, 44), 0, -0.05)]),
    ("AU6/7", [((40, 41, 46, 47), 0, -0.05)]), ("AU9", [(range(31, 36), 0, -0.1)]),
    ("AU12", [((48,), -0.1, -0.1), ((54,), 0.1, -0.1)]), ("AU15", [((48, 54), 0, 0.1)]),
    ("AU20", [((48,), -0.1, 0), ((54,), 0.1, 0)]), ("AU23/24", [((50, 51, 52), 0, 0.05), ((56, 57, 58), 0, -0.05)]),
    ("AU25", [((65, 66, 67), 0, 0.05)]), ("AU26", [((8, 57), 0, 0.1)]), ("AU27", [((65, 66, 67), 0, 0.2), ((48,), 0.05, 0)]),
])
def test_action_raises_its_unit(points, name, moves):
    assert change(points, *moves)[name] > 0.04
    assert change(points, *[(rows, -x, -y) for rows, x, y in moves])[name] < -0.04


def test_smile_and_drooping_corners_are_opposites(points):
    smile = change(points, ((48, 54), 0, -0.1))
    assert smile["AU12"] > 0.09 and smile["AU15"] < -0.09
    assert all(abs(smile[name]) < 1e-9 for name in NAMES if name not in ("AU12", "AU15", "AU20"))


def test_broad_smile_does_not_raise_the_lip_stretcher(points):
    broad = change(points, ((48,), -0.1, -0.1), ((54,), 0.1, -0.1))
    assert broad["AU12"] > 0.2 > 0.05 > broad["AU20"]


def test_place_size_and_rotation_do_not_matter(points):
    angle = np.deg2rad(25)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(measure((3.7 * points @ turn + (50, -20))[None]), measure(points[None]), atol=1e-9)


def test_the_eyes_are_level_and_one_apart(points):
    left, right = (module._level(points[None])[0, eye].mean(axis=0) for eye in EYES)
    np.testing.assert_allclose((left, right), [(-0.5, 0), (0.5, 0)], atol=1e-12)


def test_points_that_coincide_give_finite_values():
    assert np.isfinite(measure(np.zeros((1, 68, 2)))).all()


def test_each_unit_has_a_name_and_an_action():
    assert len(set(NAMES)) == len(UNITS) == ActionUnits.size == 13
    assert all(unit.name.startswith("AU") and unit.action and unit.distances for unit in UNITS)


def test_feature_is_in_deviations_of_neutral_faces(photo):
    faces = find_faces(read_image(photo))
    median, deviation = read_neutral()
    np.testing.assert_allclose(ActionUnits().transform(faces)[0],
                               (measure(faces[0].points(68)[None])[0] - median) / deviation, rtol=1e-5)
    assert (deviation > 0).all()


def test_feature_has_a_row_for_each_face(photo, crops):
    faces = [find_faces(image)[0] for image in (read_image(photo), crops[0], np.zeros((48, 48), np.uint8))]
    values = ActionUnits().transform(faces)
    assert (values.shape, values.dtype) == ((3, 13), np.float32)
    assert np.isfinite(values).all()
    assert ActionUnits().transform([]).shape == (0, 13)


def test_intensities_go_from_0_to_5(photo, monkeypatch):
    faces = find_faces(read_image(photo))
    rows = np.array([[-2.0, 7.0, 1.24] + [0.0] * 10], np.float32)
    monkeypatch.setattr(ActionUnits, "transform", lambda self, faces: rows)
    (found,) = intensities(faces)
    assert list(found.values())[:3] == [0.0, 5.0, 1.2]
    assert list(found) == list(NAMES)


def test_smiling_faces_raise_the_lip_corners():
    """A smiling face, where scikit-image has its photo at hand."""
    astronaut = pytest.importorskip("skimage.data").astronaut()
    (found,) = intensities(find_faces(astronaut)[:1])
    assert found["AU12"] > 2
    assert found["AU15"] == 0


def test_fingerprint_changes_with_the_neutral_face(tmp_path, monkeypatch):
    before = ActionUnits().key
    assert restore_feature(json.loads(json.dumps(ActionUnits().fingerprint))).key == before
    (tmp_path / "neutral.json").write_text("{}")
    monkeypatch.setattr(module, "NEUTRAL_FILE", tmp_path / "neutral.json")
    assert ActionUnits().key != before


def test_feature_is_made_by_its_name():
    (feature,) = make_features("action-units")
    assert isinstance(feature, ActionUnits)
