"""Plots of models that were scored on photographs, as PNG files."""

from __future__ import annotations

import math
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from featfer.reports.plots import COLOURS, make_figure, save_figure
from featfer.typing import Path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ACROSS = 3  # panels beside each other


def draw_recalls(result: dict[str, Any], path: Path) -> Figure:
    """Draw the recall of each scored class by each model, as bars with intervals.

    Parameters
    ----------
    result : dict
        From `featfer.evaluation.outside.score_outside`.
    path : path
        The PNG file.

    Returns
    -------
    matplotlib.figure.Figure
    """
    models, classes = result["models"], result["classes"]
    width = 0.84 / len(models)
    fig, axes = make_figure(max(6, 1.6 + len(classes) * (0.5 + 0.2 * len(models))), 4)
    for number, (colour, (name, model)) in enumerate(zip(cycle(COLOURS), models.items(), strict=False)):
        recalls = [model["figures"]["recall"][of] for of in classes]
        values = [100 * recall["value"] for recall in recalls]
        places = np.arange(len(classes)) - 0.42 + (number + 0.5) * width
        axes.bar(places, values, 0.94 * width, color=colour, label=name)
        ends = [(place, value, recall) for place, value, recall in zip(places, values, recalls, strict=True)
                if recall["low"] is not None]
        reach = [[max(0, value - 100 * recall["low"]) for _, value, recall in ends],
                 [max(0, 100 * recall["high"] - value) for _, value, recall in ends]]
        axes.errorbar([place for place, _, _ in ends], [value for _, value, _ in ends], reach, fmt="none", ecolor="#333333",
                      elinewidth=1, capsize=min(3, 12 * width))
    axes.set_xticks(range(len(classes)), classes)
    axes.set(ylabel="recall, %", ylim=(0, 101), xlim=(-0.55, len(classes) - 0.45))
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    fig.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=min(len(models), 5), frameon=False)
    return save_figure(fig, path)


def draw_risk_coverage(result: dict[str, Any], path: Path) -> Figure:
    """Draw the risk-coverage curve of each model: the error among the photos that it is surest of.

    Parameters
    ----------
    result, path
        As for `draw_recalls`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, axes = make_figure(6.2, 4.2)
    for colour, (name, model) in zip(cycle(COLOURS), result["models"].items(), strict=False):
        curve, area = model["risk_coverage"], model["figures"]["risk_area"]["value"]
        axes.plot(100 * np.array(curve["coverage"]), 100 * np.array(curve["risk"]), color=colour,
                  label=f"{name}, area {area:.3f}")
    at_shares = " at the shares" if result["shares"] else ""
    axes.set(xlabel=f"coverage: photos answered, surest first, %{at_shares}", ylabel=f"wrong among them, %{at_shares}",
             xlim=(0, 100))
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    return save_figure(fig, path)


def draw_reliabilities(result: dict[str, Any], path: Path) -> Figure:
    """Draw a reliability diagram of each model: accuracy by confidence, with points as large as what lies in their bin.

    Parameters
    ----------
    result, path
        As for `draw_recalls`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, panels = _make_panels(len(result["models"]), 3.3, 3.3)
    for axes, (name, model) in zip(panels, result["models"].items(), strict=False):
        sizes, confidences, accuracies = np.array(model["reliability"]).T
        axes.plot([0, 1], [0, 1], ":", color="grey")
        axes.plot(confidences, accuracies, color=COLOURS[0], linewidth=1)
        axes.scatter(confidences, accuracies, 12 + 400 * sizes / sizes.sum(), color=COLOURS[0], alpha=0.6, linewidths=0,
                     clip_on=False)
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="confidence", ylabel="accuracy",
                 title=f"{name}: ECE {model['figures']['ece']['value']:.3f}")
        axes.title.set_fontsize(10)
        axes.spines[["top", "right"]].set_visible(False)
    return save_figure(fig, path)


def draw_confusions(result: dict[str, Any], path: Path) -> Figure:
    """Draw the confusion matrix of each model, in percent of each true class; the last column is of photos without a face.

    Parameters
    ----------
    result, path
        As for `draw_recalls`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = result["names"]
    fig, panels = _make_panels(len(result["models"]), 4.2, 3.9)
    for axes, (name, model) in zip(panels, result["models"].items(), strict=False):
        counts = np.array(model["confusion"])
        there = counts.sum(axis=1) > 0
        shares = 100 * counts[there] / counts[there].sum(axis=1, keepdims=True)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=100, aspect="auto")
        for (row, column), value in np.ndenumerate(shares):
            axes.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=8,
                      color="white" if value > 55 else "black")
        axes.set_xticks(range(len(names) + 1), [*names, "no face"], rotation=45, ha="right", rotation_mode="anchor", fontsize=8)
        rows = [f"{of} ({count:,})" for of, count, is_there in zip(names, counts.sum(axis=1), there, strict=True) if is_there]
        axes.set_yticks(range(len(rows)), rows, fontsize=8)
        axes.axvline(len(names) - 0.5, color="white", linewidth=3)
        axes.set_title(name, fontsize=10)
        axes.spines[:].set_visible(False)
    fig.supxlabel("predicted", fontsize=10)
    fig.supylabel("true, % of each class (photos)", fontsize=10)
    return save_figure(fig, path)


def _make_panels(count: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure with so many Axes, ACROSS in a row, and these Axes."""
    columns, rows = min(count, ACROSS), math.ceil(count / ACROSS)
    fig = Figure(figsize=(columns * width, rows * height), layout=ConstrainedLayoutEngine(h_pad=0.12, w_pad=0.1))
    FigureCanvasAgg(fig)
    return fig, [fig.add_subplot(rows, columns, number + 1) for number in range(count)]
