"""Faces followed through the frames of a recording: found by the detector in every frame, and never confused knowingly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import cv2
import numpy as np

from featfer.faces import find_detector
from featfer.faces.boxes import compute_area, overlap, shared_area
from featfer.tracking.detecting import detect_hog, detect_nearby
from featfer.tracking.matching import SAME, match_boxes
from featfer.tracking.optical_flow import GreyFrame, follow
from featfer.typing import Box, Pixels

SEARCH_EVERY = 0.4  # seconds between two frames that are searched whole, while faces are followed and while none is
LOST = 0.5          # seconds without a detection after which a track ends
HIDDEN = 0.3        # of a face that the detector misses: with more of it behind another face, it is hidden
TWICE = 0.5         # overlap from which two detections show one face
STEADY = 0.7        # overlap with the box before from which a detection moves it only half way: detections jump by a few pixels
VISIBLE = 0.5       # of a box: a face with less of it in the frame has left
THUMBNAIL = 32, 18  # pixels to which frames are shrunk to see cuts
CUT = 25            # grey levels by which the pixels of two frames differ on average where there is a cut between them


class Frame(Protocol):
    """A frame in which faces are followed: its time in seconds, and its pixels, uint8 (h, w, 3) RGB."""

    @property
    def seconds(self) -> float: ...

    @property
    def pixels(self) -> Pixels: ...


@dataclass(frozen=True)
class FollowedFace:
    """A face in a frame.

    Attributes
    ----------
    track : int
        Its number, from 1, the same for as long as the face is followed.
    box : (float, float, float, float)
        Left, top, right and bottom in pixels of the frame.
    score : float
        The detector's; nan where it missed the face and the optical flow says where it is.
    """

    track: int
    box: Box
    score: float


@dataclass(frozen=True)
class _Track:
    id: int
    box: Box
    found: float  # seconds of the last frame in which the detector found it


class _Scene:
    """A frame in the forms in which faces are searched."""

    def __init__(self, frame: Frame) -> None:
        self.seconds = frame.seconds
        self.grey: Pixels = np.asarray(cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2GRAY), np.uint8)
        self.small = GreyFrame(self.grey)
        self.thumbnail = cv2.resize(self.small.grey, THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.int16)

    def is_cut_after(self, before: _Scene) -> bool:
        """Say whether there is a cut between this frame and the one before it."""
        return before.grey.shape != self.grey.shape or np.abs(self.thumbnail - before.thumbnail).mean() > CUT

    def holds(self, box: Box) -> bool:
        """Say whether enough of a box is within the frame."""
        height, width = self.grey.shape
        return shared_area(box, (0, 0, width, height)) >= VISIBLE * compute_area(box)


class FaceFollower:
    """Follows faces through a recording.

    Parameters
    ----------
    smallest : float, optional
        Side in pixels of the smallest face of interest. Default: an eighth of the frame's shorter side.

    Attributes
    ----------
    state : dict
        Plain data with which another follower goes on where this one has stopped; see `restore`.

    Notes
    -----
    A track is one face without interruption. In every frame the detector searches around each face; where it misses one, the
    optical flow is followed for LOST seconds. The last frame of each group is searched whole: a new face is then followed
    back to the frame in which it appeared. Tracks end at cuts. Where a face is hidden by another, both tracks end, because
    nobody knows which of the two comes out: who they are is told by their embeddings (`featfer.analysis.persons`).
    """

    def __init__(self, smallest: float | None = None) -> None:
        self._smallest, self._last_id = smallest, 0
        self._tracks: list[_Track] = []
        self._before: _Scene | None = None

    @property
    def state(self) -> dict[str, Any]:
        return {"last_id": self._last_id, "tracks": [[track.id, list(track.box), track.found] for track in self._tracks]}

    def restore(self, state: dict[str, Any], frame: Frame) -> None:
        """Go on after `frame`, at which a follower had this `state`."""
        self._last_id, self._before = state["last_id"], _Scene(frame)
        self._tracks = [_Track(id, tuple(box), found) for id, box, found in state["tracks"]]

    def follow(self, group: Sequence[Frame]) -> list[list[FollowedFace]]:
        """Follow the faces through a group of frames in a row, the last of which is searched whole.

        Parameters
        ----------
        group : list of frame
            Each with `seconds` and `pixels`, uint8 (h, w, 3) RGB.

        Returns
        -------
        list of list of FollowedFace
            For each frame, by track.
        """
        scenes = [_Scene(frame) for frame in group]
        faces: list[list[FollowedFace]] = []
        cuts: list[bool] = []
        for scene in scenes:
            cuts.append(self._before is not None and scene.is_cut_after(self._before))
            faces.append(self._advance(scene, cuts[-1]))
            self._before = scene
        faces[-1] = self._search(scenes[-1], faces[-1])
        known = {face.track for frame in faces[:-1] for face in frame}
        for face in [face for face in faces[-1] if face.track not in known]:
            _follow_back(face, scenes, faces, cuts)
        return [sorted(found, key=lambda face: face.track) for found in faces]

    def _advance(self, scene: _Scene, is_cut: bool) -> list[FollowedFace]:
        """Return the faces of the tracks in the next frame."""
        if is_cut:
            self._tracks = []
        found = _detect_tracks(scene, self._tracks)
        missed = [track for track in self._tracks if track.id not in found]
        hiding = {id for track in missed for id, (_, box) in found.items()
                  if shared_area(track.box, box) > HIDDEN * compute_area(track.box)}
        hidden = {track.id for track in missed if any(
            shared_area(track.box, found[id][1]) > HIDDEN * compute_area(track.box) for id in hiding)}
        faces = []
        for id, (score, box) in found.items():
            faces.append(FollowedFace(self._make_id() if id in hiding else id, box, score))
        faces += self._follow_missed([track for track in missed if track.id not in hidden], scene)
        self._keep(faces, scene)
        return faces

    def _follow_missed(self, missed: list[_Track], scene: _Scene) -> list[FollowedFace]:
        """Return the faces that the optical flow still sees."""
        boxes = follow(self._before.small, scene.small, [track.box for track in missed]) if missed and self._before else []
        return [FollowedFace(track.id, box, np.nan) for track, box in zip(missed, boxes, strict=True)
                if box is not None and scene.holds(box) and scene.seconds - track.found <= LOST]

    def _search(self, scene: _Scene, faces: list[FollowedFace]) -> list[FollowedFace]:
        """Return the faces of a frame that is searched whole: those that were known, and new ones."""
        found = self._detect(scene.grey)
        pairs = match_boxes([box for _, box in found], [face.box for face in faces])
        known = list(faces)
        for at, (score, box) in enumerate(found):
            if at in pairs:
                face = faces[pairs[at]]
                if np.isnan(face.score):
                    known[pairs[at]] = replace(face, box=box, score=score)
            elif all(overlap(box, face.box) < SAME for face in known):
                known.append(FollowedFace(self._make_id(), box, score))
        self._keep(known, scene)
        return known

    def _detect(self, grey: Pixels) -> list[tuple[float, Box]]:
        return detect_hog(grey) if self._smallest is None else find_detector("hog")(grey, smallest=self._smallest)

    def _keep(self, faces: list[FollowedFace], scene: _Scene) -> None:
        """Set the tracks to those of the faces in a frame."""
        found = {track.id: track.found for track in self._tracks}
        self._tracks = [_Track(face.track, face.box, found.get(face.track, scene.seconds) if np.isnan(face.score)
                               else scene.seconds) for face in faces]

    def _make_id(self) -> int:
        self._last_id += 1
        return self._last_id


def _detect_tracks(scene: _Scene, tracks: list[_Track]) -> dict[int, tuple[float, Box]]:
    """Return {track's id: (score, box)} of the tracks that the detector finds where they were, each detection for one only."""
    choices, before = [], {track.id: track.box for track in tracks}
    for track in tracks:
        near = [(overlap(box, track.box), score, box) for score, box in detect_nearby(scene.grey, track.box)]
        choices += [(shared, track.id, score, box) for shared, score, box in near if shared >= SAME]
    found: dict[int, tuple[float, Box]] = {}
    for shared, id, score, box in sorted(choices, reverse=True):
        if id not in found and all(overlap(box, other) < TWICE for _, other in found.values()):
            found[id] = score, _average(box, before[id]) if shared >= STEADY else box
    return found


def _average(box: Box, other: Box) -> Box:
    left, top, right, bottom = ((one + two) / 2 for one, two in zip(box, other, strict=True))
    return left, top, right, bottom


def _follow_back(face: FollowedFace, scenes: list[_Scene], faces: list[list[FollowedFace]], cuts: list[bool]) -> None:
    """Add a face that was found in the last frame of a group to the earlier ones, back to where it appeared."""
    box = face.box
    for at in range(len(scenes) - 2, -1, -1):
        if cuts[at + 1]:
            return
        near = [(overlap(other, box), score, other) for score, other in detect_nearby(scenes[at].grey, box)]
        shared, score, box = max(near, default=(0.0, 0.0, box))
        if shared < SAME or any(overlap(box, known.box) >= SAME for known in faces[at]):
            return
        faces[at].append(FollowedFace(face.track, box, score))
