"""Dense SIFT: what the edges do around every point of a lattice over the chip."""

import numpy as np

SIDE = 96        # pixels of the chip
CELLS = 4, 6     # pixels a side of a cell, at the two scales; a descriptor is 4x4 cells
STRIDE = 4       # pixels between two points of the lattice
DIRECTIONS = 8
SIZE = 4 * 4 * DIRECTIONS
CEILING = 0.2    # of a component: one strong edge must not hide the others
FLOOR = 2.0      # of the length: what is plain stays weak

LATTICES = [np.arange(6 * cell // 4, SIDE - 6 * cell // 4, STRIDE) for cell in CELLS]
PLACES = np.concatenate([np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1).reshape(-1, 2) for at in LATTICES]) / SIDE - 0.5


def dense_sift(chip):
    """Return the descriptors of a chip, uint8 (96, 96) -> float32 (841, 128); PLACES has their row and column, -0.5 to 0.5.

    SIFT (Lowe 2004) upright, on a lattice at two scales, with triangular windows; its square root, so that strong edges
    do not drown faint ones (Arandjelovic and Zisserman 2012).
    """
    edges = _edges(chip.astype(np.float32))
    return np.concatenate([_descriptors(edges, cell, at) for cell, at in zip(CELLS, LATTICES, strict=True)])


def _edges(chip):
    """Return the rise of the grey values in each direction, 0 where they fall, float32 (8, 96, 96)."""
    y, x = np.zeros_like(chip), np.zeros_like(chip)
    y[1:-1] = chip[2:] - chip[:-2]
    x[:, 1:-1] = chip[:, 2:] - chip[:, :-2]
    angles = np.arange(DIRECTIONS, dtype=np.float32)[:, None, None] * np.float32(2 * np.pi / DIRECTIONS)
    return np.maximum(np.cos(angles) * x + np.sin(angles) * y, 0)


def _descriptors(edges, cell, lattice):
    from scipy.ndimage import uniform_filter1d
    for axis in (1, 1, 2, 2):  # a box twice is a triangle
        edges = uniform_filter1d(edges, cell, axis=axis, mode="constant")
    rows = lattice[:, None] + np.arange(4) * cell - 6 * cell // 4
    values = edges[:, rows[:, None, :, None], rows[None, :, None, :]]
    values = np.maximum(values.transpose(1, 2, 3, 4, 0).reshape(-1, SIZE), 0)  # running sums can fall just below 0
    values = np.minimum(values / (np.linalg.norm(values, axis=1, keepdims=True) + FLOOR), CEILING)
    return np.sqrt(values / (np.linalg.norm(values, axis=1, keepdims=True) + 1e-6))
