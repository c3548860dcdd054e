"""The plot of the page on peers."""

import numpy as np

from benchmarks.peers.figures import weigh
from featfer.evaluation.resampling import find_interval


def draw(found, path):
    """Draw each row's two figures on the photos, with the intervals over resampled subjects.

    Parameters
    ----------
    found : dict
        {name: OnPhotos or None}, as `benchmarks.peers.page.read_photos` returns it.
    path : Path
        Of a PNG.
    """
    from matplotlib.figure import Figure

    shown = [of for of in found.values() if of][::-1]
    names = [of.row.title.replace("`", "") for of in shown]
    figure = Figure(figsize=(9, 0.45 * len(shown) + 1.2), layout="constrained")
    for axes, title, weighed in zip(figure.subplots(1, 2, sharey=True), ("mean recall, %", "accuracy at the shares, %"),
                                    (lambda recalls: recalls.mean(axis=-1), weigh), strict=True):
        for height, of in enumerate(shown):
            value, bounds = 100 * weighed(of.recalls), 100 * np.array(find_interval(weighed(of.resampled)))
            axes.errorbar(value, height, xerr=[[value - bounds[0]], [bounds[1] - value]], fmt="o", capsize=3,
                          color="tab:blue" if of.row.model else "tab:gray")
        axes.set(title=title, xlim=(0, 100), yticks=range(len(shown)), yticklabels=names)
        axes.grid(axis="x", alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100, metadata={"Software": None})
