"""The pictures of an explanation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from featfer.explaining.occlusion import transform_points
from featfer.images.pixels import resize, to_grey
from featfer.prediction.drawing import write_picture
from featfer.reports.galleries import draw_feature_maps
from featfer.reports.plots import COLOURS, make_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from featfer.explaining.feature_maps import FeatureMaps
    from featfer.explaining.nearest import Neighbour
    from featfer.explaining.occlusion import Occlusion
    from featfer.expression import Expression
    from featfer.faces.face import Face
    from featfer.typing import Pixels

CHIP_SIDE = 600     # pixels of the enlarged chip
MOST_MAPS = 64
LEAST_RANGE = 1.0   # percentage points that the colours span at least, so that noise stays pale


def save_chip(face: Face, align: str, count: int, path: Path) -> None:
    """Write the enlarged chip of a face with its landmarks to a PNG file.

    Parameters
    ----------
    face : Face
    align : str
    count : int
        5 or 68 landmarks.
    path : Path
    """
    chip = face.chip(align)
    scale = CHIP_SIDE / chip.shape[0]
    picture = Image.fromarray(resize(chip, CHIP_SIDE, CHIP_SIDE))
    pen, radius = ImageDraw.Draw(picture), 7 if count == 5 else 4
    for x, y in (transform_points(face.points(count), face.chip_matrix(align)) + 0.5) * scale:
        pen.circle((x, y), radius + 2, fill="white")
        pen.circle((x, y), radius, fill=COLOURS[3])
    write_picture(picture, path)


def save_maps(maps: FeatureMaps, path: Path) -> Figure:
    """Write the strongest feature maps, beside the input of the network, to a PNG file.

    Parameters
    ----------
    maps : FeatureMaps
    path : Path

    Returns
    -------
    matplotlib.figure.Figure
    """
    shown = maps.values[:MOST_MAPS]
    count, height, width = maps.values.shape
    layer = f"Layer {maps.layer}" if maps.is_of_model else f"Stage {maps.layer} of dlib's face network"
    title = f"{layer}: {f'the {len(shown)} strongest of ' if len(shown) < count else ''}{count} maps of {height}x{width}"
    return draw_feature_maps(shown, path, title, maps.pixels, columns=max(8, min(16, len(shown) // 4)))


def save_regions(occlusion: Occlusion, expression: Expression, path: Path) -> Figure:
    """Write an occlusion as heat over the face, beside the plain face, to a PNG file.

    Parameters
    ----------
    occlusion : Occlusion
    expression : Expression
    path : Path

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, (plain, covered) = make_figure(8.6, 4.3, columns=2)
    grey, heat = to_grey(occlusion.pixels), occlusion.heat
    most = max(LEAST_RANGE, float(np.abs(heat).max()))
    for axes in (plain, covered):
        axes.imshow(grey, cmap="gray", vmin=0, vmax=255)
        axes.set_axis_off()
    shown = covered.imshow(heat, cmap="RdBu_r", vmin=-most, vmax=most, alpha=0.6)
    plain.set_title(f"{expression.label} {expression.probabilities[expression.label]:.0%}: what the model sees", fontsize=10)
    covered.set_title("covered here, the label loses (red) or gains (blue)", fontsize=10)
    colours = fig.colorbar(shown, ax=[plain, covered], shrink=0.85, pad=0.02)
    colours.set_label(f"{expression.label} lost, percentage points")
    colours.outline.set_visible(False)
    return save_figure(fig, path)


def save_nearest(pixels: Pixels, expression: Expression, feature: str, neighbours: list[Neighbour], path: Path) -> Figure:
    """Write a face and its nearest training faces to a PNG file; a face without pixels is an empty frame.

    Parameters
    ----------
    pixels : uint8 array (h, w) or (h, w, 3)
        The face.
    expression : Expression
    feature : str
        The feature that was compared, in words.
    neighbours : list of Neighbour
    path : Path

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, grid = make_figure(1.55 * (len(neighbours) + 1), 2.5, columns=len(neighbours) + 1)
    _draw_face(grid[0], pixels, "this face", expression.label)
    for axes, found in zip(grid[1:], neighbours, strict=True):
        where = "a copy of this image" if found.is_duplicate else f"distance {found.distance:.3g}"
        _draw_face(axes, found.pixels, found.label, f"{found.id}\n{where}")
    fig.suptitle(f"Nearest training faces by {feature}", fontsize=10)
    return save_figure(fig, path)


def _draw_face(axes: Any, pixels: Pixels | None, above: str, below: str) -> None:
    if pixels is None:
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axes.text(0.5, 0.5, "not shown", ha="center", va="center", fontsize=7, color="#888888")
    else:
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=255)
    axes.set(xticks=[], yticks=[])
    axes.set_title(above, fontsize=9)
    axes.set_xlabel(below, fontsize=7)
    axes.spines[:].set_color("#bbbbbb")
