"""Check that the votes of FER+ belong to FER2013's rows, by the numbers in the image names and by FER2013's labels.

The number in `fer0000018.png` counts the rows of FER2013's csv from 0, but leaves out 85 rows: 82 of those that FER+ dropped
because they show no face, and 3 of the 4 that have the name of another row. Another 91 dropped rows have no name, but count.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from featfer.datasets.faceset import UNLABELLED, FaceSet
from featfer.errors import DataError
from featfer.labels import FER7, LabelSet
from featfer.typing import Integers

if TYPE_CHECKING:
    from featfer.datasets.ferplus import Votes

ROWS = 35_887  # rows of FER2013
UNCOUNTED = (
    59, 501, 2059, 2171, 2809, 3262, 3931, 4275, 5082, 5274, 5439, 5722, 5881, 6458, 6699, 7172, 7496, 7527, 7629, 8030,
    8737, 8856, 9026, 9500, 9673, 9679, 9797, 10023, 10423, 11244, 11286, 11295, 11846, 12289, 12352, 13148, 13402,
    13697, 13988, 14148, 14279, 15144, 15835, 15838, 15894, 16540, 17081, 17620, 18337, 19238, 19632, 20222, 20712,
    20817, 21817, 21937, 22198, 22314, 22927, 23596, 23894, 24053, 24441, 24891, 25219, 25603, 25909, 26383, 26860,
    26897, 28601, 29447, 29557, 30002, 30705, 30981, 31127, 31825, 32662, 32683, 34334, 35121, 35469, 35632, 35743)
UNNAMED = (  # rows without a name that count
    17, 23, 170, 633, 639, 1303, 1648, 2658, 2671, 3177, 3185, 3336, 3385, 3403, 3549, 4069, 4327, 4521, 5051, 5478,
    5509, 5935, 6102, 6202, 6369, 6478, 6541, 6646, 6708, 7015, 7965, 8567, 8627, 9121, 9256, 9264, 9474, 9693, 10713,
    10792, 10930, 11031, 11626, 12465, 12840, 13011, 14702, 15013, 15553, 15668, 15966, 15975, 16024, 16180, 16622,
    16885, 17251, 17947, 18012, 18492, 18625, 18912, 19422, 19638, 19997, 21320, 21792, 22063, 22407, 22550, 22638,
    22813, 23047, 23320, 23561, 24191, 24593, 24971, 25168, 31734, 32032, 32257, 32299, 32603, 33195, 33422, 33750,
    33928, 34691, 35825, 35883)
MISNAMED = {5274: 6953, 5348: 11785, 15835: 8403, 34334: 33120}  # rows whose name has the number of another
NAME = re.compile(r"fer(\d{1,9})\.png", re.I)
ORDER = "bc69846fdf2b686b4375e0a803985c14843cc086cdf5942c5ba8fe16bff273ae"  # `digest_order` of FER2013
BLOCK, LEAST = 500, 30  # rows with both labels that are compared together; a block of fewer than LEAST says nothing
HARDLY = 0.45      # FER+ and FER2013 agree on 62 to 74 % of a block, and on 15 to 23 % if rows are shuffled
WAY_OUT = "give fer2013new.csv as FER+ publishes it, with a fer2013.csv in its own order"


def get_image_number(row: int) -> int | None:
    """Return the number in the image name of a row of FER2013.

    Parameters
    ----------
    row : int
        From 0.

    Returns
    -------
    int or None
        None for a dropped row, which has no name.
    """
    if row in MISNAMED:
        return MISNAMED[row]
    return None if row in UNCOUNTED or row in UNNAMED else row - bisect_right(UNCOUNTED, row)


def check_names(votes: Votes) -> None:
    """Check that image names are those of the rows they stand in.

    If all of FER2013 is there, each number must be that of its row; in a part of it, numbers must rise.

    Parameters
    ----------
    votes : featfer.datasets.ferplus.Votes

    Raises
    ------
    DataError
        At the first name that belongs to another row.
    """
    if votes.names is None:
        return
    last = -1
    for row, (line, name, counts) in enumerate(zip(votes.lines, votes.names, votes.counts, strict=True)):
        try:
            number = _parse_number(name, counts)
            if len(votes.names) == ROWS:
                _check_number(number, row, get_image_number(row))
            elif number is not None and number not in MISNAMED.values():
                if number <= last or _find_row(number) < row:
                    before = _format_name(None if last < 0 else last)
                    raise DataError(f"Image name {name} stands behind {before}, and {row:,} rows: the rows are not in "
                                    "FER2013's order")
                last = number
        except DataError as error:
            raise DataError(f"{votes.path}, line {line}: {error}; {WAY_OUT}") from None


def find_doubts(faceset: FaceSet, count: int, labels: Integers, label_set: LabelSet) -> list[str]:
    """Warn if the labels of FER+ and FER2013 hardly agree, or the rows are not in FER2013's order.

    Parameters
    ----------
    faceset : FaceSet
        FER2013.
    count : int
        Rows in the csv.
    labels : ndarray of int, (n,)
        Labels of FER+, indices into `label_set` or UNLABELLED.
    label_set : LabelSet

    Returns
    -------
    list of str
        Sentences that begin with "Warning:".
    """
    if faceset.label_set is not FER7:
        return []
    mapping = np.array([label_set.index(name) for name in FER7.names])
    rows = np.flatnonzero(labels != UNLABELLED)
    agree = mapping[faceset.labels[rows]] == labels[rows]
    found = []
    if count == len(faceset) == ROWS and digest_order(faceset) != ORDER:
        found.append("Warning: Usage and emotion are not those of FER2013 in its own order; the votes are taken row by row, "
                     "and are those of other images if the csv was reordered")
    blocks = max(1, len(rows) // BLOCK)
    for block, of_block in zip(np.array_split(rows, blocks), np.array_split(agree, blocks), strict=True):
        if len(block) >= LEAST and of_block.mean() < HARDLY:
            found.append(f"Warning: from {faceset.ids[block[0]]} to {faceset.ids[block[-1]]} FER+ and FER2013 agree on "
                         f"{100 * of_block.mean():.0f} % of the images, where they do on 68 % of FER2013, and on 18 % of "
                         "shuffled rows: these may be the votes of other images")
            break
    return found


def digest_order(faceset: FaceSet) -> str:
    """Compute a digest of the splits and labels of all rows, in their order.

    Parameters
    ----------
    faceset : FaceSet

    Returns
    -------
    str
        A sha256.
    """
    rows = zip(faceset.splits.tolist(), faceset.labels.tolist(), strict=True)
    return hashlib.sha256(",".join(f"{split[:2]}{label}" for split, label in rows).encode()).hexdigest()


def _parse_number(name: str, counts: Integers) -> int | None:
    """Return the number in an image name; None for a dropped image, which has no name and only votes for no face."""
    if not name:
        if counts[-1] != counts.sum():
            raise DataError("no Image name, though raters saw a face")
        return None
    match = NAME.fullmatch(name)
    if not match:
        raise DataError(f"Image name {name!r:.40} is not as fer0000018.png")
    return int(match[1])


def _check_number(number: int | None, row: int, expected: int | None) -> None:
    """Raise DataError if a row of the whole of FER2013 has the wrong number."""
    if number != expected:
        raise DataError(f"Image name {_format_name(number)}, where row {row + 1:,} of FER2013 has {_format_name(expected)}")


def _format_name(number: int | None) -> str:
    return "none" if number is None else f"fer{number:07}.png"


def _find_row(number: int) -> int:
    """Return the row of FER2013 with this number."""
    row = number
    while (before := bisect_right(UNCOUNTED, row)) > row - number:
        row = number + before
    return row
