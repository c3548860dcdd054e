"""Feature maps inside dlib's recognition network, which keep the expression that its embedding loses."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

import numpy as np

from featfer.errors import ParameterError
from featfer.faces import PLAIN
from featfer.features.dlibnet.feature import DLIB, NetworkFeature, network_weights
from featfer.features.dlibnet.weights import MAPS, count_levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from featfer.superres.enlarging import Enlargement
    from featfer.typing import Floats, Path


class Stage(NetworkFeature):
    """The feature maps after one of the network's levels, flattened; float32 (n, channels x height x width).

    Parameters
    ----------
    stage : str
        Channels x height x width, one of MAPS. With /HxW appended, such as "128x8x8/4x4", the means over a grid of that size.
    align, view, precision, device, batch, superres, smallest
        As for `NetworkFeature`.
    network : str
        "dlib"; "expression", which is dlib's fine-tuned on FER2013's labels and FER+'s votes, and ends at 128x8x8; or the file
        of a backbone fine-tuned from dlib's (`featfer.finetuning`).
    """

    name = "stage"
    argument = "stage"
    dtype = np.float16
    fitted_params = ("network",)
    later_params = {**NetworkFeature.later_params, "network": DLIB}

    def __init__(self, stage: str = "128x8x8", align: str = "5", view: str = PLAIN, network: Path = DLIB,
                 precision: str = "float32", device: str = "cpu", batch: int = 32,
                 superres: Path | Enlargement | None = None, smallest: float | None = None) -> None:
        self.stage = stage
        self.align = align
        self.view = view
        self.network = network
        self.precision = precision
        self.device = device
        self.batch = batch
        self.superres = superres
        self.smallest = smallest

    @property
    def output(self) -> str:
        return str(self.stage).partition("/")[0]

    @property
    def size(self) -> int:
        channels, *sides = _parse_sides(self.output)
        return channels * math.prod(self.grid or sides)

    @property
    def grid(self) -> list[int] | None:
        """Height and width of the grid that the maps are averaged over (list of int), or None."""
        _, slash, grid = str(self.stage).partition("/")
        return _parse_sides(grid) if slash else None

    def check(self) -> None:
        if not isinstance(self.network, (str, os.PathLike)):
            raise ParameterError(f"stage: network {self.network!r} is neither {DLIB!r} nor the name of a file")
        super().check()
        if self.output not in MAPS:
            raise ParameterError(f"stage: {self.output!r} is none of {', '.join(MAPS)}")
        if self.network != DLIB and (levels := count_levels(network_weights(str(self.network)))) <= MAPS.index(self.output):
            raise ParameterError(f"stage: {self.stage!r} is beyond the last stage of network {str(self.network)!r}, "
                                 f"{MAPS[levels - 1]}")
        grid, sides = self.grid, _parse_sides(self.output)[1:]
        if grid is not None and (len(grid) != 2 or not all(0 < g <= s for g, s in zip(grid, sides, strict=True))):
            raise ParameterError(f"stage: {self.stage!r} is not a map and a grid no larger than it, such as 128x8x8/4x4")

    def transform_stage(self, stage: Floats) -> Floats:
        return (stage if self.grid is None else _average_over(stage, *self.grid)).reshape(len(stage), -1)


def _parse_sides(text: str) -> list[int]:
    """Return the numbers in "128x8x8" or "4x4"; an empty list for anything else."""
    parts = text.split("x")
    return [int(part) for part in parts] if all(part.isdecimal() for part in parts) else []


def _average_over(maps: Floats, height: int, width: int) -> NDArray[np.float32]:
    """Return the means of feature maps (n, channels, ...) over a grid, float32 (n, channels, height, width)."""
    rows, columns = (_cut(side, parts) for side, parts in zip(maps.shape[2:], (height, width), strict=True))
    means = [maps[:, :, row, column].mean(axis=(2, 3)) for row in rows for column in columns]
    return np.stack(means, axis=2).reshape(*maps.shape[:2], height, width)


def _cut(side: int, parts: int) -> list[slice]:
    """Cut a side into parts; neighbours share a row where it cannot be divided evenly."""
    return [slice(i * side // parts, -(-(i + 1) * side // parts)) for i in range(parts)]
