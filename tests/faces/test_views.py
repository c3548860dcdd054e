import numpy as np
import pytest

from featfer.errors import ParameterError
from featfer.faces import PLAIN, check_view, find_faces
from featfer.faces.views import apply_view
from featfer.features import Embedding, Stage
from featfer.images.pixels import read_image


@pytest.fixture(scope="module")
def chip(photo):
    return find_faces(read_image(photo))[0].chip()


def far(one, other):
    """Return the mean difference of two chips without their borders, which are repeated pixels."""
    return np.abs(one.astype(int) - other.astype(int))[30:-30, 30:-30].mean()


def test_the_plain_view_is_the_chip(chip):
    assert apply_view(chip, PLAIN) is chip


def test_a_face_in_grey_has_the_same_chip_without_colours(photo):
    face = find_faces(read_image(photo))[0]
    grey = face.in_grey()
    chip, expected = grey.chip(), face.chip() @ np.array([0.299, 0.587, 0.114])
    assert (chip == chip[..., :1]).all() and np.abs(chip[..., 0] - expected).max() <= 1
    assert (face.chip() != chip).any() and grey.box == face.box
    np.testing.assert_array_equal(grey.chip(view="flip"), chip[:, ::-1])
    assert grey.in_grey() is grey


def test_flip_mirrors(chip):
    np.testing.assert_array_equal(apply_view(chip, "flip"), chip[:, ::-1])


def test_shift_moves_right_and_down_and_repeats_the_border(chip):
    seen = apply_view(chip, "shift:5:3")
    np.testing.assert_array_equal(seen[3:, 5:], chip[:-3, :-5])
    np.testing.assert_array_equal(seen[3:, :5], np.repeat(chip[:-3, :1], 5, axis=1))


def test_a_quarter_turn_is_anticlockwise(chip):
    assert far(apply_view(chip, "turn:90"), np.rot90(chip)) < 1


def test_turns_and_zooms_can_be_undone(chip):
    assert far(apply_view(apply_view(chip, "turn:12"), "turn:-12"), chip) < 6
    assert far(apply_view(apply_view(chip, "zoom:110"), "zoom:90.909"), chip) < 6
    assert far(apply_view(chip, "turn:12"), chip) > 20


def test_changes_are_made_from_left_to_right(chip):
    np.testing.assert_array_equal(apply_view(chip, "flip+shift:5:0"), apply_view(apply_view(chip, "flip"), "shift:5:0"))


def test_jitter_depends_on_its_number_and_the_chip_alone(chip):
    np.testing.assert_array_equal(apply_view(chip, "jitter:1"), apply_view(chip.copy(), "jitter:1"))
    assert far(apply_view(chip, "jitter:1"), apply_view(chip, "jitter:2")) > 2
    other = apply_view(chip, "shift:1:0")
    assert far(apply_view(apply_view(chip, "jitter:1"), "shift:1:0"), apply_view(other, "jitter:1")) > 2


def test_jitter_stays_near_the_chip(chip):
    seen = [apply_view(chip, f"jitter:{number}") for number in range(20)]
    flipped = [far(view, chip[:, ::-1]) < far(view, chip) for view in seen]
    assert 3 < sum(flipped) < 17
    assert max(min(far(view, chip), far(view, chip[:, ::-1])) for view in seen) < 40


@pytest.mark.parametrize("view", ["", "upside", "flip:1", "turn", "turn:x", "turn:nan", "zoom:0", "zoom:-50", "shift:1",
                                  "plain+flip", "jitter:-1", "flip+", "turn:1:2"])
def test_what_is_no_view_is_refused(view):
    with pytest.raises(ParameterError, match="none of: plain, or flip"):
        check_view(view)


def test_a_view_is_part_of_the_fingerprint_unless_plain():
    assert "view" not in Stage().fingerprint["params"]
    assert Stage(view="flip").fingerprint["params"]["view"] == "flip"
    assert len({Stage(view=view).key for view in ("plain", "flip", "turn:5")}) == 3


def test_the_embedding_of_a_view_is_that_of_the_changed_chip(photo):
    import torch

    from featfer.features.dlibnet.feature import DLIB, _load_torch_network
    face = find_faces(read_image(photo))[0]
    mirrored = torch.from_numpy(face.chip()[None, :, ::-1].copy())
    expected = _load_torch_network("float32", "cpu", DLIB)(mirrored)["embedding"].numpy()
    np.testing.assert_allclose(Embedding(view="flip").transform([face]), expected, atol=1e-5)
    assert np.abs(Embedding(view="flip").transform([face]) - Embedding().transform([face])).max() > 0.01
