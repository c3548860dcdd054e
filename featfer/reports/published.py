"""Figures that others published, printed next to ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featfer.store.table import FeatureTable

# "dlib features, classic networks and a real-time camera" (2022): FER2013, 7 classes, dlib's 68 points and 128-d face
# embedding; accuracy on the test set in %, on the raw 48x48 images and on ones super-resolved to 192x192.
DLIB_FEATURES_2022 = {
    "svm": {"raw": 42.76, "super-resolved": 42.83},
    "rf": {"raw": 47.02, "super-resolved": 46.61},
    "mlp": {"raw": 46.84, "super-resolved": 45.84},
}

FER2013_IMAGES = {"train": 28_709, "val": 3_589, "test": 3_589}  # Training, PublicTest and PrivateTest


def has_fer2013_splits(table: FeatureTable) -> bool:
    """Say whether a table has FER2013's number of images in each split; published figures are comparable only then.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    bool
    """
    return all((table.splits == split).sum() == images for split, images in FER2013_IMAGES.items())
