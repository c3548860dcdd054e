"""Fit what tells how unlike the training faces a face is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featfer.classifiers.novelty import Novelty
from featfer.errors import ParameterError, StoreError
from featfer.faces import FOUND
from featfer.features import Embedding, Stage, restore_feature
from featfer.features.base import describe_fingerprint

if TYPE_CHECKING:
    from featfer.store.table import FeatureTable

MOST_MEANS = 1024  # whose covariance is learned: its matrix then has 4 MB


def fit_novelty(table: FeatureTable) -> Novelty:
    """Fit a Novelty on the faces of train that the detector found, and on those of val as ordinary faces.

    Labels are not used: images that show no face may be left out beforehand.

    Parameters
    ----------
    table : FeatureTable
        With the features of the recognizer that it is for, in the same order; the first of them is used.

    Returns
    -------
    Novelty
        To be set as the attribute `novelty` of that recognizer.

    Raises
    ------
    StoreError
        When train or val has fewer than two faces.
    ParameterError
        When the first feature is neither a map nor the embedding, or has too many channels and places.
    """
    size, channels = find_shape(table)
    train, val = (table.features[(table.splits == split) & (table.status == FOUND)] for split in ("train", "val"))
    if min(len(train), len(val)) < 2:
        raise StoreError(f"{table.source}: novelty needs faces in train and in val; it has {len(train):,} and {len(val):,}")
    return Novelty(size, channels).fit(train, val)


def find_shape(table: FeatureTable) -> tuple[int, int]:
    """Find the numbers of columns and of channels of the feature that novelty is fitted on, the first.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    tuple of two int

    Raises
    ------
    ParameterError
        As for `fit_novelty`.
    """
    feature = restore_feature(table.fingerprints[0])
    channels = int(feature.output.partition("x")[0]) if isinstance(feature, Stage) else 1
    if not isinstance(feature, (Stage, Embedding)) or channels + feature.size // channels > MOST_MEANS:
        raise ParameterError(f"novelty: cannot be fitted on {describe_fingerprint(feature.fingerprint)}; fit it for a model "
                             "whose first feature is the stage 128x8x8 or the embedding")
    return feature.size, channels
