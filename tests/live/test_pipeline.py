import threading
from collections import Counter
from itertools import pairwise

import cv2
import numpy as np
import pytest
from helpers.videos import RATE, Quick, astronaut, background, emptied, hopper, scene, shrunk, swing, write_timed, write_video

from featfer.bundle.persist import load
from featfer.errors import DataError, ParameterError
from featfer.faces import FOUND, Face, find_faces
from featfer.images.video import open_video
from featfer.labels import FER7
from featfer.live.frames import Frame, video_frames
from featfer.live.pipeline import watch
from featfer.live.recognition import LOOK_EVERY, SEARCH_EVERY, Looker, detect_hog
from featfer.live.tracking import Look, Sight, overlap

pytestmark = pytest.mark.usefixtures("one_thread")

LAG = 3 / RATE


@pytest.fixture(scope="module")
def small():
    return load("small")


@pytest.fixture(scope="module")
def one_face(tmp_path_factory, photo):
    """A video of a face that goes round, 50 frames, with the box of each."""
    scenes = [scene(i, (*hopper(photo), swing)) for i in range(50)]
    return write_video(tmp_path_factory.mktemp("video") / "one.avi", [picture for picture, _ in scenes]), scenes


@pytest.fixture(scope="module")
def watched(one_face, small):
    """What is seen in that video: a list of (Frame, faces)."""
    return seen_in(one_face[0], small)


def seen_in(path, recognizer, smoothing=0.4, lag=LAG):
    with open_video(path) as video:
        return list(watch(video_frames(video), Looker(recognizer), FER7.names, smoothing, lag))


def black(count):
    """Frames without anything, 25 a second."""
    for number in range(count):
        yield Frame(number, number / RATE, np.zeros((48, 64, 3), np.uint8))


class Told:
    """Looks as a Looker does, without looking: records what it was asked, waits until it may, finds one face."""

    def __init__(self, box=(10.0, 10.0, 40.0, 40.0)):
        self.asked, self.free, self.box = [], threading.Event(), box
        self.free.set()

    def recognize(self, frame, view, tracks, searching):
        self.asked.append((frame.number, searching))
        assert self.free.wait(20)
        id = tracks[0].id if tracks else None
        row = np.eye(7)[3]
        return Look(view, frame.seconds, tracks, searching, [Sight(id, self.box, searching, row)])


def patient(told):
    """Make the flow of nothing stand still: what is black cannot be followed."""
    told.setattr("featfer.live.tracking.follow", lambda before, after, boxes: boxes)


# Frames

def test_every_frame_of_a_video_comes_in_order(one_face):
    path, scenes = one_face
    with open_video(path) as video:
        frames = list(video_frames(video))
    assert [frame.number for frame in frames] == list(range(50))
    assert [frame.seconds for frame in frames] == pytest.approx([i / 25 for i in range(50)], abs=1e-3)
    assert np.abs(frames[7].pixels[..., ::-1].astype(int) - scenes[7][0]).mean() < 5


def test_a_video_without_frames_is_named(tmp_path):
    path = emptied(write_timed(tmp_path / "empty.mp4", [background((64, 48))] * 3, codec="libx264"))
    with pytest.raises(DataError, match=r"empty\.mp4: a video without a frame"), open_video(path) as video:
        list(video_frames(video))


def test_frames_of_another_size_are_brought_to_the_first_one_s(tmp_path):
    small, large = (write_timed(tmp_path / f"{side}.mpg", [background((side, side // 2))] * 4, codec="mpeg2video")
                    for side in (128, 256))
    (tmp_path / "both.mpg").write_bytes(small.read_bytes() + large.read_bytes())
    with open_video(tmp_path / "both.mpg") as video:
        frames = list(video_frames(video))
    assert {frame.pixels.shape for frame in frames} == {(64, 128, 3)}
    assert len(frames) >= 7 and np.abs(frames[-1].pixels.astype(int) - frames[0].pixels).mean() < 8


# Looking beside the loop

def test_what_is_seen_in_a_video_is_taken_so_many_frames_later(monkeypatch):
    patient(monkeypatch)
    told = Told()
    faces = [len(faces) for _, faces in watch(black(10), told, FER7.names, 0.0, LAG)]
    assert faces == [1] * 10  # the first frame waits for its own
    assert [number for number, _ in told.asked][:3] == [0, 3, 6]


def test_boxes_lie_within_the_frame(monkeypatch):
    patient(monkeypatch)
    boxes = [faces[0].box for _, faces in watch(black(3), Told((-5.0, 10.0, 40.0, 55.0)), FER7.names, 0.0, LAG)]
    assert boxes == [(0.0, 10.0, 40.0, 48.0)] * 3


def test_a_slow_video_takes_what_is_seen_in_the_same_frame(monkeypatch):
    patient(monkeypatch)
    told, frames = Told(), [Frame(i, i / 5, np.zeros((48, 64, 3), np.uint8)) for i in range(6)]
    list(watch(frames, told, FER7.names, 0.0, 0))
    assert [number for number, _ in told.asked] == [0, 1, 2, 3, 4, 5]


def test_faces_are_searched_for_now_and_then_and_looked_at_more_often(monkeypatch):
    patient(monkeypatch)
    told = Told()
    list(watch(black(50), told, FER7.names, 0.0, 0))
    looks = [number / RATE for number, _ in told.asked]
    searches = [number / RATE for number, searching in told.asked if searching]
    assert np.diff(looks) == pytest.approx(0.12, abs=1e-6) and LOOK_EVERY <= 0.12
    assert np.diff(searches) == pytest.approx(0.36, abs=1e-6) and SEARCH_EVERY <= 0.36


def test_where_looks_are_slow_every_other_one_searches(monkeypatch):
    patient(monkeypatch)
    told, frames = Told(), [Frame(i, i / 2, np.zeros((48, 64, 3), np.uint8)) for i in range(6)]
    list(watch(frames, told, FER7.names, 0.0, 0))
    assert [searching for _, searching in told.asked] == [True, False] * 3


def test_frames_of_a_camera_do_not_wait_for_a_slow_look():
    told = Told()
    told.free.clear()
    frames = watch(black(100), told, FER7.names, 0.0)
    assert [len(next(frames)[1]) for _ in range(40)] == [0] * 40
    assert [number for number, _ in told.asked] == [0]
    told.free.set()
    frames.close()


def test_what_goes_wrong_while_looking_ends_the_watching():
    class Failing(Told):
        def recognize(self, *_):
            raise DataError("no such thing")
    with pytest.raises(DataError, match="no such thing"):
        list(watch(black(5), Failing(), FER7.names, 0.0, LAG))


def test_an_unknown_detector_is_refused_before_anything_is_looked_at():
    with pytest.raises(ParameterError, match="detector 'eyes' is none of hog"):
        Looker(Quick(), "eyes")


# Videos with faces

def test_the_box_follows_the_face(one_face, watched):
    _, scenes = one_face
    overlaps = [max((overlap(face.box, boxes[0]) for face in faces), default=0)
                for (_, faces), (_, boxes) in zip(watched, scenes, strict=True)]
    assert np.mean(np.array(overlaps) > 0.5) > 0.95
    assert np.mean(overlaps) > 0.8


def test_one_face_is_one_track_whose_label_does_not_flicker(watched):
    assert Counter(tuple(face.track for face in faces) for _, faces in watched) == {(1,): 50}
    labels = [faces[0].label for _, faces in watched]
    assert sum(label != after for label, after in pairwise(labels)) <= 1  # its two likeliest are nearly as likely


def test_probabilities_are_of_every_expression_and_sum_to_one(watched):
    for _, (face,) in watched:
        assert list(face.probabilities) == list(FER7.names)
        assert sum(face.probabilities.values()) == pytest.approx(1, abs=1e-4)
        assert face.probabilities[face.label] >= max(face.probabilities.values()) - 0.1


def test_a_video_is_seen_alike_every_time(one_face, watched, small):
    again = seen_in(one_face[0], small)
    assert [faces for _, faces in again] == [faces for _, faces in watched]


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (1920, 1080)])
def test_faces_are_found_from_an_eighth_of_the_height_on_whatever_the_size(photo, size):
    def found(height):
        portrait, (_, top, _, bottom) = hopper(photo)
        face = cv2.resize(portrait, None, fx=height / (bottom - top), fy=height / (bottom - top))
        x, y = (round(size[0] * 0.3), round(size[1] * 0.2))
        frame = cv2.resize(background(), size)
        frame[y:y + face.shape[0], x:x + face.shape[1]] = face
        return detect_hog(frame)
    ((_, box),) = found(size[1] / 6)
    (photographed,) = [face.box for face in find_faces(cv2.resize(hopper(photo)[0], None, fx=2, fy=2))]
    factor = size[1] / 6 / 124
    expected = [round(size[i % 2] * (0.3, 0.2)[i % 2]) + factor / 2 * side for i, side in enumerate(photographed)]
    assert overlap(box, expected) > 0.7
    assert found(size[1] / 14) == []


def test_the_first_frame_is_seen_nearly_as_a_photo_of_it(watched, small):
    frame, (face,) = watched[0]
    (expected,) = small.predict(frame.pixels[..., ::-1].copy())[0]
    assert overlap(face.box, expected.box) > 0.7
    assert face.probabilities == pytest.approx(expected.probabilities, abs=0.15)


def test_unsmoothed_probabilities_are_the_recognizers_own(one_face, small):
    looker, sights = Looker(small), []
    seen, look = looker.recognize, lambda *given: sights.append((given[0], seen(*given))) or sights[-1][1]
    looker.recognize = look
    with open_video(one_face[0]) as video:
        list(watch(video_frames(video), looker, FER7.names, 0.0, LAG))
    assert {sight.detected for _, look in sights for sight in look.sights} == {True, False}
    for frame, look in sights[:6]:
        for sight in look.sights:
            face = Face(cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2RGB), 1.0, sight.box, FOUND, np.nan, False)
            (expected,) = small.expressions([face])
            assert list(sight.probabilities) == pytest.approx(list(expected.probabilities.values()), abs=1e-5)


def test_of_two_faces_the_one_that_leaves_loses_its_box_and_the_other_keeps_its_own(tmp_path, photo, small):
    def path(number):
        return 380 + 8 * max(0, number - 10), 60
    scenes = [scene(i, (*hopper(photo), lambda n: (60 + 2 * n, 180)), (*astronaut(), path)) for i in range(45)]
    video = write_video(tmp_path / "two.avi", [picture for picture, _ in scenes])
    watched = seen_in(video, small)
    seen = [{face.track: face.box for face in faces} for _, faces in watched]
    staying, leaving = ({track for track in boxes if overlap(boxes[track], truth[which]) > 0.5}
                        for boxes, (_, truth), which in ((seen[0], scenes[0], 0), (seen[0], scenes[0], 1)))
    (staying,), (leaving,) = staying, leaving
    assert all(overlap(boxes[staying], truth[0]) > 0.5 for boxes, (_, truth) in zip(seen, scenes, strict=True))
    for boxes, (_, truth) in zip(seen, scenes, strict=True):
        if truth[1][2] <= 640:
            assert overlap(boxes[leaving], truth[1]) > 0.5
        if truth[1][0] >= 620:
            assert set(boxes) == {staying}
    assert scenes[-1][1][1][0] > 640  # it has left
    assert {face.label for _, faces in watched for face in faces if face.track == leaving} == {"happy"}


def test_a_face_that_vanishes_loses_its_box_at_once_and_one_that_comes_gets_another(tmp_path, photo):
    def there(number):
        return (200, 150) if not 15 <= number < 30 else (900, 150)
    video = write_video(tmp_path / "gone.avi", [scene(i, (*hopper(photo), there))[0] for i in range(45)])
    ids = [[face.track for face in faces] for _, faces in seen_in(video, Quick())]
    assert ids[:15] == [[1]] * 15
    assert ids[17:30] == [[]] * 13
    assert ids[-1] in ([1], [2])


@pytest.mark.parametrize(("size", "smallest", "found"), [((3200, 400), None, 1), ((1280, 720), None, 0), ((1280, 720), 40, 1)])
def test_a_face_is_found_in_wide_frames_and_from_the_size_that_is_asked_for(photo, size, smallest, found):
    frame, (portrait, _) = background(size), hopper(photo)  # of 123 pixels; found from 101 and 90 on
    portrait = shrunk(portrait, 1 if size[0] == 3200 else 0.45)
    frame[100:100 + portrait.shape[0], 700:700 + portrait.shape[1]] = portrait
    assert len(Looker(Quick(), smallest=smallest)._search(frame)) == found
