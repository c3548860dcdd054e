import csv
import os
import re
import shutil
import sys

import cv2
import numpy as np
import pytest
import torch
from helpers.commands import read_lines, refused, run, script, succeeded
from helpers.networks import small_cnn
from PIL import Image

from featfer.bundle.persist import load
from featfer.labels import FER7
from featfer.prediction import run as prediction_run


@pytest.fixture
def two_folders(tmp_path, photo):
    """Two pictures of the same name in different folders, the second twice as small and mirrored."""
    paths = [tmp_path / folder / "face.jpg" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
    shutil.copy(photo, paths[0])
    Image.open(photo).transpose(Image.Transpose.FLIP_LEFT_RIGHT).crop((0, 0, 500, 500)).save(paths[1])
    return paths


@pytest.fixture
def video(tmp_path, photo):
    """A video of five frames, four a second, of the same face, beside face.png with that face."""
    folder = tmp_path / "videos"
    folder.mkdir()
    Image.open(photo).save(folder / "face.png")
    video = cv2.VideoWriter(str(folder / "face.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 4, (512, 600))
    for _ in range(5):
        video.write(cv2.imread(str(folder / "face.png")))
    video.release()
    return folder / "face.mp4"


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no image")
    return path


def test_every_face_gets_a_line(bundle, photo):
    line = succeeded("predict", photo, "--model", bundle)
    assert re.fullmatch(re.escape(f"{photo}: face at ") + r"\d+,\d+ to \d+,\d+: \w+ \d+%(, \w+ \d+%)*\n", line)
    shares = [int(share) for share in re.findall(r"(\d+)%", line.partition(": face")[2])]
    assert shares == sorted(shares, reverse=True)
    assert 97 <= sum(shares) <= 103


def test_json_has_each_face_of_each_image(bundle, photo):
    results = read_lines(succeeded("predict", photo, photo, "--model", bundle, "--json"))
    assert [result["image"] for result in results] == [str(photo)] * 2
    assert results[0] == results[1]
    (face,) = results[0]["faces"]
    assert list(face) == ["face", "label", "probabilities", "box", "status", "score", "landmarks", "novelty", "confidence",
                          "ambiguity"]
    assert list(face["probabilities"]) == list(FER7.names)
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert face["label"] == max(face["probabilities"], key=face["probabilities"].get)
    assert face["confidence"] == max(face["probabilities"].values())
    left, top, right, bottom = face["box"]
    assert 150 < left < 280 < right < 400
    assert 100 < top < 230 < bottom < 350
    assert face["status"] == "found"
    assert face["score"] > 0
    assert len(face["landmarks"]) == 5
    assert all(left < x < right and top < y < bottom for x, y in face["landmarks"])


def test_out_has_the_annotated_picture(tmp_path, bundle, photo):
    succeeded("predict", photo, "--model", bundle, "--out", tmp_path / "out")
    original, drawn = Image.open(photo).convert("RGB"), Image.open(tmp_path / "out" / "grace_hopper.jpg")
    assert (drawn.format, drawn.size) == ("JPEG", original.size)
    difference = np.abs(np.asarray(drawn).astype(int) - np.asarray(original))
    assert difference[:400].max() > 150
    assert difference[400:].max() < 40  # what a JPEG is off by


def test_originals_are_not_overwritten(tmp_path, bundle, photo):
    Image.open(photo).save(tmp_path / "face.png")
    before = (tmp_path / "face.png").read_bytes()
    line = refused("predict", tmp_path / "face.png", "--model", bundle, "--out", tmp_path)
    assert line.startswith(f"Error: {tmp_path / 'face.png'}: cannot be written (it is read by the same command")
    assert (tmp_path / "face.png").read_bytes() == before


def test_bad_images_are_named_at_the_end_and_the_others_done(tmp_path, bundle, photo, notes):
    done = run("predict", notes, photo, tmp_path / "none.jpg", "--model", bundle, "--out", tmp_path / "out")
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert done.stdout.startswith(f"{photo}: face at ")
    assert done.stdout.endswith(f"\nWrote 1 annotated image to {tmp_path / 'out'}/\n")
    first, second = done.stderr.splitlines()
    assert first.startswith(f"Error: {notes}: not a readable image")
    assert second == f"Error: {tmp_path / 'none.jpg'}: no such file"
    assert [path.name for path in (tmp_path / "out").rglob("*.*") if path.is_file()] == ["grace_hopper.jpg"]


def test_json_leaves_bad_images_to_stderr(bundle, photo, notes):
    result = run("predict", notes, photo, "--model", bundle, "--json")
    assert result.exit_code == 1
    assert [entry["image"] for entry in read_lines(result.stdout)] == [str(photo)]
    assert result.stderr.startswith(f"Error: {notes}: ")


def test_action_units_are_a_line_below_and_a_member_of_json(bundle, photo):
    line, units = succeeded("predict", photo, "--model", bundle, "--action-units").splitlines()
    assert line + "\n" == succeeded("predict", photo, "--model", bundle)
    assert re.fullmatch(r"    action units: (AU[\d/]+ \d\.\d(, AU[\d/]+ \d\.\d)*|none above 1 of 5)", units)
    face = read_lines(succeeded("predict", photo, "--model", bundle, "--action-units", "--json"))[0]["faces"][0]
    assert all(0 <= value <= 5 for value in face["action_units"].values())
    assert len(face["landmarks"]) == 68


def test_folder_is_searched(tmp_path, bundle, two_folders, notes):
    result = run("predict", tmp_path, "--model", bundle)
    assert (result.exit_code, result.stderr) == (0, "Passed over: 1 .txt file.\n")
    assert [line.partition(": ")[0] for line in result.stdout.splitlines()] == list(map(str, two_folders))


def test_pattern_in_quotes_is_searched(tmp_path, bundle, two_folders):
    line = succeeded("predict", tmp_path / "?" / "f*.jp*g", two_folders[0], "--model", bundle)
    assert [words.partition(": ")[0] for words in line.splitlines()] == list(map(str, [*two_folders, two_folders[0]]))


def test_folder_without_pictures_is_named_and_the_others_done(tmp_path, bundle, photo, notes):
    result = run("predict", tmp_path, photo, "--model", bundle)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{photo}: face at ")
    assert result.stderr.startswith(f"Error: {tmp_path}: no photo or video in it; passed over: 1 .txt file\n")


def test_video_is_seen_frame_by_frame(tmp_path, bundle, video):
    lines = succeeded("predict", video, "--model", bundle).splitlines()
    assert [line.partition(": ")[0] for line in lines] == [f"{video}#t=0.00", f"{video}#t=1.00"]
    assert all(": face at " in line for line in lines)


def test_every_nth_frame_of_a_video_as_json(bundle, video):
    results = read_lines(succeeded("predict", video, "--model", bundle, "--every", 3, "--json"))
    assert [(result["image"], result["frame"], result["seconds"]) for result in results] == [
        (f"{video}#t=0.00", 0, 0.0), (f"{video}#t=0.75", 3, 0.75)]
    assert [face["status"] for result in results for face in result["faces"]] == ["found", "found"]
    assert "frame" not in read_lines(succeeded("predict", video.with_name("face.png"), "--model", bundle, "--json"))[0]


def test_frames_are_annotated_too(tmp_path, bundle, video):
    succeeded("predict", video, video.with_name("face.png"), "--model", bundle, "--out", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["face-000000.png", "face-000004.png", "face-2.png"]


@pytest.mark.parametrize("every", ["0", "-1", "often"])
def test_every_is_a_whole_number_above_zero(bundle, video, every):
    assert "'--every'" in refused("predict", video, "--model", bundle, "--every", every)


def test_the_table_has_the_same_content_as_json(tmp_path, bundle, photo, video):
    words = ("predict", photo, video, "--model", bundle, "--json", "--csv", tmp_path / "t.csv")
    faces = [{**face, **result} for result in read_lines(succeeded(*words)) for face in result["faces"]]
    with open(tmp_path / "t.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == [str(photo), f"{video}#t=0.00", f"{video}#t=1.00"]
    for row, face in zip(rows, faces, strict=True):
        assert (row["label"], row["face"], row["status"], float(row["score"])) == (face["label"], "1", "found", face["score"])
        assert {name: float(row[name]) for name in FER7.names} == face["probabilities"]
        assert [float(row[side]) for side in ("left", "top", "right", "bottom")] == face["box"]


def test_what_is_not_confident_is_unsure(bundle, photo, tmp_path):
    (result,) = read_lines(succeeded("predict", photo, "--model", bundle, "--json"))
    (face,) = result["faces"]
    words = ("predict", photo, "--model", bundle, "--csv", tmp_path / "t.csv")
    line = succeeded(*words, "--reject", min(1, face["confidence"] + 0.001))
    assert f": unsure ({face['label']} {face['confidence']:.0%}, " in line
    with open(tmp_path / "t.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["label"], float(row["confidence"])) == ("unsure", face["confidence"])
    assert {name: float(row[name]) for name in FER7.names} == face["probabilities"]
    assert succeeded(*words, "--reject", face["confidence"]) == succeeded(*words)
    assert "'--reject'" in refused("predict", photo, "--model", bundle, "--reject", "1.5")


def test_table_that_cannot_be_written_is_named(bundle, photo, notes):
    line = refused("predict", photo, "--model", bundle, "--csv", notes / "t.csv")
    assert line.startswith(f"Error: {notes / 't.csv'}: cannot be written")


def test_detector_by_name(bundle, photo):
    line = succeeded("predict", photo, "--model", bundle, "--detector", "whole")
    assert line.startswith(f"{photo}: no face found, whole image taken: ")
    assert succeeded("predict", photo, "--model", bundle, "--detector", "hog") == succeeded("predict", photo, "--model", bundle)


def test_unknown_detector_is_named_before_the_model_is_loaded(photo):
    line = refused("predict", photo, "--model", "nowhere", "--detector", "cnn")
    assert line == "Error: Invalid value for '--detector': 'cnn' is none of hog, mmod, haar, whole, mtcnn; did you mean mtcnn?"


def test_detector_without_its_package_shows_the_install_line(bundle, photo, monkeypatch):
    monkeypatch.setitem(sys.modules, "mtcnn", None)
    assert "pip install 'mtcnn[tensorflow]'" in refused("predict", photo, "--model", bundle, "--detector", "mtcnn")


def test_interrupted_it_keeps_what_was_done_and_says_so(tmp_path, bundle, photo, monkeypatch):
    original = prediction_run.predict_pictures

    def interrupted(*args, **options):
        yield next(original(*args, **options))
        raise KeyboardInterrupt
    monkeypatch.setattr(prediction_run, "predict_pictures", interrupted)
    table = tmp_path / "new" / "t.csv"
    result = run("predict", photo, photo, "--model", bundle, "--csv", table)
    assert result.exit_code == 130
    assert result.stdout.startswith(f"{photo}: face at ")
    assert result.stderr == (f"\nStopped. Pictures that were done: 1; their rows are in {table}. The same command begins "
                             "with the first again.\n")
    assert [row["image"] for row in csv.DictReader(table.open())] == [str(photo)]
    assert list(table.parent.iterdir()) == [table]
    result = run("predict", photo, photo, "--model", bundle, "--json")
    assert [picture["image"] for picture in read_lines(result.stdout)] == [str(photo)]


@pytest.mark.parametrize("verify", [[], ["--no-verify"]])
def test_text_file_is_no_model(photo, notes, verify):
    assert f"{notes}: " in refused("predict", photo, "--model", notes, *verify)


def test_unknown_model_is_named(photo):
    assert "knn: no such file, and none of the models that ship" in refused("predict", photo, "--model", "knn")


def test_a_place_without_permission_is_named(bundle, photo, notes):
    line = refused("predict", photo, "--model", bundle, "--out", notes)
    assert line == f"Error: {notes}: cannot be written (Not a directory)"


def test_images_are_required(bundle):
    assert "PATH" in refused("predict", "--model", bundle)


def test_file_names_that_are_not_unicode_are_escaped_in_print_and_kept_in_the_table(bundle, photo, tmp_path):
    for name in (b"\xff.jpg", b"two\nlines.jpg", b"esc\x1b[31m.jpg"):
        (tmp_path / os.fsdecode(name)).write_bytes(photo.read_bytes())
    done = script("predict", tmp_path, "--model", bundle, "--csv", tmp_path / "a.csv", "-q", PYTHONUTF8="1")
    assert (done.returncode, done.stderr) == (0, "")
    names = [line.partition(": face at")[0].rpartition("/")[2] for line in done.stdout.splitlines()]
    assert names == [r"esc\x1b[31m.jpg", r"two\nlines.jpg", r"\udcff.jpg"]
    assert b"/\xff.jpg," in (tmp_path / "a.csv").read_bytes()


def test_a_network_is_one_more_model(tmp_path, photo, fer_rows):
    _, small = small_cnn(tmp_path, fer_rows)
    line = succeeded("predict", photo, "--model", small)
    assert re.fullmatch(re.escape(f"{photo}: face at ") + r"\d+,\d+ to \d+,\d+: \w+ \d+%(, \w+ \d+%)*\n", line)
    (result,) = read_lines(succeeded("predict", photo, "--model", small, "--json"))
    (face,), recognizer = result["faces"], load(small)
    ((faces, _),) = recognizer.recognize([photo])
    crop = torch.from_numpy(recognizer.features[0].transform(faces)).view(1, 1, 48, 48) / 255
    expected = recognizer.classifier.net()(crop).softmax(dim=1)[0].tolist()
    assert list(face["probabilities"].values()) == pytest.approx(expected, abs=1e-5)
    assert face["label"] == FER7.names[expected.index(max(expected))]


def test_csv_in_the_columns_of_other_programs(tmp_path, bundle, video):
    photo, table = video.with_name("face.png"), tmp_path / "t.csv"
    face = read_lines(succeeded("predict", photo, "--model", bundle, "--action-units", "--json"))[0]["faces"][0]
    succeeded("predict", photo, video, "--model", bundle, "--csv", table, "--format", "openface", "--every", 2)
    rows = list(csv.DictReader(table.open()))
    assert [(row["frame"], row["timestamp"], row["input"]) for row in rows] == [
        ("1", "0.0", str(photo)), ("1", "0.0", str(video)), ("3", "0.5", str(video)), ("5", "1.0", str(video))]
    assert [float(rows[0]["x_30"]), float(rows[0]["y_30"])] == pytest.approx(face["landmarks"][30])
    assert float(rows[0]["AU12_r"]) == face["action_units"]["AU12"]
    assert abs(float(rows[0]["pose_Rx"])) < 0.3
    assert 0 < abs(float(rows[0]["pose_Ry"])) < 0.3
    succeeded("predict", photo, "--model", bundle, "--csv", table, "--format", "pyfeat")
    (row,) = csv.DictReader(table.open())
    assert float(row["happiness"]) == face["probabilities"]["happy"]
    assert float(row["AU12"]) == face["action_units"]["AU12"] / 5
    assert "--csv" in refused("predict", video, "--format", "openface")
