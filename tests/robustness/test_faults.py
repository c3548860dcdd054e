"""Faults and bad files: a small part of what tests/robustness/faults.py tries, the same in every run."""

import json
import random
import tempfile
from pathlib import Path

import pytest
from helpers.faults import alone, without_faults
from robustness import faults, fuzz, plans
from robustness.changes import changed
from robustness.targets import targets as all_targets

KINDS = ("images", "csv of FER2013", "csv of FER+'s votes", "list of faces", "packed csv of FER2013", "RAF-DB's list",
         "FER+'s folders", "CK+", "class folders", "AffectNet's lists", "AffectNet's folders",
         "store, damaged", "store, damaged and mended", "store, forged", "table of features", "codebook",
         "backbone", "list of models (TOML)", "recipe (TOML)", "set of labels (TOML)", "study", "checkpoint",
         "weights of torch", "videos", "table of copies", "card", "card, for serve", "bundle", "plain bundle",
         "plain bundle, forged", "HTTP request")
SLOW = {"backbone": 3, "HTTP request": 4}  # cases of a kind that takes long; CASES of the others
CASES = 20
LARGE = ("178 million", "16,383", "1 GB", "4 GB", "100 MB", "2,000", "10 MB")


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    return {target.name: target for target in all_targets(tmp_path_factory.mktemp("examples"))}


# -- files ------------------------------------------------------------------------------------------------------------

def test_every_kind_of_file_is_tried(targets):
    assert tuple(targets) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_examples_are_read_and_changed_ones_read_or_refused(targets, tmp_path, kind):
    target = targets[kind]
    fuzz.place(target, tmp_path)
    for name in [target.entry] if target.entry else target.seeds:
        assert fuzz.outcome_of(target.read, tmp_path / name) == "read", name
    cases = fuzz.cases(target, tmp_path, 0, 0, SLOW.get(kind, CASES))
    outcomes = {number: fuzz.outcome_of(target.read, path) for number, path in cases}
    assert {number: outcome for number, outcome in outcomes.items() if outcome not in ("read", "refused")} == {}


def test_what_goes_wrong_is_seen(tmp_path):
    def fails(path):
        raise ValueError("some\nlines")

    def hangs(path):
        while True:
            pass

    def tells_lines(path):
        from featfer.errors import FeatferError

        class Odd(FeatferError):
            __str__ = Exception.__str__
        raise Odd("two\nlines")
    assert fuzz.outcome_of(lambda path: None, tmp_path) == "read"
    assert fuzz.outcome_of(fails, tmp_path).startswith("ValueError: 'some\\nlines' in test_faults.py, fails")
    assert fuzz.outcome_of(tells_lines, tmp_path).startswith("a message of no line")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fuzz, "SECONDS", 0.2)
        assert fuzz.outcome_of(hangs, tmp_path) == "hang: more than 0.2 s"


def test_changes_are_the_same_in_every_run_and_differ_from_case_to_case(targets):
    target = targets["images"]
    made = [[changed(target, random.Random(f"{number}")) for number in range(30)] for _ in range(2)]
    assert made[0] == made[1]
    assert len(set(made[0])) > 25


def test_changed_files_are_tried_in_processes_of_their_own_as_long_as_there_is_time(targets, tmp_path):
    tally = fuzz.fuzz(targets["recipe (TOML)"], tmp_path, seconds=1)
    assert tally.read and tally.refused and tally.faults == []


@pytest.mark.slow
def test_bad_files_made_on_purpose_are_read_or_refused(tmp_path):
    tmp_path.chmod(0o755)
    rows = alone("files", "files.rows({folder}, lambda what: not any(word in what for word in "
                 f"{LARGE!r}))", tmp_path)
    assert len(rows) > 60
    assert [row[:2] for row in rows if row[1] not in ("read", "refused")] == []
    outcomes = {what: outcome for what, outcome, *_ in rows}
    assert outcomes["csv: a byte order mark"] == outcomes["csv: ends of lines of Windows"] == "read"
    assert outcomes["image: a pipe"] == outcomes["image: a link to /dev/zero"] == "refused"
    assert outcomes["table: arrays of pickled objects"] == "refused"
    assert max(grown for *_, grown in rows) < 300e6


# -- a store ----------------------------------------------------------------------------------------------------------

@pytest.mark.slow
def test_a_store_outlives_kills(tmp_path):
    outcomes = without_faults(alone("store", "store.kills({folder}, 10)", tmp_path))
    assert outcomes["the same table in the end"] >= 1
    assert sum(outcomes.values()) - outcomes["the same table in the end"] == 10


@pytest.mark.slow
def test_three_may_write_to_one_store_and_one_be_killed(tmp_path):
    assert without_faults(alone("store", "store.writers({folder}, 2)", tmp_path)) == {"the same table": 2}


def test_a_disk_that_is_full_is_named_and_once_there_is_room_the_store_is_whole(tmp_path):
    call = "store.full_disks({folder}, (40_000, 200_000))"
    try:
        outcomes = without_faults(alone("store", call, tmp_path))
    except AssertionError as error:
        if "mounting a disk is for root" in str(error):
            pytest.skip("mounting a disk is for root")
        raise
    assert outcomes == {"the error names the file and the disk's end": 2, "the same table once there was room": 2}


def test_a_file_larger_than_may_be_written_is_an_error_and_leaves_nothing(tmp_path):
    """What a quota does; no root is needed for it."""
    call = ("[__import__('resource').setrlimit(__import__('resource').RLIMIT_FSIZE, (30_000, 30_000)), "
            "__import__('signal').signal(__import__('signal').SIGXFSZ, __import__('signal').SIG_IGN), "
            "store.refused_by_quota({folder})][-1]")
    assert alone("store", call, tmp_path) == "File too large"


def test_read_only_folders_are_refused_by_name_and_a_whole_store_in_one_is_read():
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to others than root, who may write anywhere
        Path(folder).chmod(0o755)
        outcomes = without_faults(alone("store", "store.read_only({folder})", folder))
    assert outcomes == {"refused by name": 2, "read": 1}


@pytest.mark.slow
def test_a_flipped_bit_anywhere_in_a_store_is_refused_by_name_and_mended(tmp_path):
    outcomes = without_faults(alone("store", "store.flips({folder}, 43)", tmp_path))
    assert set(outcomes) == {"refused by name", "refused by name, then mended"}
    assert sum(outcomes.values()) > 250


@pytest.mark.slow
def test_a_file_of_a_store_cut_short_is_refused_by_name_and_mended(tmp_path):
    outcomes = without_faults(alone("store", "store.truncations({folder}, 61)", tmp_path))
    assert set(outcomes) == {"refused by name", "refused by name, then mended"}


def test_what_changed_is_computed_anew_and_nothing_else(tmp_path):
    assert alone("store", "store.stale({folder})", tmp_path) == {"computed as far as it changed": 3}


# -- the page ---------------------------------------------------------------------------------------------------------

def test_the_page_is_that_of_the_stored_results():
    result = json.loads(faults.RESULTS.read_text())
    assert faults.PAGE.read_text() == faults.page(result)
    assert result["faults"] == []
    assert [name for name, *_ in result["changed"]] == list(KINDS)
    stored = [(part, name) for part in faults.TRIED for name, _ in result[part]]
    assert stored == [(part, name) for part, name, _ in plans.plans(1)]
