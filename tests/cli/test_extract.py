import json
import re
import shutil

import numpy as np
import pytest
from helpers.commands import refused, run, succeeded
from PIL import Image

from featfer.labels import AFFECTNET8
from featfer.store.table import load_table

LABELS = "Labels fer7: 14 train, 14 val, 14 test; 0 without a label."
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
    first, second, third = succeeded("extract", fer_csv, "--store", tmp_path / "store", "--jobs", 1).splitlines()
    assert re.fullmatch(r"Extracted 42 distinct images in \d+\.\d s \(\d+ images/s\)\.", first)
    assert [second, third] == [COUNTS, LABELS]


def test_second_run_has_nothing_to_do(tmp_path, fer_csv):
    words = ["extract", fer_csv, "--store", tmp_path / "store", "--jobs", 1, "--features", "landmarks"]
    succeeded(*words)
    assert succeeded(*words).splitlines() == ["Nothing to do: all 42 images are in the store.", COUNTS, LABELS]
    assert json.loads(succeeded(*words, "--json"))["computed"] == 0


def test_json_has_the_whole_summary(tmp_path, photos):
    summary = json.loads(succeeded("extract", photos, "--store", tmp_path / "store", "--jobs", 1, "--json"))
    assert summary["seconds"] > 0
    assert {name: summary[name] for name in ("images", "computed", "found", "whole_image", "skipped")} == {
        "images": 3, "computed": 3, "found": 1, "whole_image": 1, "skipped": []}
    assert (summary["label_set"], summary["splits"], summary["unlabelled"]) == (None, {}, 3)
    assert list(summary["unreadable"]) == ["c.jpg"]


def test_unreadable_images_are_named_with_the_reason(tmp_path, photos):
    lines = succeeded("extract", photos, "--store", tmp_path / "store", "--jobs", 1).splitlines()
    assert lines[1] == "3 images: 1 face found, 1 without a found face (whole image taken), 1 unreadable, 0 bad rows left out."
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
    assert lines[3].startswith(f"  {bad_csv}, line 3: unknown label '9'")
    assert lines[4].startswith(f"  {bad_csv}, line 6: unknown usage 'Nowhere'")


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
    (["--precision", "half"], "'half' is none of auto, float32, bf16, int8"),
    (["--device", "abacus"], "'abacus'"),
    (["--jobs", "0"], "0 is not in the range"),
])
def test_an_impossible_option_is_named_and_nothing_written(tmp_path, fer_csv, words, value):
    assert value in refused("extract", fer_csv, "--store", tmp_path / "store", *words)
    assert not list(tmp_path.glob("store/features/*"))


def test_missing_source_is_named(tmp_path):
    assert f"{tmp_path / 'none.csv'}: no such file" in refused("extract", tmp_path / "none.csv", "--store", tmp_path / "store")


def test_text_file_is_no_source(tmp_path):
    (tmp_path / "notes.txt").write_text("no images")
    assert "notes.txt: not a source" in refused("extract", tmp_path / "notes.txt", "--store", tmp_path / "store")


def test_folder_of_other_things_is_no_store(tmp_path, fer_csv):
    assert f"{tmp_path}: a folder with other things in it" in refused("extract", fer_csv, "--store", tmp_path)


def test_votes_make_another_source_of_the_same_features(tmp_path, fer_csv):
    votes = tmp_path / "fer2013new.csv"
    rows = ["0,8,0,0,0,0,0,0,2,0" if i % 2 else "5,5,0,0,0,0,0,0,0,0" for i in range(42)]
    header = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    lines = [f"{fer_csv.read_text().splitlines()[i + 1].rpartition(',')[2]},fer{i}.png,{row}" for i, row in enumerate(rows)]
    votes.write_text("\n".join([header, *lines]))
    words = ["extract", fer_csv, "--store", tmp_path / "store", "--jobs", 1]
    succeeded(*words)
    first, _, third = succeeded(*words, "--votes", votes).splitlines()
    assert first.startswith("Nothing to do")
    assert third == "Labels affectnet8: 7 train, 7 val, 7 test; 21 without a label."
    assert "21 without" not in succeeded(*words, "--votes", votes, "--vote-mode", "probability")
    assert "more than one source" in refused("table", "--store", tmp_path / "store", "--out", tmp_path / "t.npz")
    succeeded("table", "--store", tmp_path / "store", "--out", tmp_path / "t.npz", "--source", "ferplus-majority")
    table = load_table(tmp_path / "t.npz")
    assert table.label_set is AFFECTNET8
    assert table.votes[1].tolist() == [0, 1, 0, 0, 0, 0, 0, 0]


def test_the_recognized_form_of_the_source_is_printed_every_time(tmp_path, classes):
    (classes / "me.png").write_bytes(next(classes.rglob("*.png")).read_bytes())
    words = ["extract", classes, "--store", tmp_path / "store", "--jobs", "1"]
    first, again = run(*words), run(*words)
    assert first.exit_code == again.exit_code == 0
    kind, note = first.stderr.splitlines()
    assert kind.startswith(f"{classes}: class folders; ")
    assert note == f"{classes}: 1 image beside the folders, such as me.png, in no class: not taken"
    assert again.stderr == first.stderr


def test_numbers_for_classes_are_a_warning_and_codes_read_them(tmp_path, classes):
    for i, folder in enumerate(sorted(path for path in classes.iterdir() if path.is_dir())):
        folder.rename(classes / str(i))
    words = ["extract", classes, "--store", tmp_path / "store", "--jobs", "1"]
    assert run(*words).stderr.splitlines()[1].startswith(f"Warning: {classes}: the labels 0, ")
    assert "Nothing to do" in succeeded(*words, "--codes", "fer2013")
    assert "labels fer" in run(*words, "--codes", "fer2013").stderr
    assert "'x' is none of" in refused(*words, "--codes", "x")
    assert "and --votes gives others" in refused(*words, "--codes", "own", "--votes", "x.csv")


def test_impossible_votes_are_named(tmp_path, fer_csv, photos):
    words = ["extract", fer_csv, "--store", tmp_path / "store"]
    assert f"{tmp_path / 'none.csv'}: cannot be read" in refused(*words, "--votes", tmp_path / "none.csv")
    assert "'mean' is none of majority" in refused(*words, "--votes", fer_csv, "--vote-mode", "mean")
    assert "votes are for" in refused("extract", photos, "--store", tmp_path / "store", "--votes", fer_csv)


@pytest.fixture
def classes(tmp_path, crops):
    """Class folders of two labels of ten people, named as those of CK+48, without splits."""
    for i, crop in enumerate(crops[:40]):
        path = tmp_path / "CK+48" / ("happy", "sadness")[i % 2] / f"S{i // 4:03}_00{i % 4}_00000017.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(crop).save(path)
    return tmp_path / "CK+48"


def test_a_split_is_drawn_and_kept(tmp_path, classes):
    words = ["extract", classes, "--store", tmp_path / "store", "--jobs", 1, "--features", "landmarks"]
    assert succeeded(*words).splitlines()[2] == "Labels fer3: no splits (--split draws them); 0 without a label."
    drawn = [*words, "--split", "60/20/20", "--by", "subject"]
    first, _, third = succeeded(*drawn).splitlines()
    assert first.startswith("Nothing to do")
    assert third == "Labels fer3: 24 train, 8 val, 8 test; 0 without a label."
    assert succeeded(*words).splitlines()[2] == third
    succeeded("table", "--store", tmp_path / "store", "--out", tmp_path / "t.npz", "--features", "landmarks")
    table = load_table(tmp_path / "t.npz")
    splits = {subject: set(table.splits[table.subjects == subject]) for subject in table.subjects}
    assert len(splits) == 10
    assert all(len(of_subject) == 1 for of_subject in splits.values())
    assert "32 train, 4 val, 4 test" in succeeded(*words, "--split", "80/10/10")


@pytest.mark.parametrize(("words", "reason"), [
    (["--split", "80/20"], "split '80/20': give the shares of train, val and test in per cent, such as 80/10/10"),
    (["--split", "80/10/10", "--by", "film"], "'film' is none of image, subject"),
    (["--split", "80/10/10"], "split 80/10/10 by image, seed 0: it comes with splits of its own, test, train, val"),
])
def test_an_impossible_split_is_named(tmp_path, fer_csv, words, reason):
    assert reason in refused("extract", fer_csv, "--store", tmp_path / "store", *words)


def test_a_shard_says_what_is_still_missing(tmp_path, fer_csv, monkeypatch):
    monkeypatch.setattr("featfer.extraction.run.SHARD_IMAGES", 8)
    words = ["extract", fer_csv, "--store", tmp_path / "store", "--jobs", 1, "--features", "crop", "--shard"]
    first, second, third, fourth = succeeded(*words, "1/4").splitlines()
    assert first.startswith("Extracted 16 distinct images in ")
    assert second == ("Done 1/4: 16 of 42 images are in this store, 26 are missing yet. Run the others, then `featfer store "
                      "merge` where each has a store of its own, or the same command without --shard.")
    assert third == "16 images: 16 faces found, 0 without a found face (whole image taken), 0 unreadable, 0 bad rows left out."
    assert fourth == LABELS
    assert succeeded(*words, "1/4").splitlines()[0] == second
    assert json.loads(succeeded(*words, "2/4", "--json"))["missing"] == 16
    succeeded(*words, "3/4")
    assert [succeeded(*words, "4/4").splitlines()[1] for _ in range(2)] == [COUNTS, COUNTS]
    assert succeeded(*words, "2/4").splitlines()[0] == "Nothing to do: all 42 images are in the store."


def test_an_invalid_shard_is_named(tmp_path, fer_csv):
    assert "shard '5/4': give which of how many" in refused("extract", fer_csv, "--store", tmp_path / "store", "--shard", "5/4")
    assert not (tmp_path / "store").exists()


def test_a_missing_cluster_is_named(tmp_path, fer_csv, monkeypatch):
    monkeypatch.setattr("featfer.extraction.cluster.PATIENCE", 1)
    line = refused("extract", fer_csv, "--store", tmp_path / "store", "--scheduler", "tcp://127.0.0.1:9")
    assert line.startswith("Error: scheduler 'tcp://127.0.0.1:9': no answer (")
    assert "jobs 2" in refused("extract", fer_csv, "--store", tmp_path, "--scheduler", "tcp://127.0.0.1:9", "--jobs", 2)


def test_store_is_required(fer_csv):
    result = run("extract", fer_csv)
    assert result.exit_code == 2
    assert "--store" in result.stderr


def test_images_that_fail_are_counted_and_named_in_a_line_and_the_exit_code_is_1(tmp_path, photos):
    for number in range(5):
        (photos / f"gone{number}.png").symlink_to(photos / "nowhere")
    words = ["extract", photos, "--store", tmp_path / "store", "--jobs", 2, "--features", "landmarks"]
    for _ in range(2):
        line = refused(*words)
        assert line.startswith("Error: 5 images could not be computed and are missing in the store: gone0.png (")
        assert "gone0.png: no such file); gone1.png (" in line and " and 2 more. Run the same command again" in line
    assert len(json.loads(run(*words, "--json").stdout)["failed"]) == 5
    for number in range(5):
        (photos / f"gone{number}.png").unlink()
    assert "1 unreadable" in succeeded(*words)
