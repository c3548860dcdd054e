"""An overview of a data set: what each split holds, and which images occur more than once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from featfer.datasets import find_dataset
from featfer.datasets.describing import describe
from featfer.datasets.duplicates import COLUMNS, EXACT, KINDS, SIDE, find_duplicates
from featfer.datasets.faceset import SPLITS, FaceSet, relabel
from featfer.errors import DataError, StoreError
from featfer.faces import FAINT, FOUND
from featfer.images.pixels import resize, to_grey
from featfer.labels import find_labels
from featfer.store.store import Store
from featfer.typing import Mask, Path, Pixels, Strings
from featfer.utils.progress import bar

UNSPLIT = "all"  # the name for images without a split
UNKNOWN = "unlabelled"


@dataclass(frozen=True)
class Overview:
    """What a data set holds.

    Attributes
    ----------
    source : str
        Its name.
    images : ndarray of uint8, shape (n, 48, 48)
        Each image, grey and resized.
    rows : DataFrame
        A row for each image: id, split, label (a class's name), group (equal for equal content), unreadable (the reason, or
        ""), uniform (a single grey value), no_face (none was found; False without a store).
    duplicates : DataFrame
        From `featfer.datasets.duplicates.find_duplicates`.
    skipped : list of str
        Bad rows that were skipped.
    classes, splits : list of str
        In order.
    kinds : tuple of str
        The kinds of duplicates that were searched for.
    has_store : bool
        Whether `no_face` is known.
    seconds : float
        The time it took.
    remarks : tuple of str
        How the source was interpreted.
    """

    source: str
    images: Pixels
    rows: pd.DataFrame
    duplicates: pd.DataFrame
    skipped: list[str]
    classes: list[str]
    splits: list[str]
    kinds: tuple[str, ...]
    has_store: bool
    seconds: float
    remarks: tuple[str, ...] = ()

    def count_classes(self) -> dict[str, dict[str, int]]:
        """Count the images of each class in each split.

        Returns
        -------
        dict
            {split: {class: int}}
        """
        found = self.rows.groupby(["split", "label"]).size()
        return {split: {name: int(found.get((split, name), 0)) for name in self.classes} for split in self.splits}

    def count_duplicates(self, kind: str) -> dict[str, dict[str, int]]:
        """Count the images of each split that have a duplicate in each split.

        Images with a closer duplicate in that split are not counted.

        Parameters
        ----------
        kind : {"exact", "near", "mirrored"}

        Returns
        -------
        dict
            {split: {copy_split: int}}
        """
        ours = self.duplicates[self.duplicates["kind"] == kind]
        found = ours.groupby([self.rows["split"].to_numpy()[ours["row"]], ours["copy_split"].to_numpy()]).size()
        return {split: {other: int(found.get((split, other), 0)) for other in self.splits} for split in self.splits}

    def find_groups(self) -> list[list[int]]:
        """Return the groups of exact duplicates.

        Returns
        -------
        list of list of int
            Rows.
        """
        shared = self.rows[self.rows.duplicated("group", keep=False)]
        return [rows.tolist() for rows in shared.groupby("group", sort=True).groups.values()]

    def find_conflicts(self) -> list[list[int]]:
        """Return the groups of exact duplicates with different labels.

        Returns
        -------
        list of list of int
            Rows.
        """
        labels = self.rows["label"].to_numpy()
        return [rows for rows in self.find_groups() if len({*labels[rows]} - {UNKNOWN}) > 1]

    def count_disputed(self, kind: str) -> int:
        """Count the images that have a duplicate with another label.

        Parameters
        ----------
        kind : {"exact", "near", "mirrored"}

        Returns
        -------
        int
        """
        labels, ours = self.rows["label"].to_numpy(), self.duplicates[self.duplicates["kind"] == kind]
        one, other = labels[ours["row"]], labels[ours["copy"]]
        return ours["row"][(one != other) & (one != UNKNOWN) & (other != UNKNOWN)].nunique()

    def duplicates_by_name(self) -> pd.DataFrame:
        """Return the duplicates with the ids of images instead of row numbers.

        Returns
        -------
        DataFrame
            id, split, copy, copy_split, kind, correlation.
        """
        ids, splits = self.rows["id"].to_numpy(), self.rows["split"].to_numpy()
        found = self.duplicates
        named = found.assign(id=ids[found["row"]], split=splits[found["row"]], copy=ids[found["copy"]],
                             correlation=found["correlation"].round(4))
        return named[list(COLUMNS)]

    def as_dict(self) -> dict[str, Any]:
        """Return the overview as plain data for JSON."""
        ids = self.rows["id"]
        exact = {"groups": len(self.find_groups()), "images": sum(map(len, self.find_groups())),
                 "conflicts": [{"images": ids[rows].tolist(), "labels": self.rows["label"][rows].tolist()}
                               for rows in self.find_conflicts()]}
        duplicates = {kind: {"by_split": self.count_duplicates(kind), "images_with_another_label": self.count_disputed(kind)}
                      for kind in self.kinds}
        duplicates[EXACT] = {**exact, **duplicates[EXACT]}
        return {"source": self.source, "taken_for": list(self.remarks), "images": len(self.rows),
                "classes": self.count_classes(), "copies": duplicates, "uniform": ids[self.rows["uniform"]].tolist(),
                "skipped": self.skipped,
                "unreadable": dict(self.rows.loc[self.rows["unreadable"] != "", ["id", "unreadable"]].to_numpy().tolist()),
                "no_face": ids[self.rows["no_face"]].tolist() if self.has_store else None, "seconds": round(self.seconds, 1)}


def inspect_dataset(source: Path, near: bool = True, store: Path | None = None, labels: Path | None = None,
                    codes: str | None = None) -> Overview:
    """Inspect a data set; bad rows and unreadable images are listed, not refused.

    Parameters
    ----------
    source : path
    near : bool
        Look for near and mirrored duplicates too, which compares all pairs of images.
    store : path, optional
        A store that the data set was extracted to, to find images without a face.
    labels : str or path, optional
        The label set to map labels to, as for `featfer.labels.find_labels`.
    codes : str, optional
        As for `featfer.datasets.find_dataset`.

    Returns
    -------
    Overview

    Raises
    ------
    DataError, StoreError, ParameterError
        When there is no such data set or store; when there is no mapping to `labels`.
    """
    start = time.perf_counter()
    faceset = find_dataset(source, codes).load(source, skip_bad=True)
    remarks = describe(str(source), vars(faceset), faceset.label_set, faceset.labels, faceset.splits)
    faceset = relabel(faceset, find_labels(labels)) if labels else faceset
    no_face = _find_images_without_face(store, faceset) if store else np.zeros(len(faceset), bool)
    images, reasons = _read_images(faceset.images, faceset.keys.tolist())
    names = np.array([*(faceset.label_set.names if faceset.label_set else ()), UNKNOWN])  # the last is that of -1
    rows = _describe_rows(faceset, names, images, reasons, no_face)
    splits = rows["split"].to_numpy()
    duplicates = find_duplicates(images if near else None, rows["group"].to_numpy(), splits)
    classes = [name for name in names.tolist() if name != UNKNOWN or (faceset.labels < 0).any()]
    order = [split for split in (*SPLITS, UNSPLIT) if (splits == split).any()]
    return Overview(faceset.name or faceset.path.name, images, rows, duplicates, faceset.skipped, classes, order,
                    KINDS if near else (EXACT,), bool(store), time.perf_counter() - start, tuple(remarks))


def _describe_rows(faceset: FaceSet, names: Strings, images: Pixels, reasons: Strings, no_face: Mask) -> pd.DataFrame:
    """Return the rows of an Overview."""
    return pd.DataFrame({
        "id": faceset.ids, "split": np.where(faceset.splits == "", UNSPLIT, faceset.splits), "label": names[faceset.labels],
        "group": pd.factorize(faceset.keys)[0], "unreadable": reasons,
        "uniform": (images.min(axis=(1, 2)) == images.max(axis=(1, 2))) & (reasons == ""), "no_face": no_face})


def _read_images(references: Sequence[Any], keys: Sequence[str]) -> tuple[Pixels, Strings]:
    """Return images, uint8 (n, 48, 48), grey, and why each cannot be read, str (n,); those are black."""
    images, reasons = np.zeros((len(references), SIDE, SIDE), np.uint8), []
    for image, reference, key in zip(images, bar(references, desc="reading images", unit=" images"), keys, strict=True):
        try:
            image[:] = resize(to_grey(reference.read(key)), SIDE, SIDE)
            reasons.append("")
        except DataError as error:
            reasons.append(str(error))
    return images, np.array(reasons, str)


def _find_images_without_face(store: Path, faceset: FaceSet) -> Mask:
    """Return in which images no face was found, bool (n,), from any feature that a store has for all of them."""
    held = Store(store)
    for key in held.fingerprints() if held.source(faceset.digest) else ():
        try:
            faces = held.faces(key, faceset.digest)
        except StoreError:  # not complete
            continue
        return ~np.isin(faceset.ids, faces.loc[faces["status"].isin([FOUND, FAINT]), "id"])
    raise StoreError(f"{store}: holds no feature of all images of {faceset.path.name}; `featfer extract {faceset.path} --store "
                     f"{store}` first")
