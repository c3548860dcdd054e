"""The network of dlib's convolutional face detector, run by OpenVINO on a processor."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.faces.detectors.pyramid import draw_pyramid, map_to_image
from featfer.faces.dlib_layers import MEAN, fold_affine, read_layers, split_convolution
from featfer.utils.openvino import Model, add_convolution, add_floats, compile_graph, opset13

if TYPE_CHECKING:
    from pathlib import Path

    from featfer.typing import Box, Floats, Integers, Pixels

CONVOLUTIONS = ((16, 3, 5, 2), (32, 16, 5, 2), (32, 32, 5, 2), (45, 32, 5, 1), (45, 45, 5, 1), (45, 45, 5, 1),
                (1, 45, 9, 1))  # outputs, inputs, side, stride
STRIDE, FIRST = 8, 14  # pixels of the pyramid from one place of the answer to the next, and to the middle of the first
WINDOW = 80  # pixels: side of a face
MOST_OVERLAP = 0.3382761351109955  # shared area, as a fraction of the smallest box around both; in the model's file
AT_ONCE = 2  # images whose pyramids are in memory


class MmodNet:
    """dlib's convolutional face detector. Threads can share it; a forked process needs one of its own.

    Parameters
    ----------
    path : Path
        Of `mmod_human_face_detector.dat`.
    threads : int
        On which it computes.

    References
    ----------
    dlib's dnn_mmod_face_detection_ex.cpp (King 2016): three convolutions that halve, three that do not, each with a rectifier,
    and a last one whose answer is the score of a face at each place. King 2015 (max-margin object detection).
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._network = compile_graph(_build_graph(path), threads)
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def __call__(self, image: Pixels) -> list[tuple[float, Box]]:
        """Find faces of 80 pixels or more, or somewhat fewer.

        Parameters
        ----------
        image : uint8 array (h, w, 3)
            RGB.

        Returns
        -------
        list of (float, (int, int, int, int))
            Score and box of each face, best first. The box is left, top, right, bottom in pixels, right and bottom excluded.
        """
        mean = np.array(MEAN, np.float32)[:, None, None]
        with self._turns:
            channels = np.subtract(np.moveaxis(image, 2, 0), mean, order="C") / np.float32(256)
            pyramid, levels = draw_pyramid(channels)
            answer = self._network.create_infer_request().infer([pyramid[None]], share_inputs=True)[0][0, 0]
        rows, columns = np.nonzero(answer > 0)
        middles = np.stack([columns, rows], axis=1) * STRIDE + FIRST
        around = (WINDOW - 1) / 2
        return _keep_best(answer[rows, columns], _round(map_to_image(np.hstack([middles - around, middles + around]), levels)))


def _build_graph(path: Path) -> Model:
    """Build the network: from pyramids, float32 (1, 3, h, w), to the scores of faces, float32 (1, 1, rows, columns)."""
    pyramid = opset13.parameter([1, 3, -1, -1], np.float32, "pyramid")
    x: Any = pyramid
    for number, (weight, bias, stride) in enumerate(_read_convolutions(path), start=1):
        x = add_convolution(x, add_floats(weight), bias, stride, 0 if stride > 1 else weight.shape[2] // 2)
        if number < len(CONVOLUTIONS):
            x = opset13.relu(x)
    return Model([opset13.result(x)], [pyramid], "dlib face detection")


def _read_convolutions(path: Path) -> Iterator[tuple[Floats, Floats, int]]:
    """Yield weight, bias and stride of each convolution, the affine layers folded in."""
    layers = read_layers(path)
    for outputs, inputs, side, stride in CONVOLUTIONS[:-1]:
        yield *fold_affine((outputs, inputs, side, side), next(layers), next(layers)), stride
    outputs, inputs, side, stride = CONVOLUTIONS[-1]
    yield *split_convolution((outputs, inputs, side, side), next(layers)), stride


def _round(values: Floats) -> Integers:
    """Round to the nearest whole numbers, halves away from 0."""
    return np.copysign(np.floor(np.abs(values) + 0.5), values).astype(int)


def _keep_best(scores: Floats, boxes: Integers) -> list[tuple[float, Box]]:
    """Return (score, box) of each box without those that overlap a better one; in `boxes`, right and bottom are included."""
    order = np.argsort(-scores, kind="stable")
    scores, boxes = scores[order], boxes + (0, 0, 1, 1)
    boxes, kept = boxes[order], []
    while len(boxes):
        kept.append((float(scores[0]), tuple(boxes[0].tolist())))
        shared = _measure_area(np.maximum(boxes[0, :2], boxes[:, :2]), np.minimum(boxes[0, 2:], boxes[:, 2:]))
        around = _measure_area(np.minimum(boxes[0, :2], boxes[:, :2]), np.maximum(boxes[0, 2:], boxes[:, 2:]))
        apart = shared <= MOST_OVERLAP * around
        scores, boxes = scores[apart], boxes[apart]
    return kept


def _measure_area(starts: Integers, ends: Integers) -> Integers:
    """Return the area of each box between its left upper and its right lower corner; 0 if they are the wrong way round."""
    return np.prod(np.maximum(0, ends - starts), axis=1)
