"""Check the novelty of a recognizer from a safe file."""

from __future__ import annotations

from typing import Any

import numpy as np

from featfer.bundle.safe.part import Budget, Part
from featfer.classifiers.novelty import Novelty
from featfer.errors import BundleError


def check_novelty(novelty: Any, width: int) -> None:
    """Check that the parts of a Novelty fit together.

    Parameters
    ----------
    novelty : object
    width : int
        Number of feature columns.

    Raises
    ------
    BundleError
        When it is no Novelty, or its parts do not fit together.
    """
    if type(novelty) is not Novelty:
        raise BundleError(f"holds parts that do not fit together: a {type(novelty).__name__} where a Novelty belongs")
    part = Part(novelty, Budget())
    columns = part.get_integer("width", 1, width)
    channels = part.get_integer("channels", 1, columns)
    part.check(columns % channels == 0, f"{columns} columns are no map of {channels} channels")
    means = channels + columns // channels
    part.get_array("mean_", (means,))
    part.get_array("whitening_", (means, means))
    distances = part.get_array("distances_", (None,))
    part.check(len(distances) > 1 and (np.diff(distances) >= 0).all(), "distances_ are not in order")
