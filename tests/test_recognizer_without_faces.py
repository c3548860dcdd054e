"""What a Recognizer says of images without a face, and of what is no image."""

import io

import numpy as np
import pytest
from PIL import Image

from featfer.bundle.persist import load
from featfer.errors import DataError, ParameterError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def recognizer(bundle):
    return load(bundle)


@pytest.fixture(scope="module")
def of_photo(recognizer, photo):
    """The expressions in the photo."""
    return recognizer.predict(photo)[0]


@pytest.mark.parametrize("shape", [(400, 300), (100, 100, 3), (48, 48), (1, 1)])
def test_an_image_without_a_face_has_no_expressions(recognizer, photo, of_photo, shape):
    blank = np.full(shape, (20, 200, 40)[:len(shape)] if len(shape) == 3 else 128, np.uint8)
    assert recognizer.predict([blank, photo, blank]) == [[], of_photo, []]
    assert recognizer.predict(blank) == [[]]


def test_an_image_without_a_face_is_named_in_the_error(recognizer, photo, tmp_path):
    Image.fromarray(np.full((300, 300), 90, np.uint8)).save(tmp_path / "room.png")
    stream = recognizer.stream([photo, tmp_path / "room.png"], no_face="error")
    assert len(next(stream)) == 1
    with pytest.raises(DataError, match=r"room\.png: no face found; no_face='skip' gives"):
        next(stream)
    with pytest.raises(DataError, match="image 1: no face found"):
        recognizer.predict(np.zeros((200, 200), np.uint8), no_face="error")


def test_invalid_no_face_and_smallest_are_refused_before_anything_is_read(recognizer):
    with pytest.raises(ParameterError, match="no_face 'drop' is none of skip, whole, error"):
        recognizer.stream(iter(["nowhere.jpg"]), no_face="drop")
    with pytest.raises(ParameterError, match="smallest face 5 is not from 20 to 2000 pixels"):
        recognizer.stream(iter(["nowhere.jpg"]), smallest=5)


def test_no_face_whole_takes_a_blank_image_for_a_face(recognizer):
    (face,), = recognizer.predict(np.full((400, 300), 128, np.uint8), no_face="whole")
    assert (face.status, face.score) == ("whole-image", None)
    assert face.box == pytest.approx((18, 24, 282, 376))
    assert sum(face.probabilities.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("image", ["nowhere.jpg", b"no image", np.zeros((3, 3, 5, 2), np.uint8)[0], 7])
def test_what_cannot_be_read_is_a_data_error(recognizer, image):
    with pytest.raises(DataError):
        recognizer.predict([image])


@pytest.mark.parametrize("image", [None, 7, np.float32(7), np.array(7.0), io.StringIO("x"), io.BytesIO()])
def test_a_single_object_that_is_no_image_is_a_data_error(recognizer, image):
    with pytest.raises(DataError):
        recognizer.predict(image)
