import pickle

import numpy as np
import pytest
from helpers.superresolved import save_generator
from PIL import Image

from featfer.errors import DataError, MissingError, ParameterError
from featfer.superres import SHIPPED, Enlargement, make_enlargement
from featfer.superres.enlarging import restore_enlargement
from featfer.superres.generators import read_generator
from featfer.utils import fitted_files


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    return save_generator(tmp_path_factory.mktemp("generator") / "small.npz")


@pytest.fixture
def enlarge(generator):
    return Enlargement(generator)


@pytest.fixture
def face(crops):
    return crops[0]


@pytest.mark.parametrize("name", ["bicubic", "lanczos"])
def test_resampling_is_pillows(name, face):
    expected = Image.fromarray(face).resize((192, 192), Image.Resampling[name.upper()])
    np.testing.assert_array_equal(Enlargement(name)(face), np.asarray(expected))


def test_a_generator_gives_four_times_the_sides_in_bytes(enlarge, face):
    made = enlarge(face[:40])
    assert (made.shape, made.dtype) == ((160, 192), np.uint8)
    assert made.std() > 0
    assert np.array_equal(made, enlarge(face[:40]))


def test_colours_stay_and_the_luma_is_the_generators(enlarge, photo):
    image = np.asarray(Image.open(photo).resize((60, 70)))
    made = enlarge(image)
    assert (made.shape, made.dtype) == ((280, 240, 3), np.uint8)
    luma, wanted = (np.asarray(Image.fromarray(pixels).convert("L"), float) for pixels in (made, image))
    assert np.abs(luma - enlarge(wanted.astype(np.uint8))).mean() < 3
    chroma, before = (np.asarray(Image.fromarray(pixels).convert("YCbCr").resize((60, 70)), float) for pixels in (made, image))
    assert np.abs(chroma[..., 1:] - before[..., 1:]).mean() < 4


def test_a_grey_image_in_three_channels_stays_grey(enlarge, face):
    made = enlarge(np.repeat(face[..., None], 3, axis=2)).astype(int)
    assert np.array_equal(made, np.repeat(enlarge(face)[..., None], 3, axis=2))


def test_bf16_differs_little(generator, face):
    made = [Enlargement(generator, precision)(face).astype(int) for precision in ("float32", "bf16")]
    assert 0 < np.abs(made[0] - made[1]).max() <= 4


def test_images_of_more_than_64_pixels_are_not_enlarged(enlarge):
    assert enlarge.enlarge_small(np.zeros((64, 64), np.uint8)).shape == (256, 256)
    large = np.zeros((20, 65), np.uint8)
    assert enlarge.enlarge_small(large) is large


def test_none_is_no_enlargement():
    assert make_enlargement(None) is make_enlargement("none") is None
    assert make_enlargement("bicubic").model == "bicubic"


def test_an_enlargement_is_restored_from_its_fingerprint_if_its_file_is_known(enlarge, face):
    again = restore_enlargement(enlarge.fingerprint)
    assert again.fingerprint == enlarge.fingerprint
    np.testing.assert_array_equal(again(face), enlarge(face))
    assert restore_enlargement(None) is None
    with pytest.raises(ValueError, match="not what this featfer does"):
        restore_enlargement({**Enlargement("bicubic").fingerprint, "version": 0})


def test_generators_that_ship_are_found_by_their_digest(monkeypatch):
    fingerprint = Enlargement("srgan").fingerprint
    fitted_files._contents.clear()
    fitted_files._read.cache_clear()
    assert restore_enlargement(fingerprint).fingerprint == fingerprint
    with pytest.raises(MissingError, match="sha256:00"):
        restore_enlargement({**fingerprint, "model": "sha256:00"})


def test_a_pickle_has_the_name_of_the_file_only(enlarge, generator, face):
    assert str(generator) in str(vars(enlarge))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(enlarge))(face), enlarge(face))


@pytest.mark.parametrize("name", SHIPPED)
def test_generators_that_ship_are_small_and_sharper_than_bicubic(name, face):
    assert sum(p.numel() for p in read_generator(name).parameters()) < 1_000_000
    sharp, plain = (np.abs(np.diff(Enlargement(model)(face).astype(float))).mean() for model in (name, "bicubic"))
    assert sharp > plain


@pytest.mark.parametrize(("model", "words"), [
    ("srres", "superres: 'srres' is no such file, and none of srresnet, srgan, bicubic, lanczos"),
    ("sha256:12", "no fitted file sha256:12")])
def test_unknown_models_are_refused(model, words):
    with pytest.raises((ParameterError, MissingError), match=words):
        Enlargement(model).check()


def test_another_precision_and_device_are_refused(generator):
    with pytest.raises(ParameterError, match="precision 'half' is none of float32, bf16"):
        Enlargement(generator, "half").check()
    with pytest.raises(MissingError, match="cuda:7"):
        Enlargement(generator, device="cuda:7").check()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_a_broken_file_is_refused(tmp_path, content):
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.npz: not a generator \(.*`featfer superres train` makes one"):
        Enlargement(path).check()


@pytest.mark.parametrize("arrays", [{}, {"first.weight": np.zeros(3, np.float32)}, {"first.weight": np.zeros((8, 1, 9, 9))},
                                    {"first.weight": np.array([None])}])
def test_other_arrays_are_refused(tmp_path, arrays):
    np.savez(tmp_path / "other.npz", **arrays)
    with pytest.raises(DataError, match="not a generator"):
        Enlargement(tmp_path / "other.npz").check()


def test_a_generator_larger_than_memory_is_refused_before_it_is_unpacked(tmp_path):
    np.savez_compressed(tmp_path / "bomb.npz", **{"first.weight": np.zeros(1 << 27, np.float32)})
    with pytest.raises(DataError, match=r"bomb\.npz: not a generator \(.* GiB unpacked, more than "):
        Enlargement(tmp_path / "bomb.npz").check()


def test_too_large_an_image_is_refused(enlarge):
    with pytest.raises(DataError, match="1001x1000 is more than 1,000,000 pixels, too large to be enlarged 4 times"):
        enlarge(np.zeros((1000, 1001), np.uint8))
