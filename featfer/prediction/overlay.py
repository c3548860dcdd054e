"""Boxes and bars drawn on frames, in well under a millisecond for each face."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from featfer.expression import UNSURE
from featfer.prediction.drawing import GREY, NO_FACE, PANEL, TEXT
from featfer.prediction.placing import Place, covered_area, find_place
from featfer.typing import Box, Pixels

# Okabe and Ito's palette, RGB, which the colour-blind can tell apart: for a track's box, number and likeliest bar.
COLOURS = ((86, 180, 233), (230, 159, 0), (0, 158, 115), (240, 228, 66), (213, 94, 0), (204, 121, 167), (0, 114, 178))
OPACITY = 0.82       # of the panels
LINES = 34           # of text in the frame's shorter side ...
LEAST_TEXT = 12      # ... but the text is at least this many pixels high
MOST_PANELS = 3      # with more faces, each panel has only its first line


class DrawnFace(Protocol):
    """A face to be drawn: its number, from 1, its box in pixels, its likeliest expression, and {expression: probability}."""

    @property
    def track(self) -> int: ...

    @property
    def box(self) -> Box: ...

    @property
    def label(self) -> str: ...

    @property
    def probabilities(self) -> dict[str, float]: ...


def draw_faces(pixels: Pixels, faces: Sequence[DrawnFace]) -> None:
    """Draw the box and the panel of each face: its number, its likeliest expression, and bars of all, always in the same order.

    Parameters
    ----------
    pixels : uint8 array (h, w, 3)
        BGR; drawn on in place.
    faces : list of featfer.live.pipeline.LiveFace
        Or others with `track` (their number, from 1), `box`, `label` and `probabilities`.
    """
    size = _text_size(pixels)
    for face in faces:
        (left, top, right, bottom), width = (round(side) for side in face.box), max(2, size // 6)
        for colour, more in ((PANEL, 2), (_find_colour(face), 0)):
            cv2.rectangle(pixels, (left, top), (right, bottom), colour[::-1], width + more)
    taken = [face.box for face in faces]
    for face in faces:
        panel, place = _place_panel(face, size, pixels.shape[1::-1], taken, len(faces))
        _blend(pixels, panel, place[:2])
        taken.append(place)
    if not faces:
        _write_note(pixels, NO_FACE, pixels.shape[0])


def draw_rate(pixels: Pixels, rate: float) -> None:
    """Write the frames/s in the corner of a frame, uint8 (h, w, 3) BGR."""
    _write_note(pixels, f"{rate:.0f} frames/s", 0)


def _write_note(pixels: Pixels, words: str, bottom: int) -> None:
    """Write words at the left of a frame: at the top, or just above `bottom` if that is further down."""
    size = _text_size(pixels)
    text = _render_text(words, size)
    panel = _make_background(text.shape[0] + size // 2, text.shape[1] + size)
    _write(panel, text, size // 2, size // 4)
    _blend(pixels, panel, (0, max(0, bottom - panel.shape[0])))


def _place_panel(face: DrawnFace, size: int, frame: tuple[int, int], taken: Sequence[Box], count: int) -> tuple[Pixels, Place]:
    """Return the panel of a face and its place: without bars if there are several faces and bars would cover one."""
    for bars in (True, False):
        if bars and count > MOST_PANELS:
            continue
        panel = _make_panel(face, size, bars)
        place = find_place(panel.shape[1::-1], face.box, frame, taken)
        if count == 1 or not covered_area(place, taken):
            break
    return panel, place


def _make_panel(face: DrawnFace, size: int, bars: bool) -> Pixels:
    """Return an image, uint8 (h, w, 3) BGR: a line with number and likeliest expression, and the bars below it."""
    names, step, gap = list(face.probabilities), round(size * 1.35), size // 2
    name_width = max(_render_text(name, size).shape[1] for name in names) + gap
    bar_width, percent_width = size * 4, _render_text("100%", size).shape[1] + gap
    panel = _make_background(step * (1 + bars * len(names)) + gap, name_width + bar_width + percent_width + size)
    panel[:, :max(3, size // 4)] = _find_colour(face)[::-1]
    left, right = size * 3 // 4, panel.shape[1]
    _write(panel, _render_text(f"{face.track}  {face.label}", size), left, size // 4)
    percent = _render_text("" if face.label == UNSURE else f"{face.probabilities[face.label]:.0%}", size)
    if not bars:
        _write(panel, percent, right - gap - percent.shape[1], size // 4)
        return panel
    for i, (name, value) in enumerate(face.probabilities.items(), 1):
        top, bar = size // 4 + i * step, left + name_width
        _write(panel, _render_text(name, size), left, top)
        colour = _find_colour(face) if name == face.label else GREY
        panel[top + step // 6:top + step * 5 // 6, bar:bar + max(1, round(bar_width * value))] = colour[::-1]
        percent = _render_text(f"{value:.0%}", size)
        _write(panel, percent, right - gap // 2 - percent.shape[1], top)
    return panel


def _text_size(pixels: Pixels) -> int:
    return max(LEAST_TEXT, min(pixels.shape[:2]) // LINES)


@functools.lru_cache(maxsize=1024)  # names, and the percentages from 0 to 100
def _render_text(text: str, size: int) -> Pixels:
    """Return a line of text as an image, uint8 (h, w, 3), light on black."""
    font = ImageFont.load_default(size)
    picture = Image.new("RGB", (max(1, round(font.getlength(text))), round(size * 1.35)))
    ImageDraw.Draw(picture).text((0, 0), text, TEXT, font)
    return np.asarray(picture)


def _write(panel: Pixels, text: Pixels, left: int, top: int) -> None:
    area = panel[top:top + text.shape[0], left:left + text.shape[1]]
    np.maximum(area, text[:area.shape[0], :area.shape[1]], out=area)


def _make_background(height: int, width: int) -> Pixels:
    return np.full((height, width, 3), PANEL[::-1], np.uint8)


def _blend(pixels: Pixels, panel: Pixels, place: tuple[int, int]) -> None:
    """Blend a panel into a frame, without what lies outside; place: x and y of its corner."""
    x, y = place
    area = pixels[y:y + panel.shape[0], x:x + panel.shape[1]]
    cv2.addWeighted(panel[:area.shape[0], :area.shape[1]], OPACITY, area, 1 - OPACITY, 0, dst=area)


def _find_colour(face: DrawnFace) -> tuple[int, int, int]:
    return COLOURS[(face.track - 1) % len(COLOURS)]
