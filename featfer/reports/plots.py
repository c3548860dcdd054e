"""Figures -> pictures."""

import warnings

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from featfer.utils.files import write_atomically
from featfer.utils.outputs import PICTURE

# Okabe and Ito's palette: told apart by colour-blind people.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000")


def confusion(result, path, title):
    """Draw a row-normalised confusion matrix of `evaluation.figures`, in percent, to a PNG file."""
    names, counts = list(result["classes"]), result["confusion"]
    rows = [[100 * count / max(sum(row), 1) for count in row] for row in counts]
    fig, axes = new_figure(6.4, 5.6)
    axes.imshow(rows, cmap="Blues", vmin=0, vmax=100)
    for i, row in enumerate(rows):
        for j, share in enumerate(row if sum(counts[i]) else ()):
            axes.text(j, i, f"{share:.0f}", ha="center", va="center", color="white" if share > 55 else "black")
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
    labels = [name if sum(row) else f"{name} (no images)" for name, row in zip(names, counts, strict=True)]
    axes.set_yticks(range(len(names)), labels)
    axes.set(xlabel="predicted", ylabel="true", title=f"{title}, % of each true class")
    axes.spines[:].set_visible(False)
    save_figure(fig, path)


def accuracies(rows, path):
    """Draw accuracies as grouped bars to a PNG file; rows: (label, {group: accuracy in % or None}) in order."""
    groups = list(dict.fromkeys(group for _, values in rows for group, value in values.items() if value is not None))
    fig, axes = new_figure(8, 0.9 + 0.2 * len(rows) * (len(groups) + 1))
    height = 1 / (len(groups) + 1)
    for g, group in enumerate(groups):
        drawn = [(i + g * height, values[group]) for i, (_, values) in enumerate(rows) if values.get(group) is not None]
        bars = axes.barh([at for at, _ in drawn], [value for _, value in drawn], height, label=group, color=COLOURS[g])
        axes.bar_label(bars, fmt="%.1f", padding=3, fontsize=8)
    axes.set_yticks([i + (len(groups) - 1) * height / 2 for i in range(len(rows))], [label for label, _ in rows])
    axes.margins(y=0.01)
    axes.invert_yaxis()
    axes.set(xlabel="accuracy, %", xlim=(0, 100))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", frameon=False)
    save_figure(fig, path)


def reliability(curves, path, title):
    """Draw how often predictions are right by how sure they are, and how many there are, to a PNG file.

    curves: {label: bins as `evaluation.reliability` gives them}; how many there are is drawn of the first. On the dotted line
    predictions are right as often as they say. Returns the Figure.
    """
    fig, (shares, counts) = new_figure(5.2, 6, rows=2)
    shares.plot([0, 1], [0, 1], ":", color="grey")
    for colour, (label, bins) in zip(COLOURS, curves.items(), strict=False):
        shares.plot([confidence for _, confidence, _ in bins], [accuracy for _, _, accuracy in bins], color=colour, marker="o",
                    markersize=4, label=label)
    bins = next(iter(curves.values()))
    counts.bar([confidence for _, confidence, _ in bins], [images for images, _, _ in bins], 0.04, color=COLOURS[0])
    shares.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1), title=title)
    counts.set(xlabel="confidence, means of bins of equal width", ylabel="predictions", xlim=(0, 1))
    for axes in (shares, counts):
        axes.spines[["top", "right"]].set_visible(False)
    shares.legend(frameon=False, loc="upper left")
    return save_figure(fig, path)


def learning_curves(histories, path, title):
    """Draw loss and accuracy by epoch to a PNG file, on the training images as a dotted line, on val as a full one.

    histories: {label: the history of a network's card}; a label that is empty is not printed. Where val was measured without
    copies of training images, that accuracy is drawn. Returns the Figure.
    """
    fig, (losses, shares) = new_figure(9, 3.6, columns=2)
    for colour, (label, history) in zip(COLOURS, histories.items(), strict=False):
        clean = history[-1].get("val_without_copies") is not None
        accuracy = ("val_without_copies", "val without copies") if clean else ("val", "val")
        for axes, key, where, scale, style in ((losses, "loss", "training", 1, ":"), (losses, "val_loss", "val", 1, "-"),
                                               (shares, "train", "training", 100, ":"), (shares, *accuracy, 100, "-")):
            if history[-1].get(key) is not None:
                values = scale * np.array([epoch.get(key) for epoch in history], float)
                axes.plot([epoch["epoch"] for epoch in history], values, style,
                          color=colour, marker=".", label=f"{label}, {where}" if label else where)
    for axes, what in ((losses, "loss"), (shares, "accuracy, %")):
        axes.set(xlabel="epoch", ylabel=what)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8)
    fig.suptitle(title)
    return save_figure(fig, path)


def class_histogram(counts, path, title):
    """Draw how many images each split has of each class to a PNG file; counts: {split: {class: images}}. Returns the Figure."""
    fig, axes = new_figure(8, 3.8)
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


def new_figure(width, height, rows=1, columns=1):
    """Return a Figure of so many inches, and its Axes: one, or an array of them."""
    fig = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(fig)
    return fig, fig.subplots(rows, columns)


def save_figure(fig, path):
    """Write a Figure to a PNG file, whole, the same bytes every time; return the Figure."""
    for text in fig.findobj(Text):
        text.set_parse_math(False)  # names of classes and models are whatever they are
    with write_atomically(path, PICTURE) as file, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a box is drawn; tables have the name
        fig.savefig(file, format="png", dpi=110, metadata={"Software": None})
    return fig
