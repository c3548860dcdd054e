"""Find the subject of an image by its file name, for data sets whose names contain it."""

import re
from collections.abc import Iterable

import numpy as np

from featfer.typing import Strings

NAMES = (
    re.compile(r"(S\d{3})_\d{3}_\d{8}"),                              # CK+ (Lucey et al. 2010): S010_004_00000017.png
    re.compile(r"([A-Z]{2})\.(?:AN|DI|FE|HA|NE|SA|SU)\d\.\d+", re.I),  # JAFFE (Lyons et al. 1998): KA.AN1.39.tiff
)


def parse_subject(name: str) -> str:
    """Find the subject in a file name.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
        In capitals; "" if the name contains none.
    """
    found = (pattern.match(name) for pattern in NAMES)
    return next((match[1].upper() for match in found if match), "")


def parse_subjects(names: Iterable[str]) -> Strings | None:
    """Find the subjects in file names.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    ndarray of str, (n,), or None
        None if no name contains a subject.
    """
    subjects = [parse_subject(name) for name in names]
    return np.array(subjects) if any(subjects) else None
