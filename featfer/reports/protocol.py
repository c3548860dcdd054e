"""How models were trained and scored on a data set, in words: its splits, persons and duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from featfer.datasets.faceset import SPLITS
from featfer.faces import UNREADABLE, WHOLE_IMAGE
from featfer.reports.published import has_fer2013_splits
from featfer.utils.markdown import as_text

if TYPE_CHECKING:
    from featfer.store.table import FeatureTable
    from featfer.typing import Mask, Strings

OFFICIAL = "These are FER2013's official splits: Training, PublicTest and PrivateTest."
OWN = "The splits came with the data set."
VIEWS = "No test-time augmentation where a model doesn't say so."


def describe_protocol(table: FeatureTable) -> str:
    """Say how models were trained and scored on a table: how many images, where the splits come from, whether persons or copies
    of images are in several of them.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    str
        Sentences, in Markdown.
    """
    train, val, test = (f"{split} ({_count(table, table.splits == split):,} images)" for split in SPLITS)
    chosen = f"chosen on {val}" if table.has_split("val") else "chosen without a val"
    return " ".join(filter(None, [
        f"Every figure is on all images of a split: models are trained on {train}, {chosen} and scored on {test}.",
        _describe_origin(table), _describe_rest(table), _describe_subjects(table), _describe_copies(table),
        _describe_undetected(table), VIEWS]))


def _describe_origin(table: FeatureTable) -> str:
    if table.split_plan:
        return f"The splits were drawn at random: {as_text(table.split_plan)}."
    return OFFICIAL if has_fer2013_splits(table) else OWN


def _describe_rest(table: FeatureTable) -> str:
    rest = _count(table, ~np.isin(table.splits, SPLITS))
    return f"{_name_images(rest)} in no split and left out." if rest else ""


def _describe_subjects(table: FeatureTable) -> str:
    """Say whether a person is in several splits, as far as the subjects are known."""
    persons = {split: _find_subjects(table, split) for split in SPLITS}
    everyone = set().union(*persons.values())
    if not everyone:
        return "The subjects are not known: a person may be in several splits."
    unknown = _count(table, np.isin(table.splits, SPLITS) & (_get_subjects(table) == ""))
    beside = f" The subjects of {unknown:,} images are not known." if unknown else ""
    shared = persons["train"] & persons["test"]
    if shared:
        return (f"Of the {_name_subjects(len(persons['test']))} in test, {len(shared):,} {_be(len(shared))} in train too: the "
                f"figures on test are not those of new persons.{beside}")
    if val := persons["train"] & persons["val"]:
        return (f"No subject of test is in train, but {len(val):,} of the {_name_subjects(len(persons['val']))} in val "
                f"{_be(len(val))}.{beside}")
    return f"No subject of val or test is in train ({_name_subjects(len(everyone))} in all).{beside}"


def _describe_copies(table: FeatureTable) -> str:
    """Say how many images of val and test are in train too, pixel for pixel."""
    copies = table.find_train_duplicates(table)
    counts = {split: _count(table, copies & (table.splits == split)) for split in ("val", "test")}
    if not any(counts.values()):
        return "No image of val or test is, pixel for pixel, in train too."
    found = " and ".join(f"{count:,} of {split}" for split, count in counts.items() if count)
    return f"Copies: {found} are, pixel for pixel, in train too; \"without copies\" leaves these out."


def _describe_undetected(table: FeatureTable) -> str:
    """Say in how many images no face was found, and how many could not be read."""
    in_split = np.isin(table.splits, SPLITS)
    whole, unreadable = (_count(table, in_split & (table.status == status)) for status in (WHOLE_IMAGE, UNREADABLE))
    return " ".join([f"In {whole:,} images no face was found, and the whole image is taken." if whole else "",
                     f"{_name_images(unreadable)} unreadable and left out." if unreadable else ""]).strip()


def _count(table: FeatureTable, chosen: Mask) -> int:
    """Count the labelled images among some rows; the views of an image are one image."""
    return len(np.unique(table.ids[chosen & (table.labels >= 0)]))


def _get_subjects(table: FeatureTable) -> Strings:
    return np.full(len(table), "") if table.subjects is None else table.subjects


def _find_subjects(table: FeatureTable, split: str) -> set[str]:
    return set(_get_subjects(table)[(table.splits == split) & (table.labels >= 0)].tolist()) - {""}


def _name_images(count: int) -> str:
    return "1 image is" if count == 1 else f"{count:,} images are"


def _name_subjects(count: int) -> str:
    return "1 subject" if count == 1 else f"{count:,} subjects"


def _be(count: int) -> str:
    return "is" if count == 1 else "are"
