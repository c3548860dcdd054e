import json
import re
import shutil

import numpy as np
import pytest
from commands import refused, run, script, succeeded
from PIL import Image, ImageChops

from featfer.labels import FER7


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
def notes(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no image")
    return path


def test_line_a_face(bundle, photo):
    line = succeeded("predict", photo, "--model", bundle)
    assert re.fullmatch(re.escape(f"{photo}: face at ") + r"\d+,\d+ to \d+,\d+: \w+ \d+%(, \w+ \d+%)*\n", line)
    shares = [int(share) for share in re.findall(r"(\d+)%", line.partition(": face")[2])]
    assert shares == sorted(shares, reverse=True)
    assert 97 <= sum(shares) <= 103


def test_picture_without_a_face_is_taken_whole(tmp_path, bundle):
    Image.fromarray(np.full((300, 300), 90, np.uint8)).save(tmp_path / "grey.png")
    assert f"{tmp_path / 'grey.png'}: no face found, whole image taken: " in succeeded("predict", tmp_path / "grey.png",
                                                                                     "--model", bundle)


def test_json_has_each_face_of_each_image(bundle, photo):
    results = json.loads(succeeded("predict", photo, photo, "--model", bundle, "--json"))
    assert [result["image"] for result in results] == [str(photo)] * 2
    assert results[0] == results[1]
    (face,) = results[0]["faces"]
    assert set(face) == {"label", "probabilities", "box", "status", "score"}
    assert list(face["probabilities"]) == list(FER7.names)
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert face["label"] == max(face["probabilities"], key=face["probabilities"].get)
    left, top, right, bottom = face["box"]
    assert 150 < left < 280 < right < 400
    assert 100 < top < 230 < bottom < 350
    assert face["status"] == "found"
    assert face["score"] > 0


def test_out_holds_the_picture_drawn_on(tmp_path, bundle, photo):
    succeeded("predict", photo, "--model", bundle, "--out", tmp_path / "out")
    original, drawn = Image.open(photo).convert("RGB"), Image.open(tmp_path / "out" / "grace_hopper.png")
    assert drawn.size == original.size
    assert ImageChops.difference(drawn, original).getbbox() is not None
    assert drawn.crop((0, 400, 512, 600)).tobytes() == original.crop((0, 400, 512, 600)).tobytes()


def test_same_names_in_different_folders_keep_both_pictures(tmp_path, bundle, two_folders):
    succeeded("predict", *two_folders, "--model", bundle, "--out", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["face-2.png", "face.png"]
    assert Image.open(tmp_path / "out" / "face.png").size == (512, 600)
    assert Image.open(tmp_path / "out" / "face-2.png").size == (500, 500)


def test_same_stem_of_two_formats_keeps_both_pictures(tmp_path, bundle, photo):
    shutil.copy(photo, tmp_path / "face.jpg")
    Image.open(photo).save(tmp_path / "face.bmp")
    succeeded("predict", tmp_path / "face.jpg", tmp_path / "face.bmp", "--model", bundle, "--out", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["face-2.png", "face.png"]


def test_originals_are_not_overwritten(tmp_path, bundle, photo):
    Image.open(photo).save(tmp_path / "face.png")
    before = (tmp_path / "face.png").read_bytes()
    assert f"{tmp_path / 'face.png'} is one of the images" in refused("predict", tmp_path / "face.png", "--model", bundle,
                                                                    "--out", tmp_path)
    assert (tmp_path / "face.png").read_bytes() == before


def test_bad_images_are_named_at_the_end_and_the_others_done(tmp_path, bundle, photo, notes):
    done = script("predict", notes, photo, tmp_path / "none.jpg", "--model", bundle, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert done.stdout.startswith(f"{photo}: face at ")
    first, second = done.stderr.splitlines()
    assert first.startswith(f"Error: {notes}: not a readable image")
    assert second == f"Error: {tmp_path / 'none.jpg'}: no such file"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["grace_hopper.png"]


def test_json_leaves_bad_images_to_stderr(bundle, photo, notes):
    result = run("predict", notes, photo, "--model", bundle, "--json")
    assert result.exit_code == 1
    assert [entry["image"] for entry in json.loads(result.stdout)] == [str(photo)]
    assert result.stderr.startswith(f"Error: {notes}: ")


def test_folder_is_no_image(tmp_path, bundle):
    assert f"{tmp_path}: is a folder" in refused("predict", tmp_path, "--model", bundle)


@pytest.mark.parametrize("verify", [[], ["--no-verify"]])
def test_text_file_is_no_model(photo, notes, verify):
    assert f"{notes}: " in refused("predict", photo, "--model", notes, *verify)


def test_unknown_model_is_named(photo):
    assert "knn: no such file, and none of the models that ship" in refused("predict", photo, "--model", "knn")


def test_place_that_cannot_be_written_to_is_named(bundle, photo, notes):
    line = refused("predict", photo, "--model", bundle, "--out", notes)
    assert line.startswith(f"Error: {notes / 'grace_hopper.png'}: cannot be written")


def test_images_are_required(bundle):
    assert "IMAGES" in refused("predict", "--model", bundle)
