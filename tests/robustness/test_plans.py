"""Faults of sources, stores, memory, outputs, servers and videos: a small part of what tests/robustness/plans.py tries."""

import signal

import pytest
from helpers.faults import alone, without_faults
from robustness import midrun, serve, videos

SHORT = "head_seconds=1, waiting=20"


# -- in mid-run -------------------------------------------------------------------------------------------------------

def test_of_a_source_that_changes_in_mid_run_nothing_wrong_is_stored(tmp_path):
    outcomes = without_faults(midrun.disturbed_sources(tmp_path, midrun.CHANGES, (3,)))
    assert outcomes["the images were named, and nothing kept of them"] == 6
    assert outcomes["the same table once it was back"] == 6


def test_a_source_that_goes_in_mid_run_is_no_verdict_on_its_images(tmp_path):
    outcomes = without_faults(midrun.disturbed_sources(tmp_path, midrun.LOSSES, (3,)))
    assert outcomes == {"the images were named, and nothing kept of them": 10, "the same table once it was back": 10}


def test_a_store_that_goes_in_mid_run_is_an_error_or_whole(tmp_path):
    outcomes = without_faults(midrun.lost_stores(tmp_path, (3,)))
    assert outcomes["refused by name"] >= 8
    assert outcomes["the same table after the next run"] == 13


def test_a_store_without_its_marker_is_read_or_refused_by_name(tmp_path):
    outcomes = without_faults(midrun.without_marker(tmp_path))
    assert outcomes == {"read": 1, "refused by name": 6, "the same table after the next run": 7}


# -- memory -----------------------------------------------------------------------------------------------------------

@pytest.mark.slow
def test_an_extraction_whose_memory_ends_says_so_and_the_next_is_whole(tmp_path):
    outcomes = without_faults(alone("memory", "memory.extractions({folder}, (1 << 20,))", tmp_path))
    assert outcomes == {"an error in a line": 2, "the same table once there was memory": 2}


@pytest.mark.slow
def test_commands_whose_memory_ends_say_so(tmp_path):
    outcomes = without_faults(alone("memory", "memory.commands({folder}, (1 << 24,))", tmp_path))
    assert outcomes["an error in a line"] >= 2


# -- outputs ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("chosen", ["table", pytest.param("", marks=pytest.mark.slow)])
def test_files_of_another_kind_are_kept(tmp_path, chosen):
    outcomes = without_faults(alone("outputs", f"outputs.others_kept({{folder}}, {chosen!r})", tmp_path))
    assert outcomes == {"refused in a line, and all was kept": 336 if chosen == "" else 24}


def test_links_pipes_and_devices_are_written_to(tmp_path):
    outcomes = without_faults(alone("outputs", "outputs.streams({folder})", tmp_path))
    assert outcomes == {"written to, and still what it was": 5}


@pytest.mark.parametrize(("number", "words"), [
    (signal.SIGTERM, "the rows that were done are there, each whole, and counted"),
    pytest.param(signal.SIGKILL, "the rows that were done are there, each whole", marks=pytest.mark.slow)])
def test_rows_that_were_done_outlive_a_stop(tmp_path, number, words):
    outcomes = without_faults(alone("outputs", f"outputs.stopped({{folder}}, {int(number)}, 1)", tmp_path))
    assert set(outcomes) <= {words, "finished before it was stopped"}


# -- a server ---------------------------------------------------------------------------------------------------------

def test_connections_that_are_held_are_closed_and_others_answered(tmp_path):
    assert without_faults(serve.heads(tmp_path, 120, SHORT))["closed in time"] == 120
    assert without_faults(serve.dripping(tmp_path, 12, SHORT))["closed in time"] == 12


@pytest.mark.slow
def test_slow_pictures_and_forms_of_many_parts_are_refused_and_others_answered(tmp_path):
    assert without_faults(serve.slow(tmp_path, 2))["a slow picture was refused"] == 16
    assert without_faults(serve.many_parts(tmp_path, (101, 5000)))["refused"] == 6
    assert without_faults(serve.large(tmp_path, (1 << 25,)))["another was answered meanwhile"] == 1


# -- videos ------------------------------------------------------------------------------------------------------------

def test_what_is_lost_of_a_film_is_named(tmp_path):
    outcomes = without_faults(videos.damaged(tmp_path, 2, ((".mp4", "libx264"), (".avi", "mjpeg"))))
    assert outcomes["the frames that were lost were named"] >= 8
