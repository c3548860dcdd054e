"""Columns of a data set by which its images can be grouped: the subject, and the further columns of a list."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featfer.datasets.faceset import FaceSet
from featfer.datasets.listed import is_list, read_column
from featfer.errors import DataError

SUBJECT = "subject"


def get_column(faceset: FaceSet, name: str) -> NDArray[np.object_]:
    """Return a column of a data set.

    Parameters
    ----------
    faceset : FaceSet
    name : str
        "subject", or any column of a csv of paths and labels; in any letter case.

    Returns
    -------
    ndarray of object, (n,)
        A text for each image, "" where it is unknown.

    Raises
    ------
    DataError
        When there is no such column.
    """
    if name.strip().lower() == SUBJECT and faceset.subjects is not None:
        return faceset.subjects.astype(object)
    if is_list(Path(faceset.path)):
        return read_column(faceset.path, name, faceset.ids)
    there = ["label"] if faceset.subjects is None else ["label", SUBJECT]
    raise DataError(f"{faceset.path}: no column {name!r:.80}; it has {', '.join(there)}; a csv of path, label and "
                    "further columns can have it")
