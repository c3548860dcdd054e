"""How well numbers given to faces follow the persons: IDF1, and the counts of CLEAR MOT."""

from collections import Counter

import numpy as np
from scipy.optimize import linear_sum_assignment

from featfer.faces.boxes import overlap

SAME = 0.5  # overlap (intersection over union) from which a found box is on a true face


def score_identities(truth, found):
    """Score numbers that were given to faces.

    Parameters
    ----------
    truth, found : list of {identity: box}
        Of each frame; boxes are (left, top, right, bottom).

    Returns
    -------
    dict
        "idf1", in [0, 1]; "mota", at most 1; "faces": true ones; "missed"; "false": found where there is none; "switches":
        faces whose identity is another one than before.

    Notes
    -----
    IDF1 (Ristani et al. 2016, "Performance measures and a data set for multi-target, multi-camera tracking") pairs each true
    identity with at most one found one, so that most boxes agree. MOTA and its counts (Bernardin and Stiefelhagen 2008,
    "Evaluating multiple object tracking performance: the CLEAR MOT metrics") pair boxes frame by frame.
    """
    faces, boxes = sum(map(len, truth)), sum(map(len, found))
    counts = count_errors(truth, found)
    errors = counts["missed"] + counts["false"] + counts["switches"]
    return {"idf1": 2 * count_agreeing(truth, found) / max(faces + boxes, 1), "mota": 1 - errors / max(faces, 1),
            "faces": faces, **counts}


def count_agreeing(truth, found):
    """Count the boxes that agree with the truth, once true and found identities are paired so that most do.

    Parameters
    ----------
    truth, found : list of {identity: box}

    Returns
    -------
    int
    """
    together = Counter((name, number) for there, here in zip(truth, found, strict=True)
                       for name, box in there.items() for number, other in here.items() if overlap(box, other) >= SAME)
    names, numbers = (sorted({pair[i] for pair in together}, key=repr) for i in (0, 1))
    table = np.array([[together[name, number] for number in numbers] for name in names]).reshape(len(names), len(numbers))
    return int(table[linear_sum_assignment(-table)].sum())


def count_errors(truth, found):
    """Count missed faces, false ones and switches of identity, frame by frame.

    Parameters
    ----------
    truth, found : list of {identity: box}

    Returns
    -------
    dict of str to int
    """
    counts, before = {"missed": 0, "false": 0, "switches": 0}, {}
    for there, here in zip(truth, found, strict=True):
        pairs = _pair_boxes(there, here, before)
        counts["missed"] += len(there) - len(pairs)
        counts["false"] += len(here) - len(pairs)
        counts["switches"] += sum(before.get(name, number) != number for name, number in pairs.items())
        before |= pairs
    return counts


def _pair_boxes(there, here, before):
    """Return {true identity: found identity} of one frame; pairs of earlier frames stay where they still overlap."""
    pairs = {name: before[name] for name, box in there.items()
             if name in before and before[name] in here and overlap(box, here[before[name]]) >= SAME}
    names, numbers = [name for name in there if name not in pairs], [one for one in here if one not in pairs.values()]
    overlaps = np.array([[overlap(there[name], here[one]) for one in numbers] for name in names])
    overlaps = overlaps.reshape(len(names), len(numbers))
    for row, column in zip(*linear_sum_assignment(-np.where(overlaps >= SAME, overlaps, 0)), strict=True):
        if overlaps[row, column] >= SAME:
            pairs[names[row]] = numbers[column]
    return pairs
