from dataclasses import replace
from itertools import count, islice

import numpy as np
import pytest

from featfer.affect.recognizer import Affect
from featfer.errors import MissingError
from featfer.expression import Expression
from featfer.images.pixels import BATCH_IMAGES
from featfer.prediction.action_units import UnitsExpression
from featfer.prediction.inputs import Picture
from featfer.prediction.predict import (
    FacelessPictures,
    as_dict,
    describe,
    describe_picture,
    describe_units,
    predict_pictures,
)

SHARES = {"angry": 0.1, "disgust": 0.02, "fear": 0.03, "happy": 0.5, "sad": 0.05, "surprise": 0.25, "neutral": 0.05}
PHOTO = Picture("photo, of us.jpg", np.zeros((2, 2), np.uint8), "photo, of us.jpg")
FRAME = Picture("video.mp4#t=1.50", np.zeros((2, 2), np.uint8), "video.mp4", 45, 1.5)
FOUND = Expression("happy", SHARES, (1.0, 2.5, 30.0, 40.0), "found", 0.75, [[3.0, 4.0]])
WHOLE = Expression("happy", SHARES, (0.0, 0.0, 2.0, 2.0), "whole-image", None)


class Brightness:
    """Stands for a recognizer: sees as many faces in an image as it is bright, and looks two images ahead."""

    def recognize(self, images, detector, no_face, smallest, reject):
        images = iter(images)
        while batch := list(islice(images, 2)):
            yield from ((list(range(int(image.max()))), [detector] * int(image.max())) for image in batch)


def test_pictures_keep_their_expressions():
    pictures = [Picture(f"{level}.jpg", np.full((2, 2), level, np.uint8), f"{level}.jpg") for level in (2, 0, 1)]
    found = list(predict_pictures(Brightness(), pictures, "haar"))
    assert [(picture.name, faces) for picture, faces in found] == [("2.jpg", ["haar"] * 2), ("0.jpg", []), ("1.jpg", ["haar"])]


def test_what_is_told_of_a_picture_may_be_made_of_its_faces():
    told = predict_pictures(Brightness(), [PHOTO, Picture("2.jpg", np.full((2, 2), 2, np.uint8), "2.jpg")], "haar",
                            lambda faces, seen: list(zip(faces, seen, strict=True)))
    assert [expressions for _, expressions in told] == [[], [(0, "haar"), (1, "haar")]]


def test_pictures_are_asked_for_as_they_are_needed():
    asked = []
    pictures = (asked.append(number) or PHOTO for number in count())
    next(predict_pictures(Brightness(), pictures))
    assert asked == list(range(BATCH_IMAGES))


def test_plain_data_of_a_photo_and_of_a_frame():
    assert as_dict(PHOTO, [FOUND, WHOLE]) == {
        "image": "photo, of us.jpg", "status": "found",
        "faces": [{"face": 1, **FOUND.as_dict()}, {"face": 2, **WHOLE.as_dict()}]}
    assert as_dict(PHOTO, [WHOLE])["status"] == "whole-image"
    assert as_dict(FRAME, []) == {"image": "video.mp4#t=1.50", "frame": 45, "seconds": 1.5, "status": "no-face", "faces": []}


def test_three_guesses_are_shown_however_unlikely():
    expression = Expression("happy", dict(zip("abcdefg", (0.99, 0.004, 0.003, 0.002, 0.001, 0, 0), strict=True)),
                            (1.4, 2.0, 3.0, 4.6), "found", 1.0)
    assert describe(expression) == "face at 1,2 to 3,5: a 99%, b 0%, c 0%"


def test_all_that_is_likely_is_shown():
    expression = Expression("a", dict(zip("abcde", (0.5, 0.3, 0.1, 0.005, 0.0049), strict=True)), (0, 0, 1, 1), "found", 1.0)
    assert expression.in_words() == "a 50%, b 30%, c 10%, d 0%"


def test_faces_of_a_picture_are_numbered_where_there_are_several():
    whole = "no face found, whole image taken: happy 50%, surprise 25%, angry 10%, sad 5%, neutral 5%, fear 3%, disgust 2%"
    assert describe_picture(PHOTO, [FOUND, WHOLE]) == [
        f"photo, of us.jpg: face 1 at 1,2 to 30,40: {whole.partition(': ')[2]}", f"photo, of us.jpg: {whole}"]
    assert describe_picture(FRAME, []) == ["video.mp4#t=1.50: no face found"]
    units = UnitsExpression(**{**vars(FOUND), "action_units": {"AU1": 2.0}})
    assert describe_picture(PHOTO, [units])[0].startswith("photo, of us.jpg: face at 1,2 to 30,40: happy 50%")
    assert describe_picture(PHOTO, [units])[1] == "    action units: AU1 2.0"


def test_a_rejected_expression_is_unsure_in_words():
    rejected = FOUND.rejected_below(0.51)
    assert describe(rejected) == ("face at 1,2 to 30,40: unsure (happy 50%, surprise 25%, angry 10%, sad 5%, neutral 5%, "
                                  "fear 3%, disgust 2%)")


def test_a_face_unlike_the_training_faces_is_said_to_be():
    novel, ordinary = replace(FOUND, novelty=0.9901), replace(FOUND, novelty=0.99)
    assert describe(novel) == f"{describe(FOUND)}; unlike the training faces"
    assert describe(novel.rejected_below(0.9)).endswith("disgust 2%); unlike the training faces")
    assert describe(ordinary) == describe(FOUND)


def test_a_faint_face_is_called_so():
    faint = replace(FOUND, status="faint")
    assert describe_picture(PHOTO, [faint])[0].startswith("photo, of us.jpg: faint face at 1,2 to 30,40: happy 50%")
    assert describe(faint, 2).startswith("faint face 2 at 1,2 to 30,40: ")
    assert (as_dict(PHOTO, [faint])["status"], as_dict(PHOTO, [faint])["faces"][0]["status"]) == ("faint", "faint")


def test_valence_and_arousal_are_told_as_far_as_they_are_known():
    assert describe(Affect((1, 2, 3, 4), "found", 1.0, 0.256, -0.1)) == "face at 1,2 to 3,4: valence +0.26, arousal -0.10"
    assert describe(Affect((1, 2, 3, 4), "found", 1.0, 0.0), 2) == "face 2 at 1,2 to 3,4: valence +0.00"


def test_strongest_action_units_come_first():
    assert describe_units({"AU1": 0.9, "AU2": 1.0, "AU12": 4.25}) == "action units: AU12 4.2, AU2 1.0"
    assert describe_units({"AU1": 0.9}) == "action units: none above 1 of 5"


def test_images_without_a_face_are_counted_and_the_first_named():
    faceless = FacelessPictures()
    pictures = [Picture(f"{number}.jpg", PHOTO.pixels, "") for number in range(9)]
    passed = [(picture, [] if number > 2 else [FOUND]) for number, picture in enumerate(pictures)]
    assert list(faceless.count(passed)) == passed
    assert str(faceless) == "no face found in 6 of 9 images: 3.jpg, 4.jpg, 5.jpg, 6.jpg, 7.jpg, and 1 more"


class Failing(Brightness):
    """Stands for a recognizer that has too little memory for pictures of brightness 3, and cannot look at those of 4."""

    def recognize(self, images, detector, no_face, smallest, reject):
        for image in images:
            if image.max() > 2:
                raise MemoryError if image.max() == 3 else RuntimeError("no")
            yield from super().recognize([image], detector, no_face, smallest, reject)


def test_a_picture_that_fails_is_named_and_the_others_are_answered():
    pictures, failed = [Picture(f"{level}.jpg", np.full((2, 2), level, np.uint8), f"{level}.jpg") for level in (1, 3, 2, 4)], []
    found = predict_pictures(Failing(), pictures, "haar", failed=failed)
    assert [(picture.name, len(faces)) for picture, faces in found] == [("1.jpg", 1), ("2.jpg", 2)]
    assert failed == ["3.jpg: there is too little memory to look at it", "4.jpg: cannot be looked at (RuntimeError: no)"]


def test_what_no_picture_is_the_cause_of_ends_the_run():
    class Lacking:
        def recognize(self, images, detector, no_face, smallest, reject):
            raise MissingError("no such package")
    with pytest.raises(MissingError):
        list(predict_pictures(Lacking(), [PHOTO], failed=[]))
