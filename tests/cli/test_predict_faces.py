"""featfer predict on pictures without a face, with several faces, and with small ones."""

import csv

import numpy as np
import pytest
from helpers.commands import read_lines, refused, run, succeeded
from helpers.pictures import aslant
from PIL import Image


@pytest.fixture
def photos(tmp_path, photo):
    """A folder of a face, a room without one, and a small green square."""
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.open(photo).save(folder / "face.jpg")
    Image.fromarray(np.full((300, 300), 90, np.uint8)).save(folder / "room.png")
    Image.fromarray(np.full((100, 100, 3), (20, 200, 40), np.uint8)).save(folder / "square.png")
    return folder


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_pictures_without_a_face_are_reported_and_counted_at_the_end(photos, bundle):
    result = run("predict", photos, "--model", bundle)
    assert result.exit_code == 0
    face, room, square = result.stdout.splitlines()
    assert face.startswith(f"{photos / 'face.jpg'}: face at ")
    assert (room, square) == (f"{photos / 'room.png'}: no face found", f"{photos / 'square.png'}: no face found")
    assert result.stderr == (f"no face found in 2 of 3 images: {photos / 'room.png'}, {photos / 'square.png'}\n")


def test_pictures_without_a_face_are_in_json_and_in_the_table(photos, bundle, tmp_path):
    result = run("predict", photos / "room.png", photos / "face.jpg", "--model", bundle, "--json", "--csv", tmp_path / "t.csv")
    room, face = read_lines(result.stdout)
    assert room == {"image": str(photos / "room.png"), "status": "no-face", "faces": []}
    assert (face["status"], [seen["face"] for seen in face["faces"]]) == ("found", [1])
    first, second = rows_of(tmp_path / "t.csv")
    assert {name: value for name, value in first.items() if value} == {"image": str(photos / "room.png"), "status": "no-face"}
    assert (second["status"], second["face"], float(second["x1"])) == ("found", "1", face["faces"][0]["landmarks"][0][0])


def test_a_face_of_the_second_look_is_called_faint_in_every_output(tmp_path, photo, bundle):
    Image.fromarray(aslant(photo)).save(tmp_path / "aslant.png")
    words = ["predict", tmp_path / "aslant.png", "--model", bundle]
    assert succeeded(*words, "--csv", tmp_path / "t.csv").startswith(f"{tmp_path / 'aslant.png'}: faint face at ")
    (row,), (image,) = rows_of(tmp_path / "t.csv"), read_lines(succeeded(*words, "--json"))
    assert (row["status"], image["status"], [face["status"] for face in image["faces"]]) == ("faint", "faint", ["faint"])


def test_the_whole_picture_is_a_face_on_request(photos, bundle):
    lines = succeeded("predict", photos, "--model", bundle, "--no-face", "whole").splitlines()
    assert lines[1].startswith(f"{photos / 'room.png'}: no face found, whole image taken: ")
    assert lines[2].startswith(f"{photos / 'square.png'}: no face found, whole image taken: ")
    statuses = [image["status"] for image in read_lines(succeeded("predict", photos, "--model", bundle, "--no-face", "whole",
                                                                  "--json"))]
    assert statuses == ["found", "whole-image", "whole-image"]


def test_pictures_without_a_face_are_errors_on_request(photos, bundle, tmp_path):
    result = run("predict", photos, "--model", bundle, "--no-face", "error", "--csv", tmp_path / "t.csv")
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == len(rows_of(tmp_path / "t.csv")) == 1
    assert [line.partition(": no face found; --no-face skip passes over it")[0] for line in result.stderr.splitlines()] == [
        f"Error: {photos / 'room.png'}", f"Error: {photos / 'square.png'}"]


def test_unknown_values_of_no_face_are_refused(photos, bundle):
    assert "'drop' is none of skip, whole, error" in refused("predict", photos, "--model", bundle, "--no-face", "drop")
    assert "19 is not in the range 20<=x<=2000" in refused("predict", photos, "--model", bundle, "--smallest-face", 19)


def test_annotated_images_say_that_there_is_no_face(photos, bundle, tmp_path):
    result = run("predict", photos, "--model", bundle, "--out", tmp_path / "out")
    assert result.stdout.splitlines()[-1] == f"Wrote 3 annotated images to {tmp_path / 'out'}/"
    assert Image.open(tmp_path / "out" / "room.png").convert("L").resize((300, 300)).crop((0, 0, 60, 8)).getextrema()[1] > 150
    assert read_lines(run("predict", photos, "--model", bundle, "--out", tmp_path / "out", "--json").stdout)


@pytest.mark.slow
def test_several_faces_have_the_same_numbers_everywhere(photo, bundle, tmp_path):
    pixels = np.asarray(Image.open(photo))[60:400]
    pair = tmp_path / "pair.png"
    Image.fromarray(np.hstack([(pixels * 0.5).astype(np.uint8), pixels[:, ::-1]])).save(pair)
    lines = succeeded("predict", pair, "--model", bundle, "--csv", tmp_path / "t.csv").splitlines()
    faces = read_lines(succeeded("predict", pair, "--model", bundle, "--json"))[0]["faces"]
    assert [face["face"] for face in faces] == [1, 2]
    assert [row["face"] for row in rows_of(tmp_path / "t.csv")] == ["1", "2"]
    for number, (line, face, row) in enumerate(zip(lines, faces, rows_of(tmp_path / "t.csv"), strict=True), 1):
        left, top = map(round, face["box"][:2])
        assert line.startswith(f"{pair}: face {number} at {left},{top} to ")
        assert float(row["left"]) == face["box"][0]
        explained = succeeded("explain", pair, "--face", number, "--out", tmp_path / "explained", "--model", bundle)
        assert explained.startswith(f"{pair}: face {number} at {left},{top} to ")


def test_a_smaller_face_is_found_on_request(photo, bundle, tmp_path):
    face = Image.open(photo).crop((130, 80, 410, 400)).resize((60, 69))  # 40 pixels from ear to ear
    picture = Image.new("RGB", (1200, 900), (120, 140, 120))
    picture.paste(face, (600, 400))
    picture.save(tmp_path / "far.png")
    words = ("predict", tmp_path / "far.png", "--model", bundle)
    assert run(*words).stdout == f"{tmp_path / 'far.png'}: no face found\n"
    assert succeeded(*words, "--smallest-face", 30).startswith(f"{tmp_path / 'far.png'}: face at 6")
