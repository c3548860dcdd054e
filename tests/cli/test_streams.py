"""Standard output on a full disk, without a reader, or closed."""

import subprocess

import pytest
from helpers.commands import SCRIPT

SAID = "Error: standard output: cannot be written"


@pytest.mark.parametrize(("unbuffered", "words", "ending", "code", "errors"), [
    ("1", "info", "> /dev/full", 1, f"{SAID} (No space left on device)\n"),
    ("", "info", "> /dev/full", 1, f"{SAID} (No space left on device)\n"),
    ("", "--help", "> /dev/full", 1, f"{SAID} (No space left on device)\n"),
    ("", "info --json", ">&-", 1, f"{SAID} (it is closed)\n"),
    ("", "info --json", "| true", 1, ""),
    ("", "info nowhere", "2> /dev/full", 1, ""),
    ("", "info nowhere", "2>&-", 1, ""),
    ("", "info", "> /dev/null 2>&-", 0, ""),
])
def test_an_unwritable_standard_output_is_an_error_in_one_line(unbuffered, words, ending, code, errors):
    command = f"PYTHONUNBUFFERED={unbuffered} {SCRIPT} {words} {ending}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", errors)


def test_files_do_not_take_the_place_of_a_closed_standard_output(small_store, tmp_path):
    command = f"{SCRIPT} table --store {small_store} --out {tmp_path / 't.npz'} >&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, f"{SAID} (it is closed)\n")
    assert (tmp_path / "t.npz").read_bytes()[:2] == b"PK"
