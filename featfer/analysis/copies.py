"""Copies of films for others to see: with hidden faces, with nothing but the points of faces, or with boxes and bars."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from featfer.analysis.paths import FacePaths, read_paths
from featfer.analysis.reading import Table
from featfer.errors import DataError, ParameterError
from featfer.images.video import open_video
from featfer.images.video_writer import VideoWriter, check_suffix
from featfer.prediction.overlay import COLOURS, draw_faces
from featfer.typing import Box, Floats, Pixels
from featfer.typing import Path as AnyPath
from featfer.utils.outputs import VIDEO, check_output, identify_files
from featfer.utils.progress import bar

if TYPE_CHECKING:
    from featfer.images.video_frame import VideoFrame

STYLES = ("blur", "annotated blur", "points", "boxes")
CELLS = 4          # across what is hidden of a face: about 2 across the face itself
LEVELS = 16        # of brightness of a cell, of each colour
MARGINS = 0.45, 0.6, 0.45, 0.35  # of the box's sides, left, top, right and bottom of it, that are hidden too: hair, ears, chin
GROWTH = 1.0       # of the box's sides, in each second in which a face was not seen
# The lines between the 68 points: first, last, and whether they close.
LINES = ((0, 16, False), (17, 21, False), (22, 26, False), (27, 30, False), (30, 35, True), (36, 41, True), (42, 47, True),
         (48, 59, True), (60, 67, True))


def write_copy(film: AnyPath, table: Table, path: AnyPath, style: str) -> str | None:
    """Write a copy of a film, whole or not at all, without its sound. Each frame keeps its time.

    Parameters
    ----------
    film : str or Path
    table : pandas.DataFrame, iterable of pandas.DataFrame, str or Path
        Its tidy table, as for `featfer.analysis.reading.read_columns`; with the landmarks x1 to y68 for "points".
    path : str or Path
        The copy, .mp4, .mov or .mkv, in H.264.
    style : str
        "boxes" draws the box, the number and the bars of each face; "blur" hides faces; "annotated blur" does both. "points"
        shows the points of faces on black, and nothing of the film.

    Returns
    -------
    str or None
        A sentence on frames of the film that could not be read; they are not in the copy.

    Raises
    ------
    ParameterError
        For another style or suffix, or a table without landmarks for "points".
    DataError, WriteError
        When the film cannot be read, or has fewer frames than the table; when the copy cannot be written, or is the film.

    Notes
    -----
    A face is hidden from HOLD seconds before its track begins until as long after its end, and between two rows of a track, all
    that is between its two boxes. What stays visible: faces that no track ever found, and hair, clothes, the place and what is
    written in it.
    """
    draw, paths = _prepare(film, table, path, style)
    with open_video(film) as video, VideoWriter(path, video.finest_rate, "h264", keep=False) as writer:
        for frame in bar(video, desc=f"writing {Path(path).name}", unit=" frames", delay=1):
            writer.write(draw(frame, frame.pixels("bgr24"), paths), frame.seconds)
            last = frame.number
        if last < paths.last_frame:
            raise DataError(f"{film}: has {last + 1:,} frames, its table {paths.last_frame + 1:,}: is it of another film?")
        return video.describe_damage()


def hide_box(pixels: Pixels, box: Box | Floats) -> None:
    """Replace what is in a box by a blurred mosaic.

    Parameters
    ----------
    pixels : uint8 array (h, w, 3)
        Changed in place.
    box : (left, top, right, bottom)
        May reach beyond the image.

    Notes
    -----
    A mosaic of CELLS across, in few levels, is blurred: what the box showed is not in the pixels. Networks trained on faces of
    6 by 7 cells told people apart (McPherson, Shokri and Shmatikov 2016, "Defeating image obfuscation with deep learning");
    here about 2 by 2 are left of a face.
    """
    height, width = pixels.shape[:2]
    left, top = (max(0, int(np.floor(side))) for side in box[:2])
    right, bottom = (min(end, int(np.ceil(side))) for side, end in zip(box[2:], (width, height), strict=True))
    if left >= right or top >= bottom:
        return
    area = pixels[top:bottom, left:right]
    side = max(box[2] - box[0], box[3] - box[1]) / CELLS
    cells = tuple(max(1, round(length / side)) for length in (right - left, bottom - top))
    small = cv2.resize(area, cells, interpolation=cv2.INTER_AREA)
    small = (small // (256 // LEVELS) * (256 // LEVELS) + 128 // LEVELS).astype(np.uint8)
    area[:] = cv2.resize(small, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)


def _prepare(film: AnyPath, table: Table, path: AnyPath, style: str
             ) -> tuple[Callable[[VideoFrame, Pixels, FacePaths], Pixels], FacePaths]:
    """Check what can be refused before any work; return the function that draws a frame, and the FacePaths."""
    draw = {"blur": _blur, "annotated blur": _blur_and_draw, "points": _draw_points, "boxes": _draw_boxes}
    if style not in STYLES:
        raise ParameterError(f"style {style!r} is none of {', '.join(STYLES)}")
    check_suffix(path)
    check_output(path, VIDEO, identify_files([film]))
    return draw[style], read_paths(table, with_points=style == "points", with_shares=style in ("annotated blur", "boxes"))


def _blur(frame: VideoFrame, pixels: Pixels, paths: FacePaths) -> Pixels:
    for box, unseen in paths.cover(frame.number, frame.seconds):
        sides = np.array([box[2] - box[0], box[3] - box[1]] * 2)
        grown = (np.array(MARGINS) + GROWTH * unseen) * sides * (-1, -1, 1, 1)
        hide_box(pixels, np.array(box) + grown)
    return pixels


def _blur_and_draw(frame: VideoFrame, pixels: Pixels, paths: FacePaths) -> Pixels:
    return _draw_boxes(frame, _blur(frame, pixels, paths), paths)


def _draw_points(frame: VideoFrame, pixels: Pixels, paths: FacePaths) -> Pixels:
    picture = np.zeros_like(pixels)
    for face in paths.find_faces(frame.number, frame.seconds):
        colour = COLOURS[(face.track - 1) % len(COLOURS)][::-1]
        size = max(1, round((face.box[2] - face.box[0]) / 120))
        points = np.asarray(face.points).round().astype(int)
        for first, last, is_closed in LINES:
            cv2.polylines(picture, [points[first:last + 1]], is_closed, [side // 2 for side in colour], size, cv2.LINE_AA)
        for point in points:
            cv2.circle(picture, point.tolist(), size, colour, cv2.FILLED, cv2.LINE_AA)
    return picture


def _draw_boxes(frame: VideoFrame, pixels: Pixels, paths: FacePaths) -> Pixels:
    draw_faces(pixels, list(paths.find_faces(frame.number, frame.seconds)))
    return pixels
