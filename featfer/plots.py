"""Figures -> pictures."""

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from featfer.files import written_whole

# Okabe and Ito's palette: told apart by colour-blind people.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000")


def confusion(result, path, title):
    """Draw a row-normalised confusion matrix of `evaluation.figures`, in percent, to a PNG file."""
    names, counts = list(result["classes"]), result["confusion"]
    rows = [[100 * count / max(sum(row), 1) for count in row] for row in counts]
    fig, axes = _figure(6.4, 5.6)
    axes.imshow(rows, cmap="Blues", vmin=0, vmax=100)
    for i, row in enumerate(rows):
        for j, share in enumerate(row):
            axes.text(j, i, f"{share:.0f}", ha="center", va="center", color="white" if share > 55 else "black")
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="predicted", ylabel="true", title=f"{title}, % of each true class")
    axes.spines[:].set_visible(False)
    _save(fig, path)


def accuracies(rows, path):
    """Draw accuracies as grouped bars to a PNG file; rows: (label, {group: accuracy in % or None}) in order."""
    groups = list(dict.fromkeys(group for _, values in rows for group in values))
    fig, axes = _figure(8, 0.9 + 0.2 * len(rows) * (len(groups) + 1))
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
    _save(fig, path)


def _figure(width, height):
    fig = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(fig)
    return fig, fig.add_subplot()


def _save(fig, path):
    with written_whole(path) as file:
        fig.savefig(file, format="png", dpi=110, metadata={"Software": None})
