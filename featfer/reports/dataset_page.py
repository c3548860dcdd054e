"""The overview of a data set as sentences, tables and a page with pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from featfer.datasets.duplicates import MIRRORED, NEAR, SIDE
from featfer.errors import ParameterError
from featfer.reports.plots import draw_class_histogram, save_figure
from featfer.typing import Path as AnyPath
from featfer.typing import Pixels
from featfer.utils.cells import escape_cell
from featfer.utils.files import write_atomically, write_text
from featfer.utils.markdown import markdown_table
from featfer.utils.outputs import DUPLICATES, OVERVIEW, PICTURE, check_output, identify_files
from featfer.utils.words import count

if TYPE_CHECKING:
    from featfer.reports.dataset import Overview

Tile: TypeAlias = tuple[Pixels, str]
"""Images (k, 48, 48) beside each other, and the text above them."""

CALLED = {"exact": "the same pixels", "near": "nearly the same", "mirrored": "nearly the same, mirrored"}
PICTURES = ("classes.png", "conflicts.png", f"{NEAR}.png", f"{MIRRORED}.png", "odd.png")
MOST = 40  # most conflicts, or images without a face, in a picture


def make_tables(overview: Overview) -> list[tuple[list[str], list[list[Any]]]]:
    """Return the tables of an overview.

    Parameters
    ----------
    overview : Overview

    Returns
    -------
    list of tuple (list of str, list of list)
        Heads, and rows whose first cell is text and the others are int.
    """
    counts, splits = overview.count_classes(), overview.splits
    rows = [[name, *(counts[split][name] for split in splits)] for name in overview.classes]
    rows.append(["all", *(sum(counts[split].values()) for split in splits)])
    odd = [("of one grey value", "uniform"), ("unreadable", "unreadable"), ("no face found", "no_face")]
    for words, column in odd[:3 if overview.has_store else 2]:
        marked = overview.rows[overview.rows[column].astype(bool)]
        rows.append([words, *(int((marked["split"] == split).sum()) for split in splits)])
    counted = {kind: overview.count_duplicates(kind) for kind in overview.kinds}
    return [(["images", *splits], rows),
            (["images that have a copy in", *splits],
             [[f"{split}: {CALLED[kind]}", *(counted[kind][split][other] for other in splits)]
              for kind in overview.kinds for split in splits])]


def make_sentences(overview: Overview) -> list[str]:
    """Return the remarks of an overview that fit no table.

    Parameters
    ----------
    overview : Overview

    Returns
    -------
    list of str
    """
    groups = overview.find_groups()
    said = [*overview.remarks,
            f"{count(len(groups), 'group')} of exact copies, {count(sum(map(len, groups)), 'image')} in all; "
            f"groups with different labels: {len(overview.find_conflicts()):,}."]
    if NEAR in overview.kinds:
        said.append(f"{count(overview.count_disputed(NEAR), 'image has', 'images have')} a near copy with another label.")
    said += [f"Left out: {reason}" for reason in overview.skipped]
    return said + [f"{row.id}: {row.unreadable}" for row in overview.rows.itertuples() if row.unreadable]


def check_page(source: AnyPath, out: AnyPath) -> None:
    """Check, before any work, that the page can be written.

    Parameters
    ----------
    source : path
        The data set.
    out : path
        The folder of the page.

    Raises
    ------
    FeatferError
        When it cannot be written, or its pictures would become images of the data set.
    """
    if Path(source).is_dir() and Path(out).resolve().is_relative_to(Path(source).resolve()):
        raise ParameterError(f"out {out}: is in {source}, of whose images the pictures would be; name another folder")
    inputs = identify_files([source])
    for name, kind in {"overview.md": OVERVIEW, "copies.csv": DUPLICATES, **dict.fromkeys(PICTURES, PICTURE)}.items():
        check_output(Path(out) / name, kind, inputs)


def write_page(overview: Overview, out: AnyPath, pairs: int, command: str) -> list[Path]:
    """Write overview.md with its pictures, and copies.csv.

    Parameters
    ----------
    overview : Overview
    out : path
        The folder.
    pairs : int
        Most pairs of near duplicates to draw, least similar first.
    command : str
        The command that the page names.

    Returns
    -------
    list of Path
        The files written.
    """
    out = Path(out)
    pictures = list(_draw_pictures(overview, out, pairs))
    with write_atomically(out / "copies.csv", DUPLICATES) as file:
        duplicates = overview.duplicates_by_name().map(escape_cell)
        duplicates.to_csv(file, index=False, errors="surrogateescape")  # file names may hold any bytes
    parts = [f"# {overview.source}: {count(len(overview.rows), 'image')}", f"Made by\n\n```\n{command}\n```"]
    parts += [markdown_table(head, [[row[0], *(f"{cell:,}" for cell in row[1:])] for row in rows])
              for head, rows in make_tables(overview)]
    parts += ["\n".join(f"- {said}" for said in make_sentences(overview))]
    parts += [f"![{title}]({path.name})" for path, title in pictures]
    write_text(out / "overview.md", "\n\n".join(parts) + "\n", OVERVIEW)
    return [out / "overview.md", out / "copies.csv", *(path for path, _ in pictures)]


def _draw_pictures(overview: Overview, out: Path, pairs: int) -> Iterator[tuple[Path, str]]:
    """Draw the pictures; yield the path and title of each."""
    title = f"{overview.source}: images of each class"
    draw_class_histogram(overview.count_classes(), out / "classes.png", title)
    yield out / "classes.png", title
    galleries = {"conflicts": _collect_conflicts(overview), NEAR: _collect_pairs(overview, NEAR, pairs),
                 MIRRORED: _collect_pairs(overview, MIRRORED, pairs), "odd": _collect_odd(overview)}
    for name, (title, shown) in galleries.items():
        if shown:
            draw_tiles(shown, out / f"{name}.png", title)
            yield out / f"{name}.png", title


def _collect_conflicts(overview: Overview) -> tuple[str, list[Tile]]:
    labels, found = overview.rows["label"].to_numpy(), overview.find_conflicts()
    shown = [(overview.images[rows[:1]], ", ".join(dict.fromkeys(labels[rows]))) for rows in found[:MOST]]
    return f"{len(shown)} of {len(found):,} images that stand here with different labels", shown


def _collect_pairs(overview: Overview, kind: str, most: int) -> tuple[str, list[Tile]]:
    labels, splits = overview.rows["label"].to_numpy(), overview.rows["split"].to_numpy()
    duplicates = overview.duplicates
    found = duplicates[(duplicates["kind"] == kind) & (duplicates["row"] < duplicates["copy"])]
    chosen = found.sort_values("correlation")[:most][["row", "copy", "correlation"]].itertuples(index=False)
    shown = [(overview.images[[row, copy]], f"{correlation:.3f}\n{splits[row]} {labels[row]}, {splits[copy]} {labels[copy]}")
             for row, copy, correlation in chosen]
    return f"{CALLED[kind].capitalize()}: {len(shown)} of {len(found):,} pairs, those least alike", shown


def _collect_odd(overview: Overview) -> tuple[str, list[Tile]]:
    labels, splits = overview.rows["label"].to_numpy(), overview.rows["split"].to_numpy()
    found = np.flatnonzero(overview.rows["uniform"] | overview.rows["no_face"])
    chosen = found[np.linspace(0, len(found) - 1, min(len(found), MOST)).astype(int)]
    return (f"{len(chosen)} of {len(found):,} images without a face that was found",
            [(overview.images[[row]], f"{splits[row]}\n{labels[row]}") for row in chosen])


def draw_tiles(shown: Sequence[Tile], path: AnyPath, title: str) -> Figure:
    """Draw groups of images with a text above each.

    Parameters
    ----------
    shown : list of tuple (ndarray of uint8 (k, 48, 48), str)
        k is the same for all; texts have two lines at most.
    path : path
        The PNG file.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    count = len(shown[0][0])
    columns, step, high = min(len(shown), 10 // count), SIDE * count + 10, SIDE + 22  # in pixels of an image
    rows = -(-len(shown) // columns)
    width, height = columns * step, rows * high + 14
    fig = Figure(figsize=(max(width / 52, 6), height / 52))
    FigureCanvasAgg(fig)
    axes = fig.add_axes((0, 0, 1, 1), xlim=(0, max(width, 312)), ylim=(height, 0))
    axes.set_axis_off()
    axes.text(4, 10, title, fontsize=10)
    for number, (images, words) in enumerate(shown):
        left, top = number % columns * step + 4, number // columns * high + 34
        axes.imshow(np.hstack(list(images)), cmap="gray", vmin=0, vmax=255, extent=(left, left + SIDE * count, top + SIDE, top))
        lines = [line for part in words.split("\n") for line in wrap(part, 20 * count)]
        axes.text(left, top - 2, "\n".join(lines[:2]), fontsize=7, va="bottom")
    axes.set(xlim=(0, max(width, 312)), ylim=(height, 0))
    return save_figure(fig, path)
