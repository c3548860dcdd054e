"""Measure `featfer live` on a video of one face, and what each of its steps costs.

    python -m benchmarks.live.measure

Makes the video: Grace Hopper's portrait (from matplotlib) goes round on a still background, 640x480, 25 frames/s, 10 s. Writes
results.json, then the page. Processor time is counted beside the clock's: it says what a step costs where
other programs want the cores too, though it grows by what they push out of the caches. Takes about 2 minutes on two free cores.
"""

import os
import statistics
import tempfile
import time
from datetime import date
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import cv2
import dlib
import matplotlib
import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

from benchmarks.common import write_results
from benchmarks.live import page
from benchmarks.live.page import FRAMES, RATE, ROUNDS, SIZE
from featfer.bundle.persist import load
from featfer.faces import find_faces
from featfer.faces.boxes import overlap
from featfer.images.video import open_video
from featfer.images.video_writer import VideoWriter
from featfer.live import live
from featfer.live.frames import NewestFrames, video_frames
from featfer.live.pipeline import LiveFace, recognize_frames
from featfer.live.recognition import DETECT_EVERY, RECOGNIZE_EVERY, FrameRecognizer
from featfer.live.session import VIDEO_LAG
from featfer.prediction.drawing import draw
from featfer.prediction.overlay import draw_faces
from featfer.tracking.optical_flow import GreyFrame, follow
from featfer.utils.environment import describe_machine, find_versions

CAMERA_RATE, CAMERA_SECONDS = 30, 10
MODELS = "small", "photos"
LIBRARIES = "python", "featfer", "numpy", "scikit-learn", "openvino", "dlib", "dlib-bin", "opencv", "av"


def main():
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        video, truth = write_video(Path(folder) / "film.mp4"), [box(i) for i in range(FRAMES)]
        pictures = read(video)
        result = {"videos": {model: video_speed(video, model) for model in MODELS},
                  "cameras": {model: camera_speed(pictures, model) for model in MODELS},
                  "steps": steps(video, pictures),  # limits the threads of all that comes after
                  "trackers": {name: tracked(way, pictures, truth) for name, way in TRACKERS.items()}}
    here = {**find_versions(), "opencv": cv2.__version__, "av": version("av")}
    result |= {"date": date.today().isoformat(), "machine": describe_machine(), "load": max(0.0, load_before),
               "versions": {name: here[name] for name in LIBRARIES if name in here}}
    write_results(page.RESULTS, result)
    page.main()


def corner(number):
    """Return where the portrait is in a frame: x, y."""
    angle = 2 * np.pi * number / RATE
    return int(200 + 180 * np.sin(angle / 4)), int(110 + 90 * np.sin(angle / 6))


def box(number):
    """Return where the face is in a frame: by dlib's detector in the first, moved from there."""
    left, top, right, bottom = first_box()
    x, y = (now - then for now, then in zip(corner(number), corner(0), strict=True))
    return left + x, top + y, right + x, bottom + y


def first_box(cached=[]):  # noqa: B006 - found once
    if not cached:
        cached.extend(find_faces(picture(0))[0].box)
    return cached


def picture(number):
    """Return a frame of the video, uint8 (480, 640, 3) RGB."""
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    face = np.asarray(Image.open(path).crop((120, 60, 440, 400)).resize((240, 255)))
    colours = np.random.default_rng(0).integers(40, 220, (12, 16, 3), np.uint8)
    frame, (x, y) = cv2.resize(colours, SIZE, interpolation=cv2.INTER_CUBIC), corner(number)
    frame[y:y + face.shape[0], x:x + face.shape[1]] = face
    return frame


def write_video(path):
    with VideoWriter(path, RATE) as writer:
        for number in range(FRAMES):
            writer.write(cv2.cvtColor(picture(number), cv2.COLOR_RGB2BGR), number / RATE)
    return path


def read(video):
    with open_video(video) as opened:
        return [frame.pixels for frame in video_frames(opened)]


def video_speed(video, model):
    """Return frames/s by the clock, and the processor's ms a frame, of a video in and a video out; the fastest round."""
    rounds = []
    for _ in range(ROUNDS):
        starts = []  # of the processor's time, at each frame: the first comes once the model is loaded
        summary = live(video, model, out=video.with_name("out.mp4"), overwrite=True, window=False,
                       each=lambda frame, faces, starts=starts: starts.append(time.process_time()))
        rounds.append((summary.frames / summary.seconds, 1000 * (starts[-1] - starts[0]) / (summary.frames - 1)))
    return max(rounds)[0], min(ms for _, ms in rounds)


def camera_speed(pictures, model):
    """Return frames/s shown of a camera's 30, ms that a frame is old when it has been drawn (median, most), and frames/s in
    which the expression is new."""
    recognizer, ages, news, last = load(model), [], 0, None
    frame_recognizer, camera = FrameRecognizer(recognizer).warm_up(), Camera(pictures)
    with NewestFrames(camera, "camera") as newest:
        for frame, faces in recognize_frames(newest, frame_recognizer, recognizer.label_set.names, 0.4):
            draw_faces(frame.pixels.copy(), faces)
            ages.append(1000 * (time.monotonic() - camera.start - frame.seconds))
            probabilities = [tuple(face.probabilities.values()) for face in faces]
            news, last = news + (probabilities != last), probabilities
            if frame.seconds > CAMERA_SECONDS:
                break
    return len(ages) / CAMERA_SECONDS, statistics.median(ages), max(ages), news / CAMERA_SECONDS


class Camera:
    """A camera that gives 30 frames/s, whether they are fetched or not."""

    def __init__(self, pictures):
        self._pictures, self._given, self.start = pictures, -1, None

    def read(self):
        if self.start is None:
            self.start = time.monotonic()
            due = 0
        else:
            due = max(self._given + 1, int((time.monotonic() - self.start) * CAMERA_RATE))
            time.sleep(max(0.0, self.start + due / CAMERA_RATE - time.monotonic()))
        self._given = due
        return True, self._pictures[due % len(self._pictures)].copy()


def steps(video, pictures):
    """Return rows of (step, processor's ms a time, times a frame); each in one thread, as there."""
    cv2.setNumThreads(1)
    greys = [GreyFrame(picture) for picture in pictures]
    detect = FrameRecognizer(load("small")).detect
    rgb = [cv2.cvtColor(picture, cv2.COLOR_BGR2RGB) for picture in pictures[:40]]
    probabilities = dict(zip(load("small").label_set.names, (0.05, 0.05, 0.1, 0.4, 0.2, 0.1, 0.1), strict=True))
    face = [LiveFace(1, box(0), "happy", probabilities)]
    recognitions = 1 / max(int(VIDEO_LAG * RATE), np.ceil(RATE * RECOGNIZE_EVERY))
    detections = recognitions / np.ceil(RATE * DETECT_EVERY * recognitions)
    with open_video(video) as opened:
        frames = video_frames(opened)
        reading = cost(lambda i: next(frames), 200)
    rows = [("grab: read a frame", reading, 1),
            ("track: shrink it, follow one box",
             cost(lambda i: follow(greys[i], GreyFrame(pictures[i + 1]), [box(i)]), 200), 1),
            ("detect: HOG, 853x640", cost(lambda i: detect(rgb[i]), 40), detections)]
    with threadpool_limits(1):
        for model in MODELS:
            frame_recognizer = FrameRecognizer(load(model)).warm_up()
            ms = cost(lambda i, frame_recognizer=frame_recognizer: frame_recognizer.probabilities(rgb[i], [box(i)]), 40)
            rows.append((f"recognize: {model}", ms, recognitions))
    drawn = [picture.copy() for picture in pictures]
    rows.append(("draw: box and panel", cost(lambda i: draw_faces(drawn[i].copy(), face), 200), 1))
    with VideoWriter(video.with_name("step.mp4"), RATE) as writer:
        rows.append(("write: a frame as MPEG-4", cost(lambda i: writer.write(drawn[i], i / RATE), 200), 1))
    expressions = load("small").expressions(find_faces(rgb[0]))
    rows.append(("(drawing as `featfer predict` does, not used here)", cost(lambda i: draw(rgb[i], expressions), 40), 0))
    return rows


def cost(step, count):
    """Return the median ms of the processor's time that a step takes, called with 0, 1, 2 and so on."""
    times = []
    for i in range(count):
        start = time.process_time()
        step(i)
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


def by_flow(pictures):
    greys, now = map(GreyFrame, pictures), first_box()
    for before, after in pairwise(greys):
        (now,) = follow(before, after, [now])
        yield now


def by_correlation(pictures):
    tracker = dlib.correlation_tracker()
    for number, shown in enumerate(pictures):
        grey = cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY)
        if number == 0:
            tracker.start_track(grey, dlib.drectangle(*first_box()))
            continue
        tracker.update(grey)
        place = tracker.get_position()
        yield place.left(), place.top(), place.right(), place.bottom()


TRACKERS = {"optical flow of 36 points, median (used)": by_flow, "dlib.correlation_tracker": by_correlation}


def tracked(way, pictures, truth):
    """Return the processor's ms a frame, the mean and the least overlap with the truth, over 10 s without a detection."""
    start = time.process_time()
    boxes = list(way(pictures))
    ms = 1000 * (time.process_time() - start) / len(boxes)
    overlaps = [overlap(found, right) for found, right in zip(boxes, truth[1:], strict=True)]
    return ms, statistics.mean(overlaps), min(overlaps)


if __name__ == "__main__":
    main()
