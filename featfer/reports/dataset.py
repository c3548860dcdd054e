"""A data set at a glance: what each split holds, and which images stand in it more than once."""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from featfer.datasets import find_dataset
from featfer.datasets.describing import describe
from featfer.datasets.duplicates import COLUMNS, EXACT, KINDS, SIDE, find_duplicates
from featfer.datasets.faceset import SPLITS, relabel
from featfer.errors import DataError, StoreError
from featfer.faces import FOUND
from featfer.images.pixels import resize, to_grey
from featfer.labels import find_labels
from featfer.store.store import Store
from featfer.utils.progress import bar

UNSPLIT = "all"  # how images without a split are called
UNKNOWN = "unlabelled"


@dataclass(frozen=True)
class Overview:
    """What is in a data set.

    source: its name; images: uint8 (n, 48, 48), each image grey and resized
    rows: a DataFrame of n lines: id, split, label (a class's name), group (equal for images of the same content), unreadable
    (why; "" where it can be read), uniform (of one grey value) and no_face (none was found; all False without a store)
    duplicates: a DataFrame as `find_duplicates` returns it; skipped: bad rows that are left out
    classes, splits: names, in order; sought: the kinds of duplicates looked for; has_store: whether faces were counted
    seconds: that it took; taken: what the source was taken for, sentences
    """

    source: str
    images: np.ndarray
    rows: pd.DataFrame
    duplicates: pd.DataFrame
    skipped: list
    classes: list
    splits: list
    sought: tuple
    has_store: bool
    seconds: float
    taken: tuple = ()

    def counts(self):
        """Return how many images each split has of each class: {split: {class: int}}."""
        found = self.rows.groupby(["split", "label"]).size()
        return {split: {name: int(found.get((split, name), 0)) for name in self.classes} for split in self.splits}

    def count_duplicates(self, kind):
        """Return how many images of a split have a duplicate in a split, {split: {copy_split: int}}; only those of which
        nothing that is more alike stands there."""
        ours = self.duplicates[self.duplicates["kind"] == kind]
        found = ours.groupby([self.rows["split"].to_numpy()[ours["row"]], ours["copy_split"].to_numpy()]).size()
        return {split: {other: int(found.get((split, other), 0)) for other in self.splits} for split in self.splits}

    def groups(self):
        """Return the images of each group of exact copies, a list of lists of rows."""
        shared = self.rows[self.rows.duplicated("group", keep=False)]
        return [rows.tolist() for rows in shared.groupby("group", sort=True).groups.values()]

    def conflicts(self):
        """Return those groups of exact copies whose images have different labels."""
        labels = self.rows["label"].to_numpy()
        return [rows for rows in self.groups() if len({*labels[rows]} - {UNKNOWN}) > 1]

    def disputed(self, kind):
        """Return how many images have a copy of this kind with another label."""
        labels, ours = self.rows["label"].to_numpy(), self.duplicates[self.duplicates["kind"] == kind]
        one, other = labels[ours["row"]], labels[ours["copy"]]
        return ours["row"][(one != other) & (one != UNKNOWN) & (other != UNKNOWN)].nunique()

    def duplicates_by_name(self):
        """Return the duplicates with names for rows: a DataFrame of id, split, copy, copy_split, kind, correlation."""
        ids, splits = self.rows["id"].to_numpy(), self.rows["split"].to_numpy()
        found = self.duplicates
        named = found.assign(id=ids[found["row"]], split=splits[found["row"]], copy=ids[found["copy"]],
                             correlation=found["correlation"].round(4))
        return named[list(COLUMNS)]

    def as_dict(self):
        """Return it as plain data for JSON."""
        ids = self.rows["id"]
        exact = {"groups": len(self.groups()), "images": sum(map(len, self.groups())),
                 "conflicts": [{"images": ids[rows].tolist(), "labels": self.rows["label"][rows].tolist()}
                               for rows in self.conflicts()]}
        copies = {kind: {"by_split": self.count_duplicates(kind), "images_with_another_label": self.disputed(kind)}
                  for kind in self.sought}
        copies[EXACT] = {**exact, **copies[EXACT]}
        return {"source": self.source, "taken_for": list(self.taken), "images": len(self.rows), "classes": self.counts(),
                "copies": copies, "uniform": ids[self.rows["uniform"]].tolist(), "skipped": self.skipped,
                "unreadable": dict(self.rows.loc[self.rows["unreadable"] != "", ["id", "unreadable"]].to_numpy().tolist()),
                "no_face": ids[self.rows["no_face"]].tolist() if self.has_store else None, "seconds": round(self.seconds, 1)}


def inspect_dataset(source, near=True, store=None, labels=None, codes=None):
    """Return the Overview of a data set.

    source: path of a data set; near: look for near and mirrored copies too, which compares each image with each
    store: path of a store that it was extracted to, to tell where no face was found. Raises DataError or StoreError where
    there is none; bad rows and unreadable images are listed.
    codes: whose numbers its labels are, as find_dataset takes it
    labels: those to turn its own into, as featfer.labels.find_labels takes them; raises ParameterError without a map to them
    """
    start = time.perf_counter()
    faceset = find_dataset(source, codes).load(source, skip_bad=True)
    taken = describe(source, vars(faceset), faceset.label_set, faceset.labels, faceset.splits)
    faceset = relabel(faceset, find_labels(labels)) if labels else faceset
    no_face = _without_face(store, faceset) if store else np.zeros(len(faceset), bool)
    images, reasons = _pixels(faceset.images, faceset.keys.tolist())
    splits = np.where(faceset.splits == "", UNSPLIT, faceset.splits)
    names = np.array([*(faceset.label_set.names if faceset.label_set else ()), UNKNOWN])  # the last: of -1
    rows = pd.DataFrame({
        "id": faceset.ids, "split": splits, "label": names[faceset.labels], "group": pd.factorize(faceset.keys)[0],
        "unreadable": reasons, "uniform": (images.min(axis=(1, 2)) == images.max(axis=(1, 2))) & (reasons == ""),
        "no_face": no_face})
    copies = find_duplicates(images if near else None, rows["group"].to_numpy(), splits)
    classes = [name for name in names.tolist() if name != UNKNOWN or (faceset.labels < 0).any()]
    order = [split for split in (*SPLITS, UNSPLIT) if (splits == split).any()]
    return Overview(faceset.name or faceset.path.name, images, rows, copies, faceset.skipped, classes, order,
                    KINDS if near else (EXACT,), bool(store), time.perf_counter() - start, tuple(taken))


def _pixels(references, keys):
    """Return images as uint8 (n, 48, 48), grey, and why each cannot be read, str (n,); those are black."""
    images, reasons = np.zeros((len(references), SIDE, SIDE), np.uint8), []
    for image, reference, key in zip(images, bar(references, desc="reading images", unit=" images"), keys, strict=True):
        try:
            image[:] = resize(to_grey(reference.read(key)), SIDE, SIDE)
            reasons.append("")
        except DataError as error:
            reasons.append(str(error))
    return images, np.array(reasons, str)


def _without_face(store, faceset):
    """Return in which images no face was found, bool (n,), by whatever feature a store has of all of them."""
    held = Store(store)
    for key in held.fingerprints() if held.source(faceset.digest) else ():
        try:
            faces = held.faces(key, faceset.digest)
        except StoreError:  # not of all of them yet
            continue
        return ~np.isin(faceset.ids, faces.loc[faces["status"] == FOUND, "id"])
    raise StoreError(f"{store}: holds no feature of all images of {faceset.path.name}; `featfer extract {faceset.path} --store "
                     f"{store}` first")
