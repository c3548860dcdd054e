import io
import json

import numpy as np
import pytest

from featfer.errors import BundleError, MissingError, ParameterError
from featfer.faces import find_faces
from featfer.features import Landmarks, make_features, restore_feature
from featfer.features.bovw import BoVW
from featfer.features.visual_words.fisher import FORMAT, Codebook
from featfer.features.visual_words.sift import POSITIONS, dense_sift
from featfer.utils import fitted_files


@pytest.fixture(scope="module")
def book():
    """A codebook of three random words."""
    rng = np.random.default_rng(0)
    arrays = (rng.random(128), rng.normal(size=(128, 5)), [0.5, 0.3, 0.2],
              rng.normal(size=(3, 7)), rng.uniform(1, 2, (3, 7)))
    return Codebook(*(np.asarray(array, np.float32) for array in arrays))


@pytest.fixture
def path(tmp_path, book):
    with open(tmp_path / "codebook.npz", "wb") as file:
        book.write(file)
    return tmp_path / "codebook.npz"


@pytest.fixture(scope="module")
def faces(crops):
    return [find_faces(image)[0] for image in (*crops[:2], np.zeros((48, 48), np.uint8))]


# -- descriptors ------------------------------------------------------------------------------------------------------

def test_a_descriptor_for_each_position(faces):
    values = dense_sift(BoVW().grey(faces[0]))
    assert values.shape == (len(POSITIONS), 128) == (841, 128)
    assert values.dtype == np.float32
    assert np.abs(POSITIONS).max() < 0.5
    np.testing.assert_allclose((values**4).sum(axis=1), 1, atol=1e-3)


def test_a_plain_chip_has_no_edges():
    assert not dense_sift(np.full((96, 96), 90, np.uint8)).any()


def test_a_transposed_chip_has_its_descriptors_transposed(faces):
    chip = BoVW().grey(faces[0])
    own, other = (dense_sift(np.ascontiguousarray(image))[:441].reshape(21, 21, 4, 4, 8) for image in (chip, chip.T))
    directions = [2, 1, 0, 7, 6, 5, 4, 3]
    np.testing.assert_allclose(other, own.transpose(1, 0, 3, 2, 4)[..., directions], atol=1e-2)


# -- words ------------------------------------------------------------------------------------------------------------

def test_a_fisher_vector_is_the_gradient_of_the_likelihood(book):
    from scipy.stats import norm
    descriptors = np.random.default_rng(1).random((len(POSITIONS), 128)).astype(np.float32)
    values = np.hstack([(descriptors - book.mean) @ book.axes, 2 * POSITIONS])

    def likelihood(centres, deviations):
        heights = norm.logpdf(values[:, None], centres, deviations).sum(axis=2) + np.log(book.weights)
        return np.logaddexp.reduce(heights, axis=1).mean()
    centres, deviations, step = book.centres.astype(float), book.deviations.astype(float), 1e-5
    nudge = np.zeros((3, 7))
    nudge[1, 2] = step
    by_centre = (likelihood(centres + nudge, deviations) - likelihood(centres - nudge, deviations)) / (2 * step)
    by_deviation = (likelihood(centres, deviations + nudge) - likelihood(centres, deviations - nudge)) / (2 * step)
    expected = np.array([by_centre, by_deviation / np.sqrt(2)]) * deviations[1, 2] / np.sqrt(0.3)
    encoded = book.encode(descriptors)
    found = (np.sign(encoded) * encoded**2).reshape(2, 3, 7)[:, 1, 2]
    assert found[0] / found[1] == pytest.approx(expected[0] / expected[1], rel=1e-2)


def test_codebook_is_read_as_it_was_written(path, book):
    again = Codebook.read(path.read_bytes())
    for name in Codebook.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(again, name), getattr(book, name))


# -- the feature ------------------------------------------------------------------------------------------------------

def test_a_row_for_each_face(faces, path):
    [feature] = make_features(f"bovw:{path}")
    values = feature.transform(faces)
    assert values.shape == (3, 2 * 3 * 7) == (3, feature.size)
    assert values.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(values, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(values, feature.transform(faces))
    assert not np.allclose(values, BoVW(path, view="flip").transform(faces))
    assert feature.transform([]).shape == (0, 42)


def test_fingerprint_has_the_content_of_the_codebook(faces, path, monkeypatch):
    feature = BoVW(str(path))
    fingerprint, before = json.loads(json.dumps(feature.fingerprint)), feature.transform(faces)
    [content] = feature.read_fitted_files()
    path.unlink()
    monkeypatch.setattr(fitted_files, "_contents", {})
    with pytest.raises(MissingError, match="name its path, or load a bundle"):
        restore_feature(fingerprint)
    fitted_files.register(content)
    np.testing.assert_array_equal(restore_feature(fingerprint).transform(faces), before)


@pytest.mark.parametrize("name", ["bovw", "bovw:"])
def test_without_a_codebook_it_says_which_command_makes_one(name):
    with pytest.raises(ParameterError, match=r"`featfer codebook SOURCE --out FILE\.npz` makes one"):
        make_features(name)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut", "npz", "npy"])
def test_a_foreign_file_is_refused(tmp_path, content):
    path = tmp_path / "foreign.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        with open(path, "wb") as file:
            {"npz": np.savez, "npy": np.save}[content](file, np.zeros(3))
    with pytest.raises(BundleError, match=r"foreign\.npz: not a codebook .*`featfer codebook` makes one"):
        make_features(f"bovw:{path}")


def test_a_file_that_is_not_there():
    with pytest.raises(MissingError, match=r"nowhere\.npz: cannot be read"):
        make_features("bovw:nowhere.npz")


def test_other_features_have_no_fitted_files():
    assert Landmarks().read_fitted_files() == []


@pytest.mark.parametrize("changes", [
    {"mean": np.zeros(127, np.float32)}, {"axes": np.zeros((128, 3, 1), np.float32)}, {"weights": np.zeros(1, np.float32)},
    {"centres": np.array([["a"]])}, {"deviations": np.zeros((1, 5), np.float32)}, {"mean": np.full(128, np.nan, np.float32)},
    {"mean": np.full(128, 1e30, np.float32)}, {"mean": np.zeros(128)}, {"format": np.array("another 1")}])
def test_a_codebook_whose_arrays_do_not_fit_is_refused(changes):
    words = {"format": FORMAT, "mean": np.zeros(128, np.float32), "axes": np.ones((128, 3), np.float32),
             "weights": np.ones(1, np.float32), "centres": np.zeros((1, 5), np.float32),
             "deviations": np.ones((1, 5), np.float32)}

    def content(arrays):
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        return buffer.getvalue()
    assert Codebook.read(content(words)).size == 10
    with pytest.raises(ValueError, match="its "):
        Codebook.read(content(words | changes))
