"""Views: a chip mirrored, turned, scaled or shifted a little, to train on more faces or to average over."""

import zlib

import numpy as np
from PIL import Image

from featfer.errors import ParameterError

PLAIN = "plain"
GRAMMAR = ("plain, or flip, turn:DEGREES, zoom:PERCENT, shift:X:Y (pixels of the chip) and jitter:N (the Nth random draw of "
           "them all), joined by +")
JITTER = {"turn": 12, "zoom": 8, "shift": 6}  # degrees, percent, pixels: the most that a random draw goes either way


def apply_view(chip, view):
    """Return a chip as a view shows it, uint8 (h, w, 3); what comes in from beyond its border repeats the border.

    view: PLAIN, or changes joined by "+" and made from left to right, such as "flip+turn:8" (degrees anticlockwise); see
    GRAMMAR. A random draw depends on the chip and N alone, so that a view of a chip is always the same. Raises
    ParameterError for anything else.
    """
    if view == PLAIN:
        return chip
    if view == "flip":  # the most asked for, and the quickest this way
        return chip[:, ::-1]
    side, matrix = chip.shape[0], np.eye(3)
    for part in view.split("+"):
        matrix = matrix @ _change(part, chip)
    border = side // 4
    middle = border + (side - 1) / 2
    matrix = _shift(middle + 0.5, middle + 0.5) @ matrix @ _shift(-side / 2, -side / 2)  # about the middle of the chip
    padded = Image.fromarray(np.pad(chip, ((border, border), (border, border), (0, 0)), "edge"))
    seen = padded.transform((side, side), Image.Transform.AFFINE, tuple(matrix[:2].ravel()), Image.Resampling.BILINEAR)
    return np.asarray(seen)


def check_view(view):
    """Raise ParameterError when there is no such view."""
    apply_view(np.zeros((4, 4, 3), np.uint8), view)


def _change(part, chip):
    """Return the matrix (3, 3) that takes a point of the changed chip to where it was."""
    name, *numbers = part.split(":")
    try:
        values = [float(number) for number in numbers]
        if not np.isfinite(values).all():
            raise ValueError
        return _CHANGES[name](*values) if name != "jitter" else _jitter(chip, *values)
    except (KeyError, TypeError, ValueError):
        raise ParameterError(f"view {part!r} is none of: {GRAMMAR}") from None


def _flip():
    return np.diag([-1.0, 1.0, 1.0])


def _turn(degrees):
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def _zoom(percent):
    if not 10 <= percent <= 1000:
        raise ValueError
    return np.diag([100 / percent, 100 / percent, 1.0])


def _shift(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def _jitter(chip, number):
    draw = np.random.default_rng((int(number), zlib.crc32(chip.tobytes())))
    turn, zoom, x, y = draw.uniform(-1, 1, 4) * [JITTER[name] for name in ("turn", "zoom", "shift", "shift")]
    matrix = _turn(turn) @ _zoom(100 + zoom) @ _shift(x, y)
    return matrix @ _flip() if draw.random() < 0.5 else matrix


_CHANGES = {"flip": _flip, "turn": _turn, "zoom": _zoom, "shift": lambda x, y: _shift(-x, -y)}
