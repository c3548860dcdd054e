import threading
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from helpers.videos import RATE, Quick, astronaut, background, emptied, hopper, scene, shrunk, swing, write_timed, write_video

from featfer.bundle.persist import load
from featfer.errors import DataError, ParameterError
from featfer.faces import FOUND, Face, find_faces
from featfer.faces.boxes import overlap
from featfer.images.video import open_video
from featfer.labels import FER7
from featfer.live.frames import Frame, video_frames
from featfer.live.pipeline import recognize_frames
from featfer.live.recognition import DETECT_EVERY, RECOGNIZE_EVERY, FrameRecognizer
from featfer.live.tracking import FaceObservation, FrameObservation
from featfer.tracking.detecting import detect_hog

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
def recognized(one_face, small):
    """The faces in that video: a list of (Frame, faces)."""
    return recognize(one_face[0], small)


def recognize(path, recognizer, smoothing=0.4, lag=LAG):
    with open_video(path) as video:
        return list(recognize_frames(video_frames(video), FrameRecognizer(recognizer), FER7.names, smoothing, lag))


def black(count):
    """Yield black frames, 25 a second."""
    for number in range(count):
        yield Frame(number, number / RATE, np.zeros((48, 64, 3), np.uint8))


class FakeRecognizer:
    """A FrameRecognizer that records its calls, waits until it is free, and finds one face."""

    def __init__(self, box=(10.0, 10.0, 40.0, 40.0)):
        self.calls, self.free, self.box = [], threading.Event(), box
        self.free.set()

    def recognize(self, frame, grey, tracks, has_detection):
        self.calls.append((frame.number, has_detection))
        assert self.free.wait(20)
        id = tracks[0].id if tracks else None
        row = np.eye(7)[3]
        return FrameObservation(grey, frame.seconds, tracks, has_detection, [FaceObservation(id, self.box, has_detection, row)])


def keep_boxes(patch):
    """Let boxes stay where they are: in black frames nothing can be followed."""
    patch.setattr("featfer.live.tracking.follow", lambda before, after, boxes: boxes)


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


# Recognition in the background

def test_what_is_recognized_in_a_video_is_used_after_the_lag(monkeypatch):
    keep_boxes(monkeypatch)
    fake = FakeRecognizer()
    faces = [len(faces) for _, faces in recognize_frames(black(10), fake, FER7.names, 0.0, LAG)]
    assert faces == [1] * 10  # the first frame waits for its own
    assert [number for number, _ in fake.calls][:3] == [0, 3, 6]


def test_boxes_lie_within_the_frame(monkeypatch):
    keep_boxes(monkeypatch)
    fake = FakeRecognizer((-5.0, 10.0, 40.0, 55.0))
    boxes = [faces[0].box for _, faces in recognize_frames(black(3), fake, FER7.names, 0.0, LAG)]
    assert boxes == [(0.0, 10.0, 40.0, 48.0)] * 3


def test_in_a_slow_video_each_frame_waits_for_its_own_recognition(monkeypatch):
    keep_boxes(monkeypatch)
    fake, frames = FakeRecognizer(), [Frame(i, i / 5, np.zeros((48, 64, 3), np.uint8)) for i in range(6)]
    list(recognize_frames(frames, fake, FER7.names, 0.0, 0))
    assert [number for number, _ in fake.calls] == [0, 1, 2, 3, 4, 5]


def test_a_face_is_unsure_by_its_smoothed_probabilities(monkeypatch):
    class Wavering(FakeRecognizer):
        def recognize(self, *args):
            observation = super().recognize(*args)
            row = np.eye(7)[3 if len(self.calls) < 4 else 4]  # each sure, but of another expression
            return replace(observation, faces=[replace(observation.faces[0], probabilities=row)])
    keep_boxes(monkeypatch)
    faces = [faces[0] for _, faces in recognize_frames(black(25), Wavering(), FER7.names, 0.4, 0, reject=0.75)]
    assert faces[0].label == "happy" and "unsure" in {face.label for face in faces}
    assert all((face.label == "unsure") == (face.confidence < 0.75) for face in faces)
    assert faces[-1].as_dict()["confidence"] == round(max(faces[-1].probabilities.values()), 6)


def test_expressions_are_recognized_more_often_than_faces_are_detected(monkeypatch):
    keep_boxes(monkeypatch)
    fake = FakeRecognizer()
    list(recognize_frames(black(50), fake, FER7.names, 0.0, 0))
    recognitions = [number / RATE for number, _ in fake.calls]
    detections = [number / RATE for number, has_detection in fake.calls if has_detection]
    assert np.diff(recognitions) == pytest.approx(0.12, abs=1e-6) and RECOGNIZE_EVERY <= 0.12
    assert np.diff(detections) == pytest.approx(0.36, abs=1e-6) and DETECT_EVERY <= 0.36


def test_slow_recognition_detects_in_every_other_frame(monkeypatch):
    keep_boxes(monkeypatch)
    fake, frames = FakeRecognizer(), [Frame(i, i / 2, np.zeros((48, 64, 3), np.uint8)) for i in range(6)]
    list(recognize_frames(frames, fake, FER7.names, 0.0, 0))
    assert [has_detection for _, has_detection in fake.calls] == [True, False] * 3


def test_frames_of_a_camera_do_not_wait_for_slow_recognition():
    fake = FakeRecognizer()
    fake.free.clear()
    frames = recognize_frames(black(100), fake, FER7.names, 0.0)
    assert [len(next(frames)[1]) for _ in range(40)] == [0] * 40
    assert [number for number, _ in fake.calls] == [0]
    fake.free.set()
    frames.close()


def test_an_error_in_recognition_ends_the_frames():
    class Failing(FakeRecognizer):
        def recognize(self, *_):
            raise DataError("no such thing")
    with pytest.raises(DataError, match="no such thing"):
        list(recognize_frames(black(5), Failing(), FER7.names, 0.0, LAG))


def test_an_unknown_detector_is_refused_first():
    with pytest.raises(ParameterError, match="detector 'eyes' is none of hog"):
        FrameRecognizer(Quick(), "eyes")


# Videos with faces

def test_the_box_follows_the_face(one_face, recognized):
    _, scenes = one_face
    overlaps = [max((overlap(face.box, boxes[0]) for face in faces), default=0)
                for (_, faces), (_, boxes) in zip(recognized, scenes, strict=True)]
    assert np.mean(np.array(overlaps) > 0.5) > 0.95
    assert np.mean(overlaps) > 0.8


def test_one_face_is_one_track_whose_label_does_not_flicker(recognized):
    assert Counter(tuple(face.track for face in faces) for _, faces in recognized) == {(1,): 50}
    labels = [faces[0].label for _, faces in recognized]
    assert sum(label != after for label, after in pairwise(labels)) <= 1  # its two likeliest are nearly equal


def test_probabilities_are_of_every_expression_and_sum_to_one(recognized):
    for _, (face,) in recognized:
        assert list(face.probabilities) == list(FER7.names)
        assert sum(face.probabilities.values()) == pytest.approx(1, abs=1e-4)
        assert face.probabilities[face.label] >= max(face.probabilities.values()) - 0.1


def test_a_video_gives_the_same_faces_every_time(one_face, recognized, small):
    again = recognize(one_face[0], small)
    assert [faces for _, faces in again] == [faces for _, faces in recognized]


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (1920, 1080)])
def test_faces_are_found_from_an_eighth_of_the_height_on_whatever_the_size(photo, size):
    def found(height):
        portrait, (_, top, _, bottom) = hopper(photo)
        face = cv2.resize(portrait, None, fx=height / (bottom - top), fy=height / (bottom - top))
        x, y = (round(size[0] * 0.3), round(size[1] * 0.2))
        frame = cv2.resize(background(), size)
        frame[y:y + face.shape[0], x:x + face.shape[1]] = face
        return detect_hog(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))
    ((_, box),) = found(size[1] / 6)
    (photographed,) = [face.box for face in find_faces(cv2.resize(hopper(photo)[0], None, fx=2, fy=2))]
    factor = size[1] / 6 / 124
    expected = [round(size[i % 2] * (0.3, 0.2)[i % 2]) + factor / 2 * side for i, side in enumerate(photographed)]
    assert overlap(box, expected) > 0.7
    assert found(size[1] / 14) == []


def test_the_first_frame_gives_nearly_the_same_as_a_photo(recognized, small):
    frame, (face,) = recognized[0]
    (expected,) = small.predict(frame.pixels[..., ::-1].copy())[0]
    assert overlap(face.box, expected.box) > 0.7
    assert face.probabilities == pytest.approx(expected.probabilities, abs=0.15)


def test_unsmoothed_probabilities_are_the_recognizers_own(one_face, small):
    frame_recognizer, calls = FrameRecognizer(small), []
    recognize_frame = frame_recognizer.recognize
    frame_recognizer.recognize = lambda *args: calls.append((args[0], recognize_frame(*args))) or calls[-1][1]
    with open_video(one_face[0]) as video:
        list(recognize_frames(video_frames(video), frame_recognizer, FER7.names, 0.0, LAG))
    assert {face.is_detected for _, observation in calls for face in observation.faces} == {True, False}
    for frame, observation in calls[:6]:
        for observed in observation.faces:
            face = Face(cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2RGB), 1.0, observed.box, FOUND, np.nan, False)
            (expected,) = small.expressions([face])
            assert list(observed.probabilities) == pytest.approx(list(expected.probabilities.values()), abs=1e-5)


def test_of_two_faces_the_one_that_leaves_loses_its_box_and_the_other_keeps_its_own(tmp_path, photo, small):
    def path(number):
        return 380 + 8 * max(0, number - 10), 60
    scenes = [scene(i, (*hopper(photo), lambda n: (60 + 2 * n, 180)), (*astronaut(), path)) for i in range(45)]
    video = write_video(tmp_path / "two.avi", [picture for picture, _ in scenes])
    recognized = recognize(video, small)
    seen = [{face.track: face.box for face in faces} for _, faces in recognized]
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
    assert {face.label for _, faces in recognized for face in faces if face.track == leaving} == {"happy"}


def test_a_face_that_vanishes_loses_its_box_at_once_and_one_that_comes_gets_another(tmp_path, photo):
    def there(number):
        return (200, 150) if not 15 <= number < 30 else (900, 150)
    video = write_video(tmp_path / "gone.avi", [scene(i, (*hopper(photo), there))[0] for i in range(45)])
    ids = [[face.track for face in faces] for _, faces in recognize(video, Quick())]
    assert ids[:15] == [[1]] * 15
    assert ids[17:30] == [[]] * 13
    assert ids[-1] in ([1], [2])


@pytest.mark.parametrize(("size", "smallest", "found"), [((3200, 400), None, 1), ((1280, 720), None, 0), ((1280, 720), 40, 1)])
def test_a_face_is_found_in_wide_frames_and_from_the_smallest_size(photo, size, smallest, found):
    frame, (portrait, _) = background(size), hopper(photo)  # of 123 pixels; found from 101 and 90 on
    portrait = shrunk(portrait, 1 if size[0] == 3200 else 0.45)
    frame[100:100 + portrait.shape[0], 700:700 + portrait.shape[1]] = portrait
    assert len(FrameRecognizer(Quick(), smallest=smallest).detect(frame)) == found
