"""Dense SIFT: descriptors of the edges around each point of a lattice over the chip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from featfer.typing import Floats, Integers, Pixels

SIDE = 96        # pixels of the chip
CELLS = 4, 6     # pixels a side of a cell, at the two scales; a descriptor is 4x4 cells
STRIDE = 4       # pixels between two points of the lattice
DIRECTIONS = 8
SIZE = 4 * 4 * DIRECTIONS
CEILING = 0.2    # of a component: one strong edge must not mask the others
FLOOR = 2.0      # of the length: plain regions stay weak

LATTICES = [np.arange(6 * cell // 4, SIDE - 6 * cell // 4, STRIDE) for cell in CELLS]
_GRIDS = [np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1).reshape(-1, 2) for at in LATTICES]
POSITIONS = np.concatenate(_GRIDS) / SIDE - 0.5


def dense_sift(chip: Pixels) -> Floats:
    """Return the SIFT descriptors of a chip on a lattice, at two scales.

    Parameters
    ----------
    chip : uint8 array (96, 96)

    Returns
    -------
    float32 array (841, 128)
        POSITIONS has the row and column of each, from -0.5 to 0.5.

    Notes
    -----
    Upright SIFT (Lowe 2004) with triangular windows, and its square root, so that strong edges do not mask weak ones
    (Arandjelovic and Zisserman 2012).
    """
    edges = _compute_edges(chip.astype(np.float32))
    return np.concatenate([_describe(edges, cell, at) for cell, at in zip(CELLS, LATTICES, strict=True)])


def _compute_edges(chip: NDArray[np.float32]) -> Floats:
    """Return the gradient of the grey values in each direction, 0 where it is negative, float32 (8, 96, 96)."""
    y, x = np.zeros_like(chip), np.zeros_like(chip)
    y[1:-1] = chip[2:] - chip[:-2]
    x[:, 1:-1] = chip[:, 2:] - chip[:, :-2]
    angles = np.arange(DIRECTIONS, dtype=np.float32)[:, None, None] * np.float32(2 * np.pi / DIRECTIONS)
    return np.maximum(np.cos(angles) * x + np.sin(angles) * y, 0)


def _describe(edges: Floats, cell: int, lattice: Integers) -> Floats:
    """Return the descriptors at one scale, float32 (n, 128)."""
    from scipy.ndimage import uniform_filter1d
    for axis in (1, 1, 2, 2):  # a box twice is a triangle
        edges = uniform_filter1d(edges, cell, axis=axis, mode="constant")
    rows = lattice[:, None] + np.arange(4) * cell - 6 * cell // 4
    values = edges[:, rows[:, None, :, None], rows[None, :, None, :]]
    values = np.maximum(values.transpose(1, 2, 3, 4, 0).reshape(-1, SIZE), 0)  # running sums can be just below 0
    values = np.minimum(values / (np.linalg.norm(values, axis=1, keepdims=True) + FLOOR), CEILING)
    return np.sqrt(values / (np.linalg.norm(values, axis=1, keepdims=True) + 1e-6))
