"""FER+: votes for the rows of FER2013."""

import re

import numpy as np
import pytest
from helpers.fer2013 import FER2013

from featfer.datasets import find_dataset, with_votes
from featfer.datasets.fer2013 import load_csv
from featfer.datasets.ferplus import digest, load, read_votes
from featfer.datasets.ferplus_modes import MODES, majority, normalize_votes, plurality, probability
from featfer.errors import DataError, ParameterError
from featfer.labels import AFFECTNET8

HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
OTHER_HEADER = ("emotion,Usage,exact,ferplus_neutral,ferplus_happiness,ferplus_surprise,ferplus_sadness,ferplus_anger,"
                "ferplus_disgust,ferplus_fear,ferplus_contempt,ferplus_unknown,ferplus_NF")

# Votes in the order of FER+ (neutral happiness surprise sadness anger disgust fear contempt unknown NF), and what each mode
# makes of them.
VOTES = {
    "one for all": ((0, 10, 0, 0, 0, 0, 0, 0, 0, 0), "happy", "happy", "happy"),
    "six to four": ((0, 0, 0, 6, 4, 0, 0, 0, 0, 0), "sad", "sad", "sad"),
    "half": ((5, 0, 0, 5, 0, 0, 0, 0, 0, 0), None, "neutral", None),
    "an outlier makes a majority": ((4, 1, 1, 1, 3, 0, 0, 0, 0, 0), "neutral", "neutral", "neutral"),
    "five, three, two": ((0, 0, 0, 3, 5, 0, 2, 0, 0, 0), None, "angry", "angry"),
    "five ways": ((2, 2, 2, 2, 2, 0, 0, 0, 0, 0), None, None, None),
    "four, then three ties": ((4, 2, 2, 2, 0, 0, 0, 0, 0, 0), None, None, "neutral"),
    "unknown second": ((5, 2, 0, 0, 0, 0, 0, 0, 3, 0), None, None, "neutral"),
    "unknown second to a majority": ((7, 0, 0, 0, 0, 0, 0, 0, 3, 0), "neutral", "neutral", "neutral"),
    "unknown first": ((0, 3, 0, 0, 0, 0, 0, 0, 7, 0), None, None, None),
    "no face": ((0, 0, 0, 0, 0, 0, 0, 0, 0, 10), None, None, None),
    "contempt": ((3, 0, 0, 0, 0, 0, 0, 6, 1, 0), "contempt", "contempt", "contempt"),
    "nothing but outliers": ((1, 1, 1, 1, 1, 1, 1, 1, 1, 1), None, None, None),
}

# Rows of FER2013: their votes, and the label that was worked out by hand for majority, probability and plurality.
BY_HAND = {
    0: ((4, 0, 0, 1, 3, 2, 0, 0, 0, 0), (None, "neutral", "neutral")),      # 4 of 9 | 4 + 3 of 9
    1: ((6, 0, 1, 1, 0, 0, 0, 0, 2, 0), ("neutral", "neutral", "neutral")),  # 6 of 8
    3: ((4, 0, 0, 4, 1, 0, 0, 0, 1, 0), (None, "neutral", None)),           # 4 and 4 of 8
    9: ((0, 0, 6, 0, 0, 0, 4, 0, 0, 0), ("surprise", "surprise", "surprise")),
    12: ((5, 0, 0, 3, 0, 0, 0, 0, 2, 0), (None, "neutral", "neutral")),     # 5 of 10 | 5 + 3 of 10
    28709: ((4, 0, 0, 0, 1, 0, 0, 4, 1, 0), (None, "neutral", None)),       # the first of PublicTest
    28710: ((1, 0, 0, 1, 0, 2, 0, 6, 0, 0), ("contempt", "contempt", "contempt")),
    34334: ((0, 0, 0, 0, 0, 0, 0, 0, 0, 10), (None, None, None)),           # no face
}


@pytest.fixture
def votes_of(tmp_path, fer_rows):
    """A function that writes votes (ten to one for each row's own label, or those given) and returns the csv's path."""
    columns = HEADER.split(",")[2:]
    own = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]

    def write(rows=None, usages=None, header=HEADER):
        if rows is None:
            rows = [[10 * (name == own[label]) for name in columns] for label, _, _ in fer_rows]
        usages = usages or [usage for _, _, usage in fer_rows]
        first = ("0,{},1" if header == OTHER_HEADER else "{},fer{:07}.png").format
        lines = [",".join([first(usage, i), *map(str, row)]) for i, (usage, row) in enumerate(zip(usages, rows, strict=False))]
        path = tmp_path / "fer2013new.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        return path
    return write


# -- what the votes say -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("votes", "majority_s", "probability_s", "plurality_s"), VOTES.values(), ids=VOTES)
def test_modes(votes, majority_s, probability_s, plurality_s):
    said = [function(np.array([votes])).tolist() for function in (majority, probability, plurality)]
    assert said == [[-1 if name is None else AFFECTNET8.index(name)] for name in (majority_s, probability_s, plurality_s)]


def test_soft_labels_are_of_the_expressions_without_outliers():
    counts = np.array([(4, 0, 0, 1, 3, 0, 0, 0, 2, 0), (0, 0, 0, 0, 0, 0, 0, 0, 0, 10), (1, 0, 0, 0, 0, 0, 0, 8, 0, 1)])
    result = normalize_votes(counts)
    assert result.dtype == np.float32
    neutral, angry, contempt = (AFFECTNET8.index(name) for name in ("neutral", "angry", "contempt"))
    np.testing.assert_allclose(result[0, [neutral, angry]], [4 / 7, 3 / 7])
    np.testing.assert_allclose(result.sum(axis=1), [1, 0, 1])
    assert result[2, contempt] == 1


@pytest.mark.skipif(not (FER2013 / "fer2013_labels.csv").exists(), reason=f"the votes of FER+ are not at {FER2013}")
@pytest.mark.parametrize(("mode", "kept"), [
    ("majority", [25060, 3199, 3153]), ("probability", [27956, 3505, 3505]), ("plurality", [26940, 3396, 3376])])
def test_how_many_rows_of_fer2013_each_mode_keeps(mode, kept):
    votes = read_votes(FER2013 / "fer2013_labels.csv")
    usages, counts = votes.usages, votes.counts
    labels = MODES[mode](counts)
    assert len(labels) == 35887
    assert [int((labels[np.array(usages) == usage] >= 0).sum()) for usage in ("Training", "PublicTest", "PrivateTest")] == kept
    assert {row: None if labels[row] < 0 else AFFECTNET8.names[labels[row]] for row in BY_HAND} == {
        row: said[list(MODES).index(mode)] for row, (votes, said) in BY_HAND.items()}
    assert [tuple(counts[row]) for row in BY_HAND] == [votes for votes, _ in BY_HAND.values()]


# -- the rows of the csv ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("header", [HEADER, OTHER_HEADER, HEADER.upper()])
def test_labels_come_from_the_votes_and_keys_from_the_csv(fer_csv, votes_of, header):
    plain, voted = load_csv(fer_csv), load(fer_csv, votes=votes_of(header=header), mode="majority")
    assert [AFFECTNET8.names[label] for label in voted.labels] == [plain.label_set.names[label] for label in plain.labels]
    for name in ("keys", "ids", "splits"):
        np.testing.assert_array_equal(getattr(voted, name), getattr(plain, name))
    assert voted.label_set is AFFECTNET8
    assert voted.name == "ferplus-majority"
    np.testing.assert_array_equal(voted.votes.argmax(axis=1), voted.labels)
    np.testing.assert_array_equal(voted.votes.sum(axis=1), 1)
    np.testing.assert_array_equal(voted.images[5].read(), plain.images[5].read())


def test_rows_without_a_label_are_in_no_split(fer_csv, votes_of):
    rows = [votes for votes, *_ in VOTES.values()]
    faces = load(fer_csv, votes=votes_of([rows[i % len(rows)] for i in range(42)]), mode="majority")
    assert ((faces.labels == -1) == (faces.splits == "")).all()
    assert faces.splits[:4].tolist() == ["train", "train", "", "train"]
    assert faces.votes[2].tolist() == [0.5, 0, 0.5, 0, 0, 0, 0, 0]


def test_each_mode_is_another_source(fer_csv, votes_of):
    votes = votes_of()
    digests = {digest(fer_csv, votes, mode) for mode in MODES} | {find_dataset(fer_csv).digest(fer_csv)}
    assert len(digests) == 4
    dataset = with_votes(fer_csv, votes, "plurality")
    assert dataset.digest(fer_csv) == dataset.load(fer_csv).digest == digest(fer_csv, votes, "plurality")


def test_bad_rows_of_the_csv_are_passed_over_in_the_votes_too(fer_csv, votes_of):
    lines = fer_csv.read_text().splitlines()
    lines[3] = "9" + lines[3][1:]
    fer_csv.write_text("\n".join(lines) + "\n")
    faces = load(fer_csv, skip_bad=True, votes=votes_of(), mode="majority")
    assert (len(faces), len(faces.skipped)) == (41, 1)
    assert [AFFECTNET8.names[label] for label in faces.labels[:4]] == ["angry", "disgust", "happy", "sad"]


# -- votes that do not fit --------------------------------------------------------------------------------------------

def assert_refused(fer_csv, votes, reason):
    with pytest.raises(DataError, match=re.escape(reason)) as caught:
        load(fer_csv, votes=votes, mode="majority")
    assert str(caught.value).startswith(str(votes))


@pytest.mark.parametrize("count", [41, 43])
def test_another_number_of_rows(fer_csv, votes_of, fer_rows, count):
    usages = [usage for _, _, usage in fer_rows] + ["PrivateTest"]
    assert_refused(fer_csv, votes_of([[10] + [0] * 9] * count, usages[:count]),
                   f"{count} rows, where {fer_csv} has 42; give the votes of these rows, in their order")


def test_rows_in_another_order(fer_csv, votes_of, fer_rows):
    usages = [usage for _, _, usage in fer_rows]
    usages[13], usages[14] = usages[14], usages[13]
    assert_refused(fer_csv, votes_of(usages=usages), f"row 14: usage 'PublicTest', where that row of {fer_csv} is of train")


@pytest.mark.parametrize(("text", "reason"), [
    ("", "line 1: no column usage, neutral, happiness"),
    ("emotion,pixels,Usage\n", "line 1: no column neutral, happiness"),
    (HEADER, "no rows"),
    (f"{HEADER}\nTraining,fer0000000.png,4,0\n", "line 2: 4 fields instead of 12; is the file truncated?"),
    (f"{HEADER}\nTraining,fer0000000.png,4,0,x,0,0,0,0,0,0,0\n", "line 2: votes '4, 0, x, 0,"),
    (f"{HEADER}\n{'x' * 140_000}\n", "not a csv (field larger"),
])
def test_a_file_of_other_things(fer_csv, votes_of, text, reason):
    votes = votes_of()
    votes.write_text(text)
    assert_refused(fer_csv, votes, reason)


def test_votes_that_are_not_there(fer_csv, tmp_path):
    assert_refused(fer_csv, tmp_path / "none.csv", "cannot be read (No such file or directory)")


def test_votes_are_for_the_csv_only(fer_folders, votes_of):
    with pytest.raises(DataError, match="votes are for the rows of a FER2013 csv, which this is not"):
        with_votes(fer_folders, votes_of(), "majority")


def test_another_mode(fer_csv, votes_of):
    with pytest.raises(ParameterError, match="vote mode 'mean' is none of majority, probability, plurality"):
        with_votes(fer_csv, votes_of(), "mean")
