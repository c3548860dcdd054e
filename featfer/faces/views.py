"""Views: a chip mirrored, turned, scaled or shifted a little, for augmentation and for averaging predictions."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from featfer.errors import ParameterError
from featfer.utils.requiring import require

if TYPE_CHECKING:
    from collections.abc import Callable

    from featfer.typing import Floats, Pixels

PLAIN = "plain"
GRAMMAR = ("plain, or flip, turn:DEGREES, zoom:PERCENT, shift:X:Y (pixels of the chip) and jitter:N (the Nth random draw of "
           "them all), joined by +")
JITTER = {"turn": 12, "zoom": 8, "shift": 6}  # degrees, percent, pixels: the largest random change in either direction


def apply_view(chip: Pixels, view: str) -> Pixels:
    """Return a chip changed as a view says; what comes into the picture from outside repeats the border.

    Parameters
    ----------
    chip : uint8 array (h, w, 3)
    view : str
        "plain", or changes joined by "+", made from left to right, such as "flip+turn:8" (degrees anticlockwise); see GRAMMAR.
        jitter:N is random, but depends on the chip and N alone: a view of a chip is always the same.

    Returns
    -------
    uint8 array (h, w, 3)

    Raises
    ------
    ParameterError
        For any other view.
    """
    if view == PLAIN:
        return chip
    if view == "flip":  # the most common view, and fastest this way
        return chip[:, ::-1]
    side, matrix = chip.shape[0], np.eye(3)
    for part in view.split("+"):
        matrix = matrix @ _make_matrix(part, chip)
    border = side // 4
    centre = border + (side - 1) / 2
    matrix = _shift(centre + 0.5, centre + 0.5) @ matrix @ _shift(-side / 2, -side / 2)
    padded = Image.fromarray(np.pad(chip, ((border, border), (border, border), (0, 0)), "edge"))
    changed = padded.transform((side, side), Image.Transform.AFFINE, tuple(matrix[:2].ravel()), Image.Resampling.BILINEAR)
    return np.asarray(changed)


def to_grey(chip: Pixels) -> Pixels:
    """Return a chip without its colours, uint8 (h, w, 3); the chip itself if it has none."""
    if (chip == chip[..., :1]).all():
        return chip
    return np.asarray(Image.fromarray(chip).convert("L").convert("RGB"))


def check_view(view: str) -> None:
    """Raise ParameterError for what is no view."""
    if not isinstance(view, str):
        raise ParameterError(f"view {view!r} is none of: {GRAMMAR}")
    require(view, str, "view", GRAMMAR)
    apply_view(np.zeros((4, 4, 3), np.uint8), view)


def _make_matrix(part: str, chip: Pixels) -> Floats:
    """Return the matrix (3, 3) from a point of the changed chip to the same point of the original."""
    name, *numbers = part.split(":")
    try:
        values = [float(number) for number in numbers]
        if not np.isfinite(values).all():
            raise ValueError
        return _CHANGES[name](*values) if name != "jitter" else _jitter(chip, *values)
    except (KeyError, TypeError, ValueError):
        raise ParameterError(f"view {part!r} is none of: {GRAMMAR}") from None


def _flip() -> Floats:
    return np.diag([-1.0, 1.0, 1.0])


def _turn(degrees: float) -> Floats:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def _zoom(percent: float) -> Floats:
    if not 10 <= percent <= 1000:
        raise ValueError
    return np.diag([100 / percent, 100 / percent, 1.0])


def _shift(x: float, y: float) -> Floats:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def _jitter(chip: Pixels, number: float) -> Floats:
    rng = np.random.default_rng((int(number), zlib.crc32(chip.tobytes())))
    turn, zoom, x, y = rng.uniform(-1, 1, 4) * [JITTER[name] for name in ("turn", "zoom", "shift", "shift")]
    matrix = _turn(turn) @ _zoom(100 + zoom) @ _shift(x, y)
    return matrix @ _flip() if rng.random() < 0.5 else matrix


_CHANGES: dict[str, Callable[..., Floats]] = {"flip": _flip, "turn": _turn, "zoom": _zoom, "shift": lambda x, y: _shift(-x, -y)}
