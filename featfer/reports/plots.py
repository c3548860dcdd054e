"""Plots of figures as PNG files."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from featfer.typing import Path
from featfer.utils.files import write_atomically
from featfer.utils.outputs import PICTURE

Bins: TypeAlias = Sequence[tuple[float, float, float]]
"""Number of predictions, mean confidence and accuracy of each bin of a reliability diagram."""

# Okabe and Ito's palette, which colour-blind people can distinguish.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000")


def draw_confusion(result: dict[str, Any], path: Path, title: str) -> None:
    """Draw a confusion matrix, in percent of each true class.

    Parameters
    ----------
    result : dict
        From `featfer.evaluation.metrics.compute_figures`.
    path : path
        The PNG file.
    title : str
    """
    names, counts = list(result["classes"]), result["confusion"]
    rows = [[100 * count / max(sum(row), 1) for count in row] for row in counts]
    fig, axes = make_figure(6.4, 5.6)
    axes.imshow(rows, cmap="Blues", vmin=0, vmax=100)
    for i, row in enumerate(rows):
        for j, value in enumerate(row if sum(counts[i]) else ()):
            axes.text(j, i, f"{value:.0f}", ha="center", va="center", color="white" if value > 55 else "black")
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
    labels = [name if sum(row) else f"{name} (no images)" for name, row in zip(names, counts, strict=True)]
    axes.set_yticks(range(len(names)), labels)
    axes.set(xlabel="predicted", ylabel="true", title=f"{title}, % of each true class")
    axes.spines[:].set_visible(False)
    save_figure(fig, path)


def draw_accuracies(rows: Sequence[tuple[str, Mapping[str, float | None]]], path: Path) -> None:
    """Draw accuracies as grouped bars.

    Parameters
    ----------
    rows : list of tuple (str, dict)
        Labels, and accuracies in percent, or None, by group.
    path : path
        The PNG file.
    """
    groups = list(dict.fromkeys(group for _, values in rows for group, value in values.items() if value is not None))
    fig, axes = make_figure(8, 0.9 + 0.2 * len(rows) * (len(groups) + 1))
    height = 1 / (len(groups) + 1)
    for g, group in enumerate(groups):
        values_at = [(i + g * height, values[group]) for i, (_, values) in enumerate(rows) if values.get(group) is not None]
        bars = axes.barh([y for y, _ in values_at], [value for _, value in values_at], height, label=group, color=COLOURS[g])
        axes.bar_label(bars, fmt="%.1f", padding=3, fontsize=8)
    axes.set_yticks([i + (len(groups) - 1) * height / 2 for i in range(len(rows))], [label for label, _ in rows])
    axes.margins(y=0.01)
    axes.invert_yaxis()
    axes.set(xlabel="accuracy, %", xlim=(0, 100))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", frameon=False)
    save_figure(fig, path)


def draw_reliability(curves: Mapping[str, Bins], path: Path, title: str) -> Figure:
    """Draw a reliability diagram: accuracy by confidence, and the number of predictions.

    On the dotted diagonal, confidence equals accuracy.

    Parameters
    ----------
    curves : dict
        {label: bins from `featfer.evaluation.metrics.reliability_bins`}; the numbers drawn are those of the first.
    path : path
        The PNG file.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, (accuracies, counts) = make_figure(5.2, 6, rows=2)
    accuracies.plot([0, 1], [0, 1], ":", color="grey")
    for colour, (label, bins) in zip(COLOURS, curves.items(), strict=False):
        accuracies.plot([confidence for _, confidence, _ in bins], [accuracy for _, _, accuracy in bins], color=colour,
                        marker="o", markersize=4, label=label)
    bins = next(iter(curves.values()))
    counts.bar([confidence for _, confidence, _ in bins], [images for images, _, _ in bins], 0.04, color=COLOURS[0])
    accuracies.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1), title=title)
    counts.set(xlabel="confidence, means of bins of equal width", ylabel="predictions", xlim=(0, 1))
    for axes in (accuracies, counts):
        axes.spines[["top", "right"]].set_visible(False)
    accuracies.legend(frameon=False, loc="upper left")
    return save_figure(fig, path)


def draw_learning_curves(histories: Mapping[str, Sequence[Mapping[str, Any]]], path: Path, title: str) -> Figure:
    """Draw loss and accuracy by epoch, dotted for training images and solid for val.

    Val is without duplicates of training images where that was measured.

    Parameters
    ----------
    histories : dict
        {label: the history of a network's card}; an empty label is not printed.
    path : path
        The PNG file.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, (losses, accuracies) = make_figure(9, 3.6, columns=2)
    for colour, (label, history) in zip(COLOURS, histories.items(), strict=False):
        clean = history[-1].get("val_without_copies") is not None
        accuracy = ("val_without_copies", "val without copies") if clean else ("val", "val")
        for axes, key, where, scale, style in ((losses, "loss", "training", 1, ":"), (losses, "val_loss", "val", 1, "-"),
                                               (accuracies, "train", "training", 100, ":"), (accuracies, *accuracy, 100, "-")):
            if history[-1].get(key) is not None:
                values = scale * np.array([epoch.get(key) for epoch in history], float)
                axes.plot([epoch["epoch"] for epoch in history], values, style,
                          color=colour, marker=".", label=f"{label}, {where}" if label else where)
    for axes, what in ((losses, "loss"), (accuracies, "accuracy, %")):
        axes.set(xlabel="epoch", ylabel=what)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8)
    fig.suptitle(title)
    return save_figure(fig, path)


def draw_class_histogram(counts: Mapping[str, Mapping[str, int]], path: Path, title: str) -> Figure:
    """Draw the number of images of each class in each split.

    Parameters
    ----------
    counts : dict
        {split: {class: images}}
    path : path
        The PNG file.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, axes = make_figure(8, 3.8)
    width = 0.84 / len(counts)
    for s, (split, images) in enumerate(counts.items()):
        bars = axes.bar([i + s * width for i in range(len(images))], list(images.values()), width,
                        label=f"{split} ({sum(images.values()):,})", color=COLOURS[s])
        axes.bar_label(bars, fmt="{:,.0f}", padding=2, fontsize=7)
    names = list(next(iter(counts.values())))
    axes.set_xticks([i + (len(counts) - 1) * width / 2 for i in range(len(names))], names)
    axes.set(ylabel="images", title=title)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return save_figure(fig, path)


def make_figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, Any]:
    """Make a figure with one Axes, or an array of them.

    Parameters
    ----------
    width, height : float
        In inches.
    rows, columns : int

    Returns
    -------
    tuple (matplotlib.figure.Figure, Axes or ndarray of Axes)
    """
    fig = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(fig)
    return fig, fig.subplots(rows, columns)


def save_figure(fig: Figure, path: Path) -> Figure:
    """Write a figure to a PNG file, completely or not at all, with the same bytes every time.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
    path : path

    Returns
    -------
    matplotlib.figure.Figure
    """
    for text in fig.findobj(Text):
        text.set_parse_math(False)  # a $ in the name of a class or model is no formula
    with write_atomically(path, PICTURE) as file, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a box is drawn instead; the tables have the name
        fig.savefig(file, format="png", dpi=110, metadata={"Software": None})
    return fig
