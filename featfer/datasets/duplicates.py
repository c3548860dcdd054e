"""Find duplicates within a data set: images with the same pixels, nearly the same, or nearly the same when mirrored."""

from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import fft, ndimage

from featfer.errors import DataError, ParameterError
from featfer.typing import Floats, Integers, Pixels, Strings
from featfer.typing import Path as AnyPath
from featfer.utils.cells import unescape_cell
from featfer.utils.files import open_regular
from featfer.utils.progress import bar

SIDE = 48        # pixels; images are compared at this size, in grey
SHIFT = 4        # pixels by which one image may be shifted against the other
ALIKE = 0.75     # correlation from which two images are duplicates; docs/splits.md shows pairs on both sides of it
BLUR = 4.0       # pixels, sigma: blurring leaves only light and shade, in which faces agree by chance
COARSE = 16      # pixels; the size at which every image is compared with every other first
CANDIDATE = 0.8  # correlation at that size from which two images are compared in full
BLOCK = 512      # images that are compared with all others at a time
FEW = 100        # images; the mean of fewer says little about what all have in common
KINDS = EXACT, NEAR, MIRRORED = ("exact", "near", "mirrored")
COLUMNS = ("id", "split", "copy", "copy_split", "kind", "correlation")

Table = TypeVar("Table", bound=Any)  # a FeatureTable


def find_duplicates(images: Pixels | None, groups: Integers, splits: Strings) -> pd.DataFrame:
    """Find for each image its most similar duplicate in each split.

    Parameters
    ----------
    images : ndarray of uint8, (n, 48, 48), or None
        Grey; None to find exact duplicates only.
    groups : ndarray of int, (n,)
        Equal for images of the same content.
    splits : ndarray of str, (n,)

    Returns
    -------
    DataFrame
        A line for each image and split with a duplicate, ordered by row: row and copy (indices of the two images), copy_split,
        kind (the first of KINDS that fits) and correlation (1 for exact duplicates).
    """
    rows = pd.DataFrame({"row": np.arange(len(groups)), "group": groups, "split": splits})
    links = _link_groups(images, rows.drop_duplicates("group"))
    targets = rows.groupby(["group", "split"]).head(2)  # two, because an image is no duplicate of itself
    targets = targets.rename(columns={"row": "copy", "group": "other", "split": "copy_split"})
    found = rows.merge(links, on="group").merge(targets, on="other")
    found = found[found["row"] != found["copy"]].sort_values(["row", "kind", "correlation"], ascending=[True, True, False])
    found = found.drop_duplicates(["row", "copy_split"]).reset_index(drop=True)
    return found.astype({"kind": str})[["row", "copy", "copy_split", "kind", "correlation"]]


def _link_groups(images: Pixels | None, firsts: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of groups that are duplicates, in both directions: group, other, kind, correlation."""
    groups = firsts["group"].to_numpy()
    parts: list[tuple[Any, ...]] = [(groups, groups, EXACT, np.ones(len(groups)))]
    if images is not None:
        distinct = images[firsts["row"]]
        for kind in (NEAR, MIRRORED):
            one, other, similarity = find_near_duplicates(distinct, mirrored=kind == MIRRORED)
            parts += [(groups[one], groups[other], kind, similarity), (groups[other], groups[one], kind, similarity)]
    links = pd.concat(pd.DataFrame(dict(zip(("group", "other", "kind", "correlation"), part, strict=True))) for part in parts)
    return links.astype({"kind": pd.CategoricalDtype(KINDS, ordered=True)})


def find_near_duplicates(images: Pixels, mirrored: bool = False) -> tuple[Integers, Integers, Floats]:
    """Find pairs of similar images.

    Parameters
    ----------
    images : ndarray of uint8, (n, 48, 48)
        Grey, all of different content.
    mirrored : bool, optional
        Find images that resemble the mirror image of another.

    Returns
    -------
    one, other : ndarray of int, (pairs,)
        Indices of images; one < other.
    correlation : ndarray of float, (pairs,)

    Notes
    -----
    All images are compared at 16x16 pixels, minus their common mean. Similar pairs are compared again with `correlate` and
    kept if they reach ALIKE. An image of one grey value resembles no other.
    """
    coarse = _shrink(images)
    others = coarse[:, :, ::-1] if mirrored else coarse
    coarse, others = coarse.reshape(-1, COARSE**2), others.reshape(-1, COARSE**2)
    found: list[tuple[Any, ...]] = [(np.empty(0, int), np.empty(0, int), np.empty(0))]
    for start in bar(range(0, len(images), BLOCK), desc="mirrored copies" if mirrored else "near copies", unit=" blocks"):
        one, other = np.nonzero(coarse[start:start + BLOCK] @ others[start:].T > CANDIDATE)
        one, other = one[other > one] + start, other[other > one] + start
        seen = images[other, :, ::-1] if mirrored else images[other]
        alike = correlate(images[one], seen)
        kept = alike >= ALIKE
        found.append((one[kept], other[kept], alike[kept]))
    one, other, correlation = map(np.concatenate, zip(*found, strict=True))
    return one, other, correlation


def correlate(images: Pixels, others: Pixels) -> Floats:
    """Compute how similar images are, pair by pair.

    Parameters
    ----------
    images, others : ndarray of uint8, (n, 48, 48)

    Returns
    -------
    ndarray of float, (n,)
        1 for images that differ only in brightness and contrast.

    Notes
    -----
    The normalised cross-correlation (Lewis 1995, "Fast normalized cross-correlation") of the middle 40x40 pixels of an image
    with the other, at the best shift of up to 4 pixels, after subtracting a Gaussian blur from both.
    """
    parts = np.array_split(np.arange(len(images)), -(-len(images) // BLOCK) or 1)
    return np.concatenate([_correlate(_sharpen(images[part]), _sharpen(others[part])) for part in parts])


def _correlate(images: Floats, others: Floats) -> Floats:
    inner = SIDE - 2 * SHIFT
    middle = np.zeros_like(images)
    middle[:, :inner, :inner] = _centre(images[:, SHIFT:-SHIFT, SHIFT:-SHIFT])
    window = np.zeros((SIDE, SIDE), np.float32)
    window[:inner, :inner] = 1
    spectra = fft.rfft2(others)
    variation = _sum_under(fft.rfft2(others**2), window) - _sum_under(spectra, window)**2 / inner**2
    norms = np.sqrt((middle**2).sum(axis=(1, 2)))[:, None, None] * np.sqrt(np.maximum(variation, 0))
    flat = inner**2 * 0.01  # smaller norms mean a deviation of a tenth of a grey value: rounding
    return np.where(norms > flat, _sum_under(spectra, middle) / np.maximum(norms, flat), 0).max(axis=(1, 2))


def _sum_under(spectra: NDArray[Any], template: Floats) -> Floats:
    """Return the sums of images, weighted by a template, at each shift: (n, 9, 9), from the spectra of the images."""
    shifts = 2 * SHIFT + 1
    return fft.irfft2(spectra * fft.rfft2(template).conj(), (SIDE, SIDE))[:, :shifts, :shifts]


def _shrink(images: Pixels) -> Floats:
    """Return images at 16x16, minus their common mean, with zero mean and unit norm: float32 (n, 16, 16)."""
    step = SIDE // COARSE
    small = images.reshape(len(images), COARSE, step, COARSE, step).mean(axis=(2, 4), dtype=np.float32)
    small = _normalize(_centre(small))
    return _normalize(small - small.sum(axis=0) / (len(small) + FEW))


def _sharpen(images: Pixels) -> Floats:
    images = images.astype(np.float32)
    return images - ndimage.gaussian_filter(images, (0, BLUR, BLUR))


def _centre(images: Floats) -> Floats:
    return images - images.mean(axis=(1, 2), keepdims=True)


def _normalize(images: Floats) -> Floats:
    norms = np.linalg.norm(images, axis=(1, 2), keepdims=True)
    return np.divide(images, norms, out=np.zeros_like(images), where=norms > 1e-3)


# -- leaving them out -------------------------------------------------------------------------------------------------

def drop_duplicates(table: Table, split: str, duplicates: AnyPath = EXACT) -> Table:
    """Remove the images of a split that have a duplicate in the training split.

    Parameters
    ----------
    table : FeatureTable
    split : {"val", "test"}
    duplicates : "exact" or path, optional
        "exact" removes images with the same pixels as a training image. The path of the copies.csv that
        `featfer data --out` writes also removes those with a near or mirrored duplicate.

    Returns
    -------
    FeatureTable

    Raises
    ------
    ParameterError
        For the split train.
    DataError
        When the file is no table of duplicates, or one of other images.
    """
    if split == "train":
        raise ParameterError("split 'train': its images are no copies of training images; give val or test")
    has_duplicate = table.find_train_duplicates(table)
    if duplicates != EXACT:
        ids = read_duplicate_ids(duplicates, split)
        is_listed = np.isin(table.ids, list(ids))
        if ids and not is_listed.any():
            raise DataError(f"{duplicates}: none of its images is in {table.source}, whose first is {table.ids[0]}; write the "
                            "table from the same source: `featfer data SOURCE --out DIR`")
        has_duplicate |= is_listed
    return table.rows(~(has_duplicate & (table.splits == split)))


def read_duplicate_ids(path: AnyPath, split: str) -> set[str]:
    """Read which images of a split have a duplicate of any kind in the training split.

    Parameters
    ----------
    path : path
        Of the copies.csv that `featfer data --out` writes.
    split : str

    Returns
    -------
    set of str
        Names of images.

    Raises
    ------
    DataError
        When it is no such table.
    """
    way_out = "`featfer data SOURCE --out DIR` writes one"
    try:
        with open_regular(path) as file:
            found = pd.read_csv(file, dtype=object, keep_default_na=False, encoding_errors="surrogateescape")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a table of copies ({error}); {way_out}") from None
    missing = [name for name in COLUMNS if name not in found]
    if missing:
        raise DataError(f"{path}: not a table of copies, it has no column {', '.join(missing)}; {way_out}")
    return set(map(unescape_cell, found.loc[(found["split"] == split) & (found["copy_split"] == "train"), "id"]))
