"""The pictures of the page on stages and features."""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.study.groups import CLASSIFIERS, COMPONENTS, FACES, SIDE, STAGES, clean
from featfer.reports.plots import COLOURS
from featfer.utils.files import write_atomically

FOLDER = Path(__file__).parent / "pictures"


def draw_stages(cards):
    """The finding in one plot: where in a face-recognition network expression lives, and dies."""
    fig, axes = _figure(8, 4.6)
    for colour, (clf, words) in zip(COLOURS, CLASSIFIERS.items(), strict=False):
        axes.plot(STAGES, [clean(cards[f"{stage}-{clf}"]) for stage in STAGES], "o-", color=colour, label=words)
    axes.axhline(clean(cards["pixels"]), color="#888888", linestyle="--", linewidth=1)
    axes.text(0.02, clean(cards["pixels"]) + 0.5, "SVM on pixels", color="#666666", transform=axes.get_yaxis_transform())
    axes.set(ylabel="accuracy on val without copies, %", title="Where expression lives in a network that recognises people",
             xlabel="stage of dlib's face network (channels x height x width), input to output")
    axes.legend(frameon=False, loc="lower left")
    _finish(fig, axes, "stages.png")


def draw_curves(cards):
    """Accuracy by number of components and by number of training faces."""
    fig = Figure(figsize=(9, 3.8), layout="constrained")
    FigureCanvasAgg(fig)
    by_components, by_faces = fig.subplots(1, 2, sharey=True)
    _by_count(by_components, COMPONENTS, cards, COLOURS[0], "principal components of 128x8x8")
    _by_count(by_faces, FACES, cards, COLOURS[1], "training faces")
    by_components.set(ylabel="SVM on val without copies, %")
    for axes in (by_components, by_faces):
        axes.minorticks_off()
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    _save(fig, "curves.png")


def _by_count(axes, models, cards, colour, words):
    counts = list(models)
    axes.plot(counts, [clean(cards[name]) for name in models.values()], "o-", color=colour)
    axes.set(xscale="log", xticks=counts, xticklabels=[f"{count:,}" for count in counts], xlabel=words)


def draw_parts(parts):
    """Which parts of the face carry the decision: the accuracy lost when each is covered, over the mean chip."""
    fig, axes = _figure(5.4, 4.6)
    lost = 100 * (parts["uncovered"] - np.array(parts["covered"]))
    axes.imshow(parts["mean_chip"], cmap="gray", extent=(0, SIDE, SIDE, 0))
    half, places = parts["patch"] / 2, parts["places"]
    extent = (half - places[1] / 2, places[-1] + half + places[1] / 2, places[-1] + half + places[1] / 2, half - places[1] / 2)
    shown = axes.imshow(lost, cmap="inferno", alpha=0.55, extent=extent, interpolation="bicubic")
    for i, row in enumerate(lost):
        for j, points in enumerate(row):
            axes.text(places[j] + half, places[i] + half, f"{points:.0f}", ha="center", va="center", color="white", fontsize=9)
    axes.set(xlim=(0, SIDE), ylim=(SIDE, 0), title="Points of accuracy lost with a part covered")
    axes.axis("off")
    fig.colorbar(shown, ax=axes, shrink=0.8)
    _save(fig, "parts.png")


def _figure(width, height):
    fig = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(fig)
    return fig, fig.add_subplot()


def _finish(fig, axes, name):
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    _save(fig, name)


def _save(fig, name):
    with write_atomically(FOLDER / name) as file:
        fig.savefig(file, format="png", dpi=110, metadata={"Software": None})
