import json
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from helpers.videos import RATE, astronaut, background, hopper, scene, swing

from featfer.faces.boxes import overlap
from featfer.tracking.following import LOST, FaceFollower

GROUP = 5  # frames, of which the last is searched whole


@dataclass
class Picture:
    seconds: float
    pixels: np.ndarray


def make_film(count, *moving):
    """Return Pictures, and the faces' boxes in each."""
    scenes = [scene(number, *moving) for number in range(count)]
    return [Picture(number / RATE, picture) for number, (picture, _) in enumerate(scenes)], [boxes for _, boxes in scenes]


def follow(pictures, follower=None):
    """Return the faces in each picture."""
    follower = follower or FaceFollower()
    return [faces for start in range(0, len(pictures), GROUP) for faces in follower.follow(pictures[start:start + GROUP])]


def tracks_of(found):
    return {face.track for faces in found for face in faces}


@pytest.fixture(scope="module")
def one(photo):
    """A film of a face that goes round, its boxes, and what was followed."""
    pictures, boxes = make_film(15, (*hopper(photo), swing))
    return pictures, [box for box, in boxes], follow(pictures)


def test_a_face_is_one_track_found_in_every_frame(one):
    _, boxes, found = one
    assert tracks_of(found) == {1}
    assert all(len(faces) == 1 and faces[0].score >= -0.3 for faces in found)
    assert np.mean([overlap(faces[0].box, box) for faces, box in zip(found, boxes, strict=True)]) > 0.8


def test_a_face_is_followed_back_to_the_frame_in_which_it_appeared(one):
    pictures, _, _ = one
    empty = [Picture(number / RATE, background()) for number in range(2)]
    later = [Picture(picture.seconds + 2 / RATE, picture.pixels) for picture in pictures[:3]]
    assert [len(faces) for faces in follow([*empty, *later])] == [0, 0, 1, 1, 1]


def test_a_stopped_follower_goes_on_where_it_was(one):
    pictures, _, found = one
    first, second = FaceFollower(), FaceFollower()
    begun = follow(pictures[:10], first)
    second.restore(json.loads(json.dumps(first.state)), pictures[9])
    assert begun + follow(pictures[10:], second) == found


def test_two_faces_are_two_tracks(photo):
    pictures, boxes = make_film(10, (*hopper(photo), lambda number: (30 + 4 * number, 150)),
                                (*astronaut(), lambda number: (380 - 3 * number, 120)))
    for faces, truth in zip(follow(pictures), boxes, strict=True):
        assert [max((0, 1), key=lambda which, face=face: overlap(face.box, truth[which])) for face in faces] in ([0, 1], [1, 0])
    assert tracks_of(follow(pictures)) == {1, 2}


def test_tracks_end_at_a_cut(one):
    pictures, _, _ = one
    room = [Picture(5 / RATE, 255 - background()[::-1] // 2)]
    again = [Picture(picture.seconds + 6 / RATE, picture.pixels) for picture in pictures[:5]]
    found = follow([*pictures[:5], *room, *again])
    assert tracks_of(found[:5]) == {1}
    assert found[5] == []
    assert tracks_of(found[6:]) == {2}


def turned(picture, box, degrees):
    """Return a picture turned about the middle of a box."""
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return cv2.warpAffine(picture, cv2.getRotationMatrix2D(middle, degrees, 1.0), picture.shape[1::-1])


def test_a_face_that_the_detector_misses_is_followed_for_a_while(one):
    pictures, boxes, _ = one
    angles = np.minimum(np.arange(40) * 5, 75)  # beyond some 40 degrees the detector finds nothing
    found = follow([Picture(number / RATE, turned(pictures[0].pixels, boxes[0], angle)) for number, angle in enumerate(angles)])
    missed = [faces[0] for faces in found if faces and np.isnan(faces[0].score)]
    assert {face.track for face in missed} == {1}
    assert 5 < len(missed) <= LOST * RATE + 1
    assert all(overlap(face.box, boxes[0]) > 0.5 for face in missed)
    assert found[-1] == []


def test_where_one_face_hides_another_both_tracks_end(photo):
    (portrait, (left, top, right, bottom)), margin = hopper(photo), 14
    close = portrait[top - margin:bottom + margin, left - margin:right + margin]
    front = close, (margin, margin, close.shape[1] - margin, close.shape[0] - margin)
    x = np.maximum(350 - np.arange(45) * 8, 75)  # comes from the right, and stays in front of the other
    pictures, _ = make_film(45, (*astronaut(), lambda number: (60, 170)), (*front, lambda number: (x[number], 190)))
    found = follow(pictures)
    before, after = tracks_of(found[:5]), tracks_of(found[-5:])
    assert len(before) == 2 and len(after) == 1
    assert not before & after


def test_nothing_is_followed_where_there_is_no_face():
    assert follow([Picture(number / RATE, background()) for number in range(7)]) == [[]] * 7
