"""Copies of images within a data set: the same pixels, nearly the same, or nearly the same in a mirror."""

import numpy as np
import pandas as pd
from scipy import fft, ndimage

from featfer.errors import DataError, ParameterError
from featfer.utils.cells import unescape_cell
from featfer.utils.files import open_regular
from featfer.utils.progress import bar

SIDE = 48        # pixels a side of the grey images that are compared
SHIFT = 4        # pixels by which one image may lie beside the other
ALIKE = 0.75     # correlation from which two images are copies; docs/splits.md shows pairs on both sides of it
BLUR = 4.0       # pixels, sigma: what is left of an image blurred so is light and shade, which faces share by chance
COARSE = 16      # pixels a side of what is compared first, each image with each
CANDIDATE = 0.8  # correlation there from which two images are looked at closely
BLOCK = 512      # images compared with all others at a time
FEW = 100        # images whose mean says little of what all have in common
KINDS = EXACT, NEAR, MIRRORED = ("exact", "near", "mirrored")
COLUMNS = ("id", "split", "copy", "copy_split", "kind", "correlation")


def find_duplicates(images, groups, splits):
    """Return for each image, and for each split in which it has copies, the one that is most alike.

    images: uint8 (n, 48, 48), or None to find exact copies alone; groups: int (n,), equal for images of the same content;
    splits: str (n,)

    A DataFrame with a line for each: row and copy (rows of images, int), copy_split, kind (of KINDS, the first that fits)
    and correlation, 1 for exact copies; ordered by row.
    """
    rows = pd.DataFrame({"row": np.arange(len(groups)), "group": groups, "split": splits})
    links = _links(images, rows.drop_duplicates("group"))
    targets = rows.groupby(["group", "split"]).head(2)  # two: an image is no copy of itself
    targets = targets.rename(columns={"row": "copy", "group": "other", "split": "copy_split"})
    found = rows.merge(links, on="group").merge(targets, on="other")
    found = found[found["row"] != found["copy"]].sort_values(["row", "kind", "correlation"], ascending=[True, True, False])
    found = found.drop_duplicates(["row", "copy_split"]).reset_index(drop=True)
    return found.astype({"kind": str})[["row", "copy", "copy_split", "kind", "correlation"]]


def _links(images, firsts):
    """Return which groups are copies of which, in both directions: group, other, kind, correlation."""
    groups = firsts["group"].to_numpy()
    parts = [(groups, groups, EXACT, np.ones(len(groups)))]
    if images is not None:
        distinct = images[firsts["row"]]
        for kind in (NEAR, MIRRORED):
            one, other, correlation = find_near_duplicates(distinct, mirrored=kind == MIRRORED)
            parts += [(groups[one], groups[other], kind, correlation), (groups[other], groups[one], kind, correlation)]
    links = pd.concat(pd.DataFrame(dict(zip(("group", "other", "kind", "correlation"), part, strict=True))) for part in parts)
    return links.astype({"kind": pd.CategoricalDtype(KINDS, ordered=True)})


def find_near_duplicates(images, mirrored=False):
    """Return pairs of images that are alike as (one, other, correlation): rows, int (pairs,) each, one < other, and float.

    images: uint8 (n, 48, 48), of different content; mirrored: one is alike the other seen in a mirror

    Each image is compared with each at 16x16, less what all have in common; what is alike there is compared again as it is,
    see `correlation`, and kept from ALIKE on. An image of one grey value is alike none.
    """
    coarse = _coarse(images)
    others = coarse[:, :, ::-1] if mirrored else coarse
    coarse, others = coarse.reshape(-1, COARSE**2), others.reshape(-1, COARSE**2)
    found = [(np.empty(0, int), np.empty(0, int), np.empty(0))]
    for start in bar(range(0, len(images), BLOCK), desc="mirrored copies" if mirrored else "near copies", unit=" blocks"):
        one, other = np.nonzero(coarse[start:start + BLOCK] @ others[start:].T > CANDIDATE)
        one, other = one[other > one] + start, other[other > one] + start
        seen = images[other, :, ::-1] if mirrored else images[other]
        alike = correlation(images[one], seen)
        kept = alike >= ALIKE
        found.append((one[kept], other[kept], alike[kept]))
    return tuple(map(np.concatenate, zip(*found, strict=True)))


def correlation(images, others):
    """Return how alike images are to others, pair by pair: float (n,), 1 for the same but for brightness and contrast.

    images, others: uint8 (n, 48, 48). Both less what a Gaussian blurs them to; then the normalised cross-correlation (Lewis
    1995) of the middle 40x40 of an image with the other, where it is highest within 4 pixels of the same place.
    """
    parts = np.array_split(np.arange(len(images)), -(-len(images) // BLOCK) or 1)
    return np.concatenate([_correlation(_sharp(images[part]), _sharp(others[part])) for part in parts])


def _correlation(images, others):
    inner, places = SIDE - 2 * SHIFT, 2 * SHIFT + 1
    middle = np.zeros_like(images)
    middle[:, :inner, :inner] = _centred(images[:, SHIFT:-SHIFT, SHIFT:-SHIFT])
    window = np.zeros((SIDE, SIDE), np.float32)
    window[:inner, :inner] = 1

    def under(spectra, template):  # sums of what lies under a template at each place
        return fft.irfft2(spectra * fft.rfft2(template).conj(), (SIDE, SIDE))[:, :places, :places]
    spectra = fft.rfft2(others)
    spread = under(fft.rfft2(others**2), window) - under(spectra, window)**2 / inner**2
    norms = np.sqrt((middle**2).sum(axis=(1, 2)))[:, None, None] * np.sqrt(np.maximum(spread, 0))
    flat = inner**2 * 0.01  # norms below come of a deviation of a tenth of a grey value: rounding
    return np.where(norms > flat, under(spectra, middle) / np.maximum(norms, flat), 0).max(axis=(1, 2))


def _coarse(images):
    """Return images at 16x16, less what all have in common, of zero mean and unit norm: float32 (n, 16, 16)."""
    step = SIDE // COARSE
    small = images.reshape(len(images), COARSE, step, COARSE, step).mean(axis=(2, 4), dtype=np.float32)
    small = _unit(_centred(small))
    return _unit(small - small.sum(axis=0) / (len(small) + FEW))


def _sharp(images):
    images = images.astype(np.float32)
    return images - ndimage.gaussian_filter(images, (0, BLUR, BLUR))


def _centred(images):
    return images - images.mean(axis=(1, 2), keepdims=True)


def _unit(images):
    norms = np.linalg.norm(images, axis=(1, 2), keepdims=True)
    return np.divide(images, norms, out=np.zeros_like(images), where=norms > 1e-3)


# -- leaving them out -------------------------------------------------------------------------------------------------

def drop_duplicates(table, split, copies=EXACT):
    """Return a FeatureTable without those images of a split that stand in its training split too.

    split: "val" or "test"; copies: "exact" leaves out images with the same pixels as a training image, the path of a table of
    copies those that it knows to have a near or mirrored copy there as well (see `read_duplicate_ids`)
    Raises ParameterError for train, DataError for what is no table of copies, or one of other images.
    """
    if split == "train":
        raise ParameterError("split 'train': its images are no copies of training images; give val or test")
    copied = table.find_train_duplicates(table)
    if copies != EXACT:
        ids = read_duplicate_ids(copies, split)
        named = np.isin(table.ids, list(ids))
        if ids and not named.any():
            raise DataError(f"{copies}: none of its images is in {table.source}, whose first is {table.ids[0]}; write the "
                            "table from the same source: `featfer data SOURCE --out DIR`")
        copied |= named
    return table.rows(~(copied & (table.splits == split)))


def read_duplicate_ids(path, split):
    """Return the names of a split's images that have a copy in train, of whatever kind, by a table of copies.

    path: of the copies.csv that `featfer data --out` writes. A set of str; raises DataError when it is no such table.
    """
    way_out = "`featfer data SOURCE --out DIR` writes one"
    try:
        with open_regular(path) as file:
            copies = pd.read_csv(file, dtype=str, keep_default_na=False, encoding_errors="surrogateescape")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a table of copies ({error}); {way_out}") from None
    missing = [name for name in COLUMNS if name not in copies]
    if missing:
        raise DataError(f"{path}: not a table of copies, it has no column {', '.join(missing)}; {way_out}")
    return set(copies.loc[(copies["split"] == split) & (copies["copy_split"] == "train"), "id"].map(unescape_cell))
