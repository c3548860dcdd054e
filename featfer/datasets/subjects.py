"""Who is seen in an image, by the file names of sets that say so."""

import re

import numpy as np

NAMES = (
    re.compile(r"(S\d{3})_\d{3}_\d{8}"),                              # CK+ (Lucey et al. 2010): S010_004_00000017.png
    re.compile(r"([A-Z]{2})\.(?:AN|DI|FE|HA|NE|SA|SU)\d\.\d+", re.I),  # JAFFE (Lyons et al. 1998): KA.AN1.39.tiff
)


def parse_subject(name):
    """Return the subject that a file's name tells, "" where it tells none."""
    found = (pattern.match(name) for pattern in NAMES)
    return next((match[1].upper() for match in found if match), "")


def parse_subjects(names):
    """Return the subjects of files by their names, str (n,), or None where no name tells one."""
    subjects = [parse_subject(name) for name in names]
    return np.array(subjects) if any(subjects) else None
