import json
import re
import shutil

import numpy as np
import pytest
from commands import refused, run, succeeded
from PIL import Image

COUNTS = "42 images: 42 faces found, 0 without a found face (whole image taken), 0 unreadable, 0 bad rows left out."


@pytest.fixture
def photos(tmp_path, photo):
    """A folder with a face, a picture without one and a file that is no image."""
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(photo, folder / "a.jpg")
    Image.fromarray(np.full((200, 300), 127, np.uint8)).save(folder / "b.png")
    (folder / "c.jpg").write_text("no image")
    return folder


@pytest.fixture
def bad_csv(fer_csv):
    """A FER2013 csv of 42 rows whose lines 3 and 6 are bad."""
    lines = fer_csv.read_text().splitlines()
    lines[2] = "9" + lines[2][1:]
    lines[5] = lines[5].replace("Training", "Nowhere")
    fer_csv.write_text("\n".join(lines) + "\n")
    return fer_csv


def test_summary_counts_what_was_found(tmp_path, fer_csv):
    first, second = succeeded("extract", fer_csv, "--store", tmp_path / "store", "--jobs", 1).splitlines()
    assert re.fullmatch(r"Extracted 42 distinct images in \d+\.\d s \(\d+ images/s\)\.", first)
    assert second == COUNTS


def test_second_run_has_nothing_to_do(tmp_path, fer_csv):
    words = ["extract", fer_csv, "--store", tmp_path / "store", "--jobs", 1, "--features", "landmarks"]
    succeeded(*words)
    assert succeeded(*words).splitlines() == ["Nothing to do: all 42 images are in the store.", COUNTS]
    assert json.loads(succeeded(*words, "--json"))["computed"] == 0


def test_json_has_the_whole_summary(tmp_path, photos):
    summary = json.loads(succeeded("extract", photos, "--store", tmp_path / "store", "--jobs", 1, "--json"))
    assert summary["seconds"] > 0
    assert {name: summary[name] for name in ("images", "computed", "found", "whole_image", "skipped")} == {
        "images": 3, "computed": 3, "found": 1, "whole_image": 1, "skipped": []}
    assert list(summary["unreadable"]) == ["c.jpg"]


def test_unreadable_images_are_named_with_the_reason(tmp_path, photos):
    lines = succeeded("extract", photos, "--store", tmp_path / "store", "--jobs", 1).splitlines()
    assert lines[1] == "3 images: 1 faces found, 1 without a found face (whole image taken), 1 unreadable, 0 bad rows left out."
    assert "c.jpg: not a readable image" in lines[2]
    assert len(lines) == 3


def test_bad_row_stops_and_is_named(tmp_path, bad_csv):
    line = refused("extract", bad_csv, "--store", tmp_path / "store")
    assert f"{bad_csv}, line 3: unknown label '9'" in line
    assert "--skip-bad" in line


def test_skip_bad_lists_the_rows(tmp_path, bad_csv):
    lines = succeeded("extract", bad_csv, "--store", tmp_path / "store", "--jobs", 1, "--skip-bad").splitlines()
    assert lines[1].startswith("40 images: 40 faces found")
    assert lines[1].endswith("2 bad rows left out.")
    assert lines[2].startswith(f"  {bad_csv}, line 3: unknown label '9'")
    assert lines[3].startswith(f"  {bad_csv}, line 6: unknown usage 'Nowhere'")


def test_skip_bad_lists_the_rows_again_when_there_is_nothing_to_do(tmp_path, bad_csv):
    words = ["extract", bad_csv, "--store", tmp_path / "store", "--jobs", 1, "--skip-bad"]
    first, again = succeeded(*words).splitlines(), succeeded(*words).splitlines()
    assert again[0] == "Nothing to do: all 40 images are in the store."
    assert again[1:] == first[1:]


@pytest.mark.parametrize(("words", "value"), [
    (["--features", "smile"], "'smile'"),
    (["--features", "embedding,embedding"], "'embedding,embedding'"),
    (["--align", "7"], "'7'"),
    (["--backend", "caffe"], "'caffe'"),
    (["--precision", "int8"], "'int8'"),
    (["--device", "abacus"], "'abacus'"),
    (["--jobs", "0"], "0 is not in the range"),
])
def test_option_that_cannot_be_is_named_and_nothing_written(tmp_path, fer_csv, words, value):
    assert value in refused("extract", fer_csv, "--store", tmp_path / "store", *words)
    assert not list(tmp_path.glob("store/features/*"))


def test_missing_source_is_named(tmp_path):
    assert f"{tmp_path / 'none.csv'}: no such file" in refused("extract", tmp_path / "none.csv", "--store", tmp_path / "store")


def test_text_file_is_no_source(tmp_path):
    (tmp_path / "notes.txt").write_text("no images")
    assert "notes.txt: not a source" in refused("extract", tmp_path / "notes.txt", "--store", tmp_path / "store")


def test_folder_of_other_things_is_no_store(tmp_path, fer_csv):
    assert f"{tmp_path}: a folder with other things in it" in refused("extract", fer_csv, "--store", tmp_path)


def test_store_is_required(fer_csv):
    result = run("extract", fer_csv)
    assert result.exit_code == 2
    assert "--store" in result.stderr
