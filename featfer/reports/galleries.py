"""Pictures of faces with a model's predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from featfer.reports.plots import COLOURS, save_figure
from featfer.typing import Floats, Integers, Path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIRST, OTHER, TRUE = COLOURS[0], COLOURS[5], COLOURS[2]
COLUMNS = 8
HEAD = 0.35  # inches above the faces


def draw_wrong_predictions(images: NDArray[Any] | Sequence[NDArray[Any]], truth: Integers, predicted: Integers,
                           names: Sequence[str], path: Path, most: int = 40, seed: int = 0) -> Figure:
    """Draw a random sample of wrongly predicted faces, with their true and predicted classes.

    Parameters
    ----------
    images : ndarray, (n, h, w) grey or (n, h, w, 3)
        0 to 255.
    truth, predicted : ndarray of int, shape (n,)
        Indices of names.
    names : sequence of str
    path : path
        The PNG file.
    most : int
        Most faces to draw.
    seed : int

    Returns
    -------
    matplotlib.figure.Figure
    """
    wrong = np.flatnonzero(truth != predicted)
    chosen = np.sort(np.random.default_rng(seed).permutation(wrong)[:most])
    rows = max(1, -(-len(chosen) // COLUMNS))
    fig, grid = _make_grid(rows, COLUMNS, 1.25, 1.55, {"wspace": 0.1, "hspace": 0.4}, head=HEAD + 0.3)
    for axes, row in zip(grid.flat, chosen, strict=False):
        _show_image(axes, images[row])
        axes.set_title(f"true: {names[truth[row]]},\npredicted: {names[predicted[row]]}", fontsize=7, pad=3)
    _add_title(fig, f"{len(chosen)} of the {len(wrong):,} wrong predictions on {len(truth):,} images")
    return save_figure(fig, path)


def draw_blends(images: NDArray[Any] | Sequence[NDArray[Any]], probabilities: Floats, names: Sequence[str], path: Path,
                truth: Integers | None = None, columns: int = 4) -> Figure:
    """Draw faces, each with the probability of every class as bars.

    The likeliest class has a dark bar, and the true class a green one.

    Parameters
    ----------
    images : ndarray, (n, h, w) grey or (n, h, w, 3)
        0 to 255.
    probabilities : ndarray of float, shape (n, classes)
    names : sequence of str
        Of the classes.
    path : path
        The PNG file.
    truth : ndarray of int, shape (n,), optional
        Indices of names.
    columns : int
        Faces in a row.

    Returns
    -------
    matplotlib.figure.Figure
    """
    spaces = {"wspace": 0.46, "hspace": 0.25, "width_ratios": [1, 1.3] * columns}
    fig, grid = _make_grid(-(-len(images) // columns), 2 * columns, 1.5, 1.25, spaces, head=HEAD + 0.2)
    for (face, bars), image, values, label in zip(
            grid.reshape(-1, 2), images, probabilities, [None] * len(images) if truth is None else truth, strict=False):
        _show_image(face, image)
        colours = [FIRST if j == values.argmax() else OTHER for j in range(len(names))]
        if label is not None:
            colours[label] = TRUE
            face.set_title(f"true: {names[label]}", fontsize=7, pad=3)
        _draw_bars(bars, values, names, colours)
    _add_title(fig, "Probability of each class; dark: the likeliest" + ("" if truth is None else "; green: the truth"))
    return save_figure(fig, path)


def draw_feature_maps(maps: Floats, path: Path, title: str, image: NDArray[Any] | None = None, columns: int = 16) -> Figure:
    """Draw the feature maps of a layer for one image, each scaled from black to white by its own range.

    Parameters
    ----------
    maps : ndarray of float, shape (channels, h, w)
    path : path
        The PNG file.
    title : str
    image : ndarray, (h, w) grey or (h, w, 3), optional
        0 to 255; drawn at the left.
    columns : int
        Maps in a row.

    Returns
    -------
    matplotlib.figure.Figure
    """
    height = 0.55 * -(-len(maps) // columns) + HEAD
    widths = [min(height - HEAD, 2.2)] * (image is not None) + [0.55 * columns]
    fig, grid = _make_grid(1, len(widths), sum(widths) / len(widths), height - HEAD, {"wspace": 0.03, "width_ratios": widths})
    if image is not None:
        _show_image(grid.flat[0], image)
    grid.flat[-1].imshow(_make_mosaic(np.asarray(maps, np.float64), columns), cmap="gray", vmin=0, vmax=1, aspect="auto")
    _add_title(fig, title)
    return save_figure(fig, path)


def _make_grid(rows: int, columns: int, width: float, height: float, spaces: dict[str, Any],
               head: float = HEAD) -> tuple[Figure, NDArray[Any]]:
    """Return a figure and its Axes (rows, columns), width x height inches each; much faster than matplotlib's own layout."""
    size = width * columns, height * rows + head
    fig = Figure(figsize=size)
    FigureCanvasAgg(fig)
    side = 0.05 / size[0]
    grid = fig.subplots(rows, columns, squeeze=False, gridspec_kw={
        "left": side, "right": 1 - side, "bottom": 0.05 / size[1], "top": 1 - head / size[1], **spaces})
    for axes in grid.flat:
        axes.set_axis_off()
    return fig, grid


def _add_title(fig: Figure, text: str) -> None:
    fig.suptitle(text, fontsize=10, y=1 - 0.08 / fig.get_figheight(), va="top")


def _show_image(axes: Axes, image: NDArray[Any]) -> None:
    axes.imshow(np.asarray(image).astype(np.uint8), cmap="gray", vmin=0, vmax=255)


def _draw_bars(axes: Axes, values: Floats, names: Sequence[str], colours: Sequence[str]) -> None:
    axes.set_axis_on()
    bars = axes.barh(range(len(names)), values, 0.8, color=colours)
    axes.bar_label(bars, [f"{value:.0%}" for value in values], padding=2, fontsize=6)
    axes.set_yticks(range(len(names)), names, fontsize=6)
    axes.set(xlim=(0, 1.2), xticks=[])
    axes.tick_params(left=False, pad=1)
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)


def _make_mosaic(maps: Floats, columns: int) -> Floats:
    """Return maps (channels, h, w) side by side in one array, each scaled to [0, 1], with gaps of nan."""
    low, high = (end(axis=(1, 2), keepdims=True) for end in (maps.min, maps.max))
    maps = (maps - low) / np.where(high > low, high - low, 1)
    scale = -(-24 // maps.shape[1])  # pixels of the picture for each pixel of a map
    maps = np.pad(maps.repeat(scale, axis=1).repeat(scale, axis=2), ((0, -len(maps) % columns), (0, 0), (0, 0)),
                  constant_values=np.nan)
    maps = np.pad(maps, ((0, 0), (0, 2), (0, 2)), constant_values=np.nan)
    return maps.reshape(-1, columns, *maps.shape[1:]).swapaxes(1, 2).reshape(-1, columns * maps.shape[2])
