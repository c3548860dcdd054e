"""The maps inside dlib's recognition network, which keep the expression that its embedding forgets."""

import math

import numpy as np

from featfer.errors import ParameterError
from featfer.faces import PLAIN
from featfer.features.dlibnet.feature import DLIB, NetworkFeature

MAPS = ("32x35x35", "64x17x17", "128x8x8", "256x4x4", "256x2x2")


class Stage(NetworkFeature):
    """A map after one of the network's levels, flattened; float32 (n, channels x height x width).

    stage: channels x height x width of the map, one of MAPS, and with /HxW behind it, such as "128x8x8/4x4", its means over
    a grid of that size
    network: "dlib", or the file of a backbone fine-tuned from it (featfer.finetuning)
    align, view, precision, device, batch: as for the embedding
    """

    name = "stage"
    argument = "stage"
    dtype = np.float16
    fitted_params = ("network",)
    later_params = {**NetworkFeature.later_params, "network": DLIB}

    def __init__(self, stage="128x8x8", align="5", view=PLAIN, network=DLIB, precision="float32", device="cpu", batch=32):
        self.stage = stage
        self.align = align
        self.view = view
        self.network = network
        self.precision = precision
        self.device = device
        self.batch = batch

    @property
    def output(self):
        return self.stage.partition("/")[0]

    @property
    def size(self):
        channels, *sides = _sides(self.output)
        return channels * math.prod(self.grid or sides)

    @property
    def grid(self):
        """Height and width that the map is averaged to (list of int); None where it is not."""
        return _sides(self.stage.partition("/")[2]) if "/" in self.stage else None

    def check(self):
        super().check()
        if self.output not in MAPS:
            raise ParameterError(f"stage: {self.output!r} is none of {', '.join(MAPS)}")
        grid, sides = self.grid, _sides(self.output)[1:]
        if grid is not None and (len(grid) != 2 or not all(0 < g <= s for g, s in zip(grid, sides, strict=True))):
            raise ParameterError(f"stage: {self.stage!r} is not a map and a grid no larger than it, such as 128x8x8/4x4")

    def of_stage(self, stage):
        return (stage if self.grid is None else _means(stage, *self.grid)).reshape(len(stage), -1)


def _sides(text):
    """Return the numbers of "128x8x8" or "4x4"; none where it is something else."""
    parts = text.split("x")
    return [int(part) for part in parts] if all(part.isdecimal() for part in parts) else []


def _means(maps, height, width):
    """Return the means of maps (n, channels, ...) over a grid, float32 (n, channels, height, width)."""
    import torch
    return torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(maps), (height, width)).numpy()
