"""Draw docs/steps.png, what a photo goes through: `python docs/steps.py`. The photo is scikit-image's astronaut (NASA)."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import skimage.data
from matplotlib.patches import Rectangle

import featfer

COLOUR = "#0072b2"


def draw(photo, path):
    """Draw the steps from a photo, uint8 (h, w, 3), with one face to the expressions in it."""
    recognizer = featfer.load()
    (face,) = featfer.find_faces(photo)
    (expression,) = recognizer.predict(photo)[0]
    maps = featfer.make_features("stage:128x8x8")[0].transform([face])[0].reshape(128, 8, 8)
    figure, axes = plt.subplots(1, 4, figsize=(11, 2.9), layout="constrained", width_ratios=[1, 1, 1, 1.1])
    axes[0].imshow(photo)
    left, top, right, bottom = expression.box
    axes[0].add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, color=COLOUR, linewidth=2))
    axes[1].imshow(face.chip("5"))
    axes[2].imshow(arrange(maps[np.argsort(-maps.mean((1, 2)))[:16]]), cmap="magma")
    names, shares = zip(*sorted(expression.probabilities.items(), key=lambda item: item[1]), strict=True)
    axes[3].barh(names, shares, color=COLOUR)
    axes[3].spines[["top", "right"]].set_visible(False)
    axes[3].set_xlim(0, 1)
    for axis, title in zip(axes, ("1. find the face", "2. align it", "3. describe it", "4. classify"), strict=True):
        axis.set_title(title, loc="left", fontsize=11)
    for axis in axes[:3]:
        axis.set_axis_off()
    figure.savefig(path, dpi=90)


def arrange(maps):
    """Return 16 maps (16, 8, 8) in a square, each scaled to [0, 1], with gaps between them."""
    square = np.full((35, 35), np.nan)
    for number, values in enumerate(maps):
        y, x = (9 * place for place in divmod(number, 4))
        square[y:y + 8, x:x + 8] = values / values.max()
    return square


if __name__ == "__main__":
    draw(skimage.data.astronaut(), Path(__file__).with_name("steps.png"))
