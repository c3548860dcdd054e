"""dlib's face recognition network as a graph that OpenVINO runs; see `featfer.features.dlibnet.weights` for its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.faces.dlib_layers import MEAN
from featfer.features.dlibnet.weights import LEVELS, MAPS, count_levels
from featfer.utils.openvino import Model, add_convolution, add_floats
from featfer.utils.openvino import opset13 as ops

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STEM_SIDE = 35  # pixels a side of the maps after the first convolution and its pooling


def build_graph(weights: Mapping[str, np.ndarray], stages: Sequence[str], ranges: Mapping[str, float] | None = None) -> Model:
    """Build the network up to the last of some stages.

    Parameters
    ----------
    weights : dict
        {name: float32 array}, as from `featfer.features.dlibnet.weights`.
    stages : sequence of str
        "embedding"; or the maps after a level, named by their shape, such as "128x8x8".
    ranges : dict, optional
        {name of a map: its largest absolute value}. With it, the convolutions compute in 8 bits; without it, in floats.

    Returns
    -------
    openvino.Model
        From chips, uint8 (n, 150, 150, 3) RGB, to each stage, float32 (n, channels, height, width), or (n, 128) for
        "embedding". The outputs are named after the stages.

    References
    ----------
    Jacob et al. 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only inference": the
    weights have 8 bits with a scale for each output channel, the maps have 8 bits with one scale.
    """
    return _Builder(weights, ranges).build(stages)


def build_observed_graph(weights: Mapping[str, np.ndarray]) -> tuple[Model, list[str]]:
    """Build the network in floats with every map that `build_graph` takes a range of as an output; return their names, too."""
    builder = _Builder(weights, None)
    builder.build(("embedding" if "head.weight" in weights else MAPS[count_levels(weights) - 1],))
    return Model([ops.result(map_) for map_ in builder.maps.values()], [builder.chips], "observed"), list(builder.maps)


class _Builder:
    """Adds layer after layer to a graph. `maps` holds the inputs of the convolutions by name."""

    def __init__(self, weights: Mapping[str, np.ndarray], ranges: Mapping[str, float] | None) -> None:
        self.weights, self.ranges = weights, ranges
        self.maps: dict[str, Any] = {}
        self.chips = ops.parameter([-1, 150, 150, 3], np.uint8, "chips")

    def build(self, stages: Sequence[str]) -> Model:
        found: dict[str, Any] = {}
        x, channels, side = self._add_stem(), 32, STEM_SIDE
        for level, (width, blocks, halves) in enumerate(LEVELS):
            if len(found) == len(stages):
                break
            for block in range(blocks):
                name, is_halved = f"levels.{level}.{block}", halves and block == 0
                y = self._add_block(name, x, is_halved)
                if is_halved:
                    x, channels, side = self._add_shortcut(x, y, channels, width, side)
                else:
                    x = ops.add(x, y)
                x = ops.relu(x)
                if (stage := f"{channels}x{side}x{side}") in stages and block == blocks - 1:
                    found[stage] = x
                x = self._quantize(name, x)
        if "embedding" in stages:
            mean = ops.reduce_mean(x, _integers(2, 3))
            found["embedding"] = ops.matmul(mean, add_floats(self.weights["head.weight"]), False, True)
        for stage in stages:
            found[stage].output(0).set_names({stage})
        return Model([ops.result(found[stage]) for stage in stages], [self.chips], "dlib face recognition")

    def _add_stem(self) -> Any:
        pixels = ops.transpose(ops.convert(self.chips, "f32"), _integers(0, 3, 1, 2))
        x = ops.multiply(ops.subtract(pixels, add_floats(np.reshape(MEAN, (1, 3, 1, 1)))), add_floats(1 / 256))
        x = ops.relu(self._convolve("stem", self._quantize("chips", x, is_signed=True), stride=2, padding=0))
        x = ops.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [3, 3]).output(0)
        return self._quantize("stem", x)

    def _add_block(self, name: str, x: Any, is_halved: bool) -> Any:
        stride, padding = (2, 0) if is_halved else (1, 1)
        y = ops.relu(self._convolve(f"{name}.first", x, stride, padding))
        return self._convolve(f"{name}.second", self._quantize(f"{name}.first", y), stride=1, padding=1)

    def _add_shortcut(self, x: Any, y: Any, channels: int, width: int, side: int) -> tuple[Any, int, int]:
        """Add the averaged maps to those of a block that halves; each is zero-padded at its last channels, bottom and right."""
        pooled, halved = side // 2, (side - 3) // 2 + 1
        larger = max(pooled, halved)
        averaged = ops.avg_pool(x, [2, 2], [0, 0], [0, 0], [2, 2], True)
        return ops.add(_pad(averaged, width - channels, larger - pooled), _pad(y, 0, larger - halved)), width, larger

    def _convolve(self, name: str, x: Any, stride: int, padding: int) -> Any:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        kernel = add_floats(weight)
        if self.ranges is not None:
            most = np.abs(weight).max(axis=(1, 2, 3), keepdims=True)
            kernel = ops.fake_quantize(kernel, *(add_floats(limit) for limit in (-most, most, -most, most)), levels=255)
        return add_convolution(x, kernel, bias, stride, padding)

    def _quantize(self, name: str, x: Any, is_signed: bool = False) -> Any:
        """Round maps to 256 values from 0, or from its negative, to the largest of their range."""
        self.maps[name] = x
        if self.ranges is None:
            return x
        most = np.full((1, 1, 1, 1), self.ranges[name])
        least = -most * 128 / 127 if is_signed else most * 0
        return ops.fake_quantize(x, *(add_floats(limit) for limit in (least, most, least, most)), levels=256)


def _pad(x: Any, channels: int, side: int) -> Any:
    if not channels and not side:
        return x
    return ops.pad(x, _integers(0, 0, 0, 0), _integers(0, channels, side, side), "constant", add_floats(0))


def _integers(*values: int) -> Any:
    return ops.constant(np.array(values, np.int64))
