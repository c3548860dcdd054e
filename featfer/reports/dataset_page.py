"""The Overview of a data set -> sentences and tables, a page with pictures, and the table of its copies."""

from pathlib import Path
from textwrap import wrap

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from featfer.datasets.duplicates import MIRRORED, NEAR, SIDE
from featfer.errors import ParameterError
from featfer.reports.plots import class_histogram, save_figure
from featfer.utils.cells import escape_cell
from featfer.utils.files import write_atomically, write_text
from featfer.utils.markdown import markdown_table
from featfer.utils.outputs import DUPLICATES, OVERVIEW, PICTURE, check_output, identities

CALLED = {"exact": "the same pixels", "near": "nearly the same", "mirrored": "nearly the same, mirrored"}
PICTURES = ("classes.png", "conflicts.png", f"{NEAR}.png", f"{MIRRORED}.png", "odd.png")
MOST = 40  # conflicts, and images without a face, in a picture


def tables(overview):
    """Return what a data set holds as tables: list of (head, rows), cells str or int, the first column words."""
    counts, splits = overview.counts(), overview.splits
    rows = [[name, *(counts[split][name] for split in splits)] for name in overview.classes]
    rows.append(["all", *(sum(counts[split].values()) for split in splits)])
    odd = [("of one grey value", "uniform"), ("unreadable", "unreadable"), ("no face found", "no_face")]
    for words, column in odd[:3 if overview.has_store else 2]:
        marked = overview.rows[overview.rows[column].astype(bool)]
        rows.append([words, *(int((marked["split"] == split).sum()) for split in splits)])
    copied = {kind: overview.count_duplicates(kind) for kind in overview.sought}
    return [(["images", *splits], rows),
            (["images that have a copy in", *splits],
             [[f"{split}: {CALLED[kind]}", *(copied[kind][split][other] for other in splits)]
              for kind in overview.sought for split in splits])]


def sentences(overview):
    """Return what else there is to say, a list of str."""
    groups = overview.groups()
    said = [*overview.taken, f"{len(groups):,} groups of exact copies, {sum(map(len, groups)):,} images in all; "
            f"{len(overview.conflicts()):,} of the groups have different labels."]
    if NEAR in overview.sought:
        said.append(f"{overview.disputed(NEAR):,} images have a near copy with another label.")
    said += [f"Left out: {reason}" for reason in overview.skipped]
    return said + [f"{row.id}: {row.unreadable}" for row in overview.rows.itertuples() if row.unreadable]


def check_page(source, out):
    """Raise FeatferError, before any work, where the page on a source cannot be written to a folder, or would be taken for its
    images."""
    if Path(source).is_dir() and Path(out).resolve().is_relative_to(Path(source).resolve()):
        raise ParameterError(f"out {out}: is in {source}, of whose images the pictures would be; name another folder")
    inputs = identities([source])
    for name, kind in {"overview.md": OVERVIEW, "copies.csv": DUPLICATES, **dict.fromkeys(PICTURES, PICTURE)}.items():
        check_output(Path(out) / name, kind, inputs)


def write_page(overview, out, pairs, command):
    """Write overview.md with its pictures and copies.csv to a folder; return the paths written.

    pairs: how many near copies are drawn, those first that are least alike; command: what made it, to be printed
    """
    out = Path(out)
    pictures = list(_pictures(overview, out, pairs))
    with write_atomically(out / "copies.csv", DUPLICATES) as file:
        copies = overview.duplicates_by_name().map(escape_cell)
        copies.to_csv(file, index=False, errors="surrogateescape")  # names of files, as they are
    parts = [f"# {overview.source}: {len(overview.rows):,} images", f"Made by\n\n```\n{command}\n```"]
    parts += [markdown_table(head, [[row[0], *(f"{cell:,}" for cell in row[1:])] for row in rows])
              for head, rows in tables(overview)]
    parts += ["\n".join(f"- {said}" for said in sentences(overview))]
    parts += [f"![{title}]({path.name})" for path, title in pictures]
    write_text(out / "overview.md", "\n\n".join(parts) + "\n", OVERVIEW)
    return [out / "overview.md", out / "copies.csv", *(path for path, _ in pictures)]


def _pictures(overview, out, pairs):
    """Draw what there is to see; yield (path, title) of each picture."""
    title = f"{overview.source}: images of each class"
    class_histogram(overview.counts(), out / "classes.png", title)
    yield out / "classes.png", title
    galleries = {"conflicts": _conflicts(overview), **{kind: _pairs(overview, kind, pairs) for kind in (NEAR, MIRRORED)},
                 "odd": _odd(overview)}
    for name, (title, shown) in galleries.items():
        if shown:
            tiles(shown, out / f"{name}.png", title)
            yield out / f"{name}.png", title


def _conflicts(overview):
    labels, found = overview.rows["label"].to_numpy(), overview.conflicts()
    shown = [(overview.images[rows[:1]], ", ".join(dict.fromkeys(labels[rows]))) for rows in found[:MOST]]
    return f"{len(shown)} of {len(found):,} images that stand here with different labels", shown


def _pairs(overview, kind, most):
    labels, splits = overview.rows["label"].to_numpy(), overview.rows["split"].to_numpy()
    duplicates = overview.duplicates
    found = duplicates[(duplicates["kind"] == kind) & (duplicates["row"] < duplicates["copy"])]
    chosen = found.sort_values("correlation")[:most][["row", "copy", "correlation"]].itertuples(index=False)
    shown = [(overview.images[[row, copy]], f"{alike:.3f}\n{splits[row]} {labels[row]}, {splits[copy]} {labels[copy]}")
             for row, copy, alike in chosen]
    return f"{CALLED[kind].capitalize()}: {len(shown)} of {len(found):,} pairs, those least alike", shown


def _odd(overview):
    labels, splits = overview.rows["label"].to_numpy(), overview.rows["split"].to_numpy()
    found = np.flatnonzero(overview.rows["uniform"] | overview.rows["no_face"])
    chosen = found[np.linspace(0, len(found) - 1, min(len(found), MOST)).astype(int)]
    return (f"{len(chosen)} of {len(found):,} images without a face that was found",
            [(overview.images[[row]], f"{splits[row]}\n{labels[row]}") for row in chosen])


def tiles(shown, path, title):
    """Draw images, each with the next of its own beside it and words over them, to a PNG file.

    shown: list of (uint8 (k, 48, 48), text of two lines at most), k the same for all. Returns the Figure.
    """
    across = len(shown[0][0])
    columns, step, high = min(len(shown), 10 // across), SIDE * across + 10, SIDE + 22  # in pixels of an image
    rows = -(-len(shown) // columns)
    width, height = columns * step, rows * high + 14
    fig = Figure(figsize=(max(width / 52, 6), height / 52))
    FigureCanvasAgg(fig)
    axes = fig.add_axes((0, 0, 1, 1), xlim=(0, max(width, 312)), ylim=(height, 0))
    axes.set_axis_off()
    axes.text(4, 10, title, fontsize=10)
    for number, (images, words) in enumerate(shown):
        left, top = number % columns * step + 4, number // columns * high + 34
        axes.imshow(np.hstack(images), cmap="gray", vmin=0, vmax=255, extent=(left, left + SIDE * across, top + SIDE, top))
        lines = [line for part in words.split("\n") for line in wrap(part, 20 * across)]
        axes.text(left, top - 2, "\n".join(lines[:2]), fontsize=7, va="bottom")
    axes.set(xlim=(0, max(width, 312)), ylim=(height, 0))
    return save_figure(fig, path)
