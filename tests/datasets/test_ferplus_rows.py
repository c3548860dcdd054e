"""Whether votes are those of FER2013's rows: shuffled, sorted, filtered and shifted ones are found by numbers and by labels."""

import csv
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.fer2013 import FER2013

from featfer.datasets.faceset import UNLABELLED, FaceSet
from featfer.datasets.fer2013 import USAGES
from featfer.datasets.ferplus import load, majority, read_votes
from featfer.datasets.ferplus_rows import MISNAMED, ROWS, check_names, find_doubts, get_image_number
from featfer.errors import DataError
from featfer.labels import AFFECTNET8, FER7

HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
COLUMNS = {"angry": 4, "disgust": 5, "fear": 6, "happy": 1, "sad": 3, "surprise": 2, "neutral": 0}
NAMES_OF_FERPLUS = "414755cd9be9cace4b26e5cdab5c80eb1795353b3e97767cfe5e0e0c3d8cec0e"  # sha256 of its column, with commas


@pytest.fixture
def lines(fer_rows):
    """The lines of votes for the 42 rows: ten for each row's label."""
    return [f"{usage},fer{i:07}.png," + ",".join(str(10 * (COLUMNS[FER7.names[label]] == column)) for column in range(10))
            for i, (label, _, usage) in enumerate(fer_rows)]


def written(folder, lines):
    path = folder / "fer2013new.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def refusal(fer_csv, votes):
    with pytest.raises(DataError) as caught:
        load(fer_csv, votes=votes, mode="majority")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_votes_in_order_give_no_warning(fer_csv, tmp_path, lines):
    faces = load(fer_csv, votes=written(tmp_path, lines), mode="majority")
    assert (len(faces), faces.notes) == (42, [])


@pytest.mark.parametrize("order", ["shuffled within usages", "reversed within usages", "two swapped", "dropped images first"])
def test_rows_in_another_order_are_refused_and_the_first_is_named(fer_csv, tmp_path, lines, order):
    first, rest = lines[:14], lines[14:]
    if order == "shuffled within usages":
        first = [first[i] for i in np.random.default_rng(3).permutation(14)]
    elif order == "reversed within usages":
        first = first[::-1]
    elif order == "two swapped":
        first[4], first[5] = first[5], first[4]
    else:
        first = ["Training,,0,0,0,0,0,0,0,0,0,10", *first[:13]]
    said = refusal(fer_csv, written(tmp_path, [*first, *rest]))
    number = [int(line[12:19]) if line[12:19].isdigit() else -1 for line in first]
    at = 1 if order == "dropped images first" else next(i for i in range(1, 14) if number[i] < number[i - 1])
    assert said.startswith(f"{tmp_path / 'fer2013new.csv'}, line {at + 2}: Image name fer{number[at]:07}.png stands behind ")
    assert "the rows are not in FER2013's order; give fer2013new.csv as FER+ publishes it" in said


@pytest.mark.parametrize(("old", "new", "reason"), [
    ("fer0000003.png", "", "line 5: no Image name, though raters saw a face"),
    ("fer0000003.png", "face 3.png", "line 5: Image name 'face 3.png' is not as fer0000018.png"),
    ("fer0000003.png,0,10", "fer0000003.png,0,3", "line 5: votes '0, 3, 0, 0, 0, 0, 0, 0, 0, 0' are 3 in all, not about ten"),
    ("fer0000003.png,0,10", "fer0000003.png,0,95", "are 95 in all, not about ten"),
    ("fer0000003.png,0,10", "fer0000003.png,0,1.0", "are not all whole numbers below 10,000"),
    ("fer0000003.png,0,10", "fer0000003.png,0,", "are not all whole numbers below 10,000"),
    ("Training,fer0000003", "PublicTest,fer0000003", "row 4: usage 'PublicTest', where that row of"),
])
def test_a_row_that_is_none_of_votes(fer_csv, tmp_path, lines, old, new, reason):
    path = written(tmp_path, lines)
    path.write_text(path.read_text().replace(old, new, 1))
    assert reason in refusal(fer_csv, path)


def test_rows_that_were_dropped_are_no_face_and_need_no_name(fer_csv, tmp_path, lines):
    lines[3] = "Training,,0,0,0,0,0,0,0,0,0,10"
    faces = load(fer_csv, votes=written(tmp_path, lines), mode="majority")
    assert faces.labels[3] == UNLABELLED and faces.labels[4] != UNLABELLED


def test_more_votes_than_rows_are_refused_with_bad_rows_too(fer_csv, tmp_path, lines):
    text = fer_csv.read_text().splitlines()
    text[3] = "9" + text[3][1:]
    fer_csv.write_text("\n".join(text) + "\n")
    votes = written(tmp_path, [*lines, lines[-1].replace("fer0000041", "fer0000042")])
    with pytest.raises(DataError, match=r"43 rows, where .* has 42"):
        load(fer_csv, skip_bad=True, votes=votes, mode="majority")


def test_a_blank_line_in_the_csv_is_no_row_of_the_votes(fer_csv, tmp_path, lines):
    plain = load(fer_csv, votes=written(tmp_path, lines), mode="majority")
    fer_csv.write_text(fer_csv.read_text().replace("\n", "\n\n", 5))
    assert load(fer_csv, votes=written(tmp_path, lines), mode="majority").labels.tolist() == plain.labels.tolist()


def test_votes_that_hardly_agree_with_the_labels_are_a_warning(fer_csv, tmp_path, lines):
    moved = [line[:line.index(",", 12)] + other[other.index(",", 12):] for line, other in zip(lines, lines[1:] + lines[:1],
                                                                                         strict=True)]
    (note,) = load(fer_csv, votes=written(tmp_path, moved), mode="majority").notes
    assert note.startswith("Warning: from fer2013:2 to fer2013:43 FER+ and FER2013 agree on 0 % of the images")


# -- all of FER2013 ---------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def whole():
    """The votes of all of FER2013, with the image names that FER+ has, and a stand-in for the FaceSet of its csv."""
    if not (FER2013 / "fer2013_labels.csv").exists():
        pytest.skip(f"the votes of FER+ are not at {FER2013}")
    votes = read_votes(FER2013 / "fer2013_labels.csv")
    names = ["" if number is None else f"fer{number:07}.png" for number in map(get_image_number, range(ROWS))]
    with open(FER2013 / "fer2013_labels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    faces = FaceSet(
        Path("fer2013.csv"), "", (), np.array([f"fer2013:{row + 2}" for row in range(ROWS)]), np.zeros(ROWS, str),
        np.array([int(row["emotion"]) for row in rows], np.int16), np.array([USAGES[row["Usage"]] for row in rows]), FER7)
    return replace(votes, names=names), faces


def doubted(faces, votes):
    return find_doubts(faces, ROWS, majority(votes.counts), AFFECTNET8)


def test_each_row_of_fer2013_has_the_name_that_ferplus_gives_it(whole):
    votes, faces = whole
    assert hashlib.sha256(",".join(votes.names).encode()).hexdigest() == NAMES_OF_FERPLUS
    assert (votes.names[0], votes.names[60], votes.names[-1]) == ("fer0000000.png", "fer0000059.png", "fer0035801.png")
    assert {row: votes.names[row] for row in MISNAMED} == {row: f"fer{number:07}.png" for row, number in MISNAMED.items()}
    check_names(votes)
    assert doubted(faces, votes) == []


def reordered(votes, order):
    take = votes.names.__class__
    return replace(votes, usages=[votes.usages[i] for i in order], names=take(votes.names[i] for i in order),
                   counts=votes.counts[order])


def by_name(votes):
    return sorted(range(ROWS), key=lambda row: votes.names[row])


ORDERS = {
    "sorted by name": (by_name, "line 2: Image name none, where row 1 of FER2013 has fer0000000.png"),
    "a dropped image is moved": (lambda votes: [*range(59), *range(60, 1000), 59, *range(1000, ROWS)],
                                 "line 61: Image name fer0000059.png, where row 60 of FER2013 has none"),
    "two are swapped": (lambda votes: [*range(30000), 30001, 30000, *range(30002, ROWS)], "line 30002: Image name fer00"),
    "rotated": (lambda votes: [*range(1, ROWS), 0], "line 2: Image name fer0000001.png, where row 1 of FER2013 has fer0000000"),
    "the row of another's name": (lambda votes: [*range(6962), 5274, *range(6963, ROWS)], "Image name"),
}


@pytest.mark.parametrize(("order", "reason"), ORDERS.values(), ids=ORDERS)
def test_the_first_row_that_is_another_s_is_named(whole, order, reason):
    with pytest.raises(DataError, match=re.escape(reason)):
        check_names(reordered(whole[0], order(whole[0])))


def test_a_part_in_order_passes_and_one_that_is_shuffled_does_not(whole):
    votes, _ = whole
    def part(order):
        return replace(votes, lines=votes.lines[:len(order)], usages=[votes.usages[i] for i in order],
                       names=[votes.names[i] for i in order], counts=votes.counts[order])
    check_names(part([*range(5000, 9000), *range(28709, 28809), *range(34000, 34500)]))  # with all that are misnamed
    with pytest.raises(DataError, match="not in FER2013's order"):
        check_names(part([*range(5100, 5200), *range(5000, 5100)]))


@pytest.mark.parametrize("usages", ["train", "all"])
def test_a_csv_in_another_order_is_doubted(whole, usages):
    votes, faces = whole
    rows = np.arange(ROWS)
    moved = np.flatnonzero(faces.splits == "train") if usages == "train" else rows
    rows[moved] = np.random.default_rng(0).permutation(moved)
    shuffled = replace(faces, labels=faces.labels[rows], splits=faces.splits[rows])
    order, agreement = doubted(shuffled, votes)
    assert order.startswith("Warning: Usage and emotion are not those of FER2013 in its own order")
    assert re.match(r"Warning: from fer2013:3 to fer2013:584 FER\+ and FER2013 agree on (1\d|2\d) % of", agreement)


def test_a_csv_that_lost_a_row_half_way_is_doubted_where_it_did(whole):
    votes, faces = whole
    labels = np.concatenate([faces.labels[:20000], faces.labels[20001:], [0]])
    assert "from fer2013:20" in doubted(replace(faces, labels=labels), votes)[1]
