"""Measure the faces in a film, part by part: a thread follows them while others measure those of the frames before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from featfer.analysis.frames import Frame, group_frames, select_frames
from featfer.analysis.measuring import FaceMeasurer
from featfer.analysis.parts import Arrays, Parts
from featfer.analysis.settings import AnalysisSettings, load_models
from featfer.faces.align import clip_to_pixels
from featfer.faces.face import FOUND, Face
from featfer.images.video import Video, open_video
from featfer.tracking.following import FaceFollower, FollowedFace
from featfer.typing import Path as AnyPath

PART = 100    # frames after which what was measured is written
BATCH = 32    # faces that are measured together, at least
THREADS = 2   # that measure; the one that follows leaves them some of its core
AHEAD = 4     # batches that may wait to be measured
AROUND = 1.0  # sides of its box around a face that are kept of a frame: more than any chip shows


@dataclass
class _Batch:
    """Frames with their faces, and the state of the follower after them."""

    numbers: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    # (frame's place in `numbers`, track, score, box, corner, size) of each face
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)
    sampled: list[int] = field(default_factory=list)  # rows whose embeddings are kept
    state: dict[str, Any] = field(default_factory=dict)

    def add(self, frame: Frame, followed: list[FollowedFace], is_sampled: bool) -> None:
        """Add a frame and its FollowedFaces; `is_sampled`: whether embeddings of those that were found are kept."""
        for one in followed:
            face, corner = _cut_face(frame, one)
            if is_sampled and not np.isnan(one.score):
                self.sampled.append(len(self.rows))
            self.rows.append((len(self.numbers), one.track, one.score, one.box, corner, frame.pixels.shape[1::-1]))
            self.faces.append(face)
        self.numbers.append(frame.number)
        self.seconds.append(frame.seconds)


def measure_film(film: str, folder: AnyPath, settings: AnalysisSettings) -> str | None:
    """Measure the faces in a film, from the end of the last part on.

    Parameters
    ----------
    film : str
        A file.
    folder : str or Path
        Of the film's parts.
    settings : AnalysisSettings

    Returns
    -------
    str or None
        A sentence on what could not be read; None if nothing was lost.

    Raises
    ------
    DataError
        When it is no film that can be read.
    """
    parts = Parts(folder)
    state = parts.read_state()
    if state is None or not state["is_done"]:
        measurer = FaceMeasurer(*load_models(settings))
        with open_video(film) as video, threadpool_limits(1, user_api="blas"):  # two threads of ours use two cores better
            state = _measure_rest(video, parts, state, settings, measurer)
    return state["damage"]


def _measure_rest(video: Video, parts: Parts, state: dict[str, Any] | None, settings: AnalysisSettings,
                  measurer: FaceMeasurer) -> dict[str, Any]:
    """Write the parts that are missing; return the state at the end."""
    follower = FaceFollower(settings.smallest)
    frames = _read_frames(video, settings.fps, state, follower)
    groups = group_frames(frames, -np.inf if state is None else state["seconds"])
    measured: list[Arrays] = []
    count, last = 0, state or {}
    for batch, arrays in _measure(_follow(groups, follower), measurer):
        measured.append(arrays)
        count += len(batch.numbers)
        last = {"is_done": False, "damage": None, "frame": batch.numbers[-1], "seconds": batch.seconds[-1],
                "follower": batch.state}
        if count >= PART:
            parts.write(last["seconds"], _join(measured), last)
            measured, count = [], 0
    last = {**last, "is_done": True, "damage": video.describe_damage()}
    parts.write(last["seconds"], _join(measured), last)
    return last


def _read_frames(video: Video, fps: float | None, state: dict[str, Any] | None, follower: FaceFollower) -> Iterator[Frame]:
    """Yield the frames after those of an earlier run; give the follower that run's state."""
    done = -1 if state is None else state["frame"]
    for frame in select_frames(video, fps):
        if frame.number < done:
            continue
        read = Frame(frame.number, frame.seconds, np.ascontiguousarray(frame.pixels()))
        if state is not None and frame.number == done:
            follower.restore(state["follower"], read)
        else:
            yield read


def _follow(groups: Iterable[list[Frame]], follower: FaceFollower) -> Iterator[_Batch]:
    """Yield a _Batch of some groups of frames."""
    batch = _Batch()
    for group in groups:
        middle = next(frame for frame in group if frame.seconds >= (group[0].seconds + group[-1].seconds) / 2)
        for frame, followed in zip(group, follower.follow(group), strict=True):
            batch.add(frame, followed, is_sampled=frame is middle or frame is group[-1])
        batch.state = follower.state
        if len(batch.faces) >= BATCH or len(batch.numbers) >= PART:
            yield batch
            batch = _Batch()
    if batch.numbers:
        yield batch


def _measure(batches: Iterable[_Batch], measurer: FaceMeasurer) -> Iterator[tuple[_Batch, Arrays]]:
    """Yield (batch, its arrays), measured in threads while the next batches are followed."""
    with ThreadPoolExecutor(THREADS, "measure") as pool:
        waiting: deque[tuple[_Batch, Future[Arrays]]] = deque()
        try:
            for batch in batches:
                waiting.append((batch, pool.submit(_measure_batch, batch, measurer)))
                if len(waiting) > AHEAD:
                    first, future = waiting.popleft()
                    yield first, future.result()
            for batch, future in waiting:
                yield batch, future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _measure_batch(batch: _Batch, measurer: FaceMeasurer) -> Arrays:
    """Return the arrays of a batch: of its frames, of its faces (`row` is the frame's place), and of its samples."""
    arrays = {"numbers": np.array(batch.numbers, np.int64), "seconds": np.array(batch.seconds)}
    if not batch.faces:
        return arrays
    row, track, score, box, corner, size = zip(*batch.rows, strict=True)
    measured = measurer.measure(batch.faces, list(size), np.array(corner, float))
    return {**arrays, "row": np.array(row), "track": np.array(track), "score": np.array(score, float),
            "box": np.array(box, float), "size": np.array(size), **measured, "sample": np.array(batch.sampled, int),
            "embeddings": measurer.embed([batch.faces[at] for at in batch.sampled])}


def _join(measured: list[Arrays]) -> Arrays:
    """Return the arrays of several batches as those of one; `row` and `sample` count on."""
    joined: dict[str, list[NDArray[Any]]] = {"numbers": [np.empty(0, np.int64)], "seconds": [np.empty(0)]}
    frames = rows = 0
    for arrays in measured:
        counted = {"row": frames, "sample": rows}
        for name, values in arrays.items():
            joined.setdefault(name, []).append(values + counted.get(name, 0) if name in counted else values)
        frames, rows = frames + len(arrays["numbers"]), rows + len(arrays.get("row", ()))
    return {name: np.concatenate(values) for name, values in joined.items()}


def _cut_face(frame: Frame, followed: FollowedFace) -> tuple[Face, tuple[int, int]]:
    """Return the Face in the part of a frame around it, and that part's corner (x, y)."""
    left, top, right, bottom = followed.box
    around = AROUND * (right - left)
    start_x, start_y, end_x, end_y = clip_to_pixels((left - around, top - around, right + around, bottom + around),
                                                    frame.pixels)
    pixels = frame.pixels[start_y:end_y, start_x:end_x].copy()
    box = left - start_x, top - start_y, right - start_x, bottom - start_y
    return Face(pixels, 1.0, box, FOUND, followed.score, is_crop=False), (start_x, start_y)
