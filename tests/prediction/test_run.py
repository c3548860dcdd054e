"""A run over photos and videos without the command: what it is given, and what it says of itself."""

import csv

import numpy as np
import pytest
from PIL import Image

from featfer.bundle.persist import load
from featfer.errors import ParameterError, WriteError
from featfer.expression import Expression
from featfer.prediction import run as prediction_run
from featfer.prediction.run import PredictionRun

FACE = Expression("happy", {"happy": 1.0}, (0.0, 0.0, 9.0, 9.0), "found", 1.0)


@pytest.fixture
def photos(tmp_path):
    """A folder of two pictures and a text."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, level in (("a.png", 9), ("b.png", 8)):
        Image.fromarray(np.full((40, 40), level, np.uint8)).save(folder / name)
    (folder / "notes.txt").write_text("")
    return folder


@pytest.fixture
def faces_in_bright_ones(monkeypatch):
    """A recognizer sees a face in pictures of brightness 9; what it was asked for stands in the list."""
    asked = []

    def predicted(recognizer, pictures, detector, enrich, failed, no_face, smallest, reject):
        asked.append((detector, no_face, smallest, reject))
        return ((picture, [FACE] if picture.pixels.max() > 8 else []) for picture in pictures)
    monkeypatch.setattr(prediction_run, "predict_pictures", predicted)
    return asked


def test_it_says_what_had_no_face_and_what_was_passed_over(photos, faces_in_bright_ones):
    run = PredictionRun([str(photos)], "haar", 30, reject=0.25)
    assert [(picture.name, faces) for picture, faces in run.predict(None)] == [
        (str(photos / "a.png"), [FACE]), (str(photos / "b.png"), [])]
    assert run.remarks == [f"no face found in 1 of 2 images: {photos / 'b.png'}", "Passed over: 1 .txt file."]
    assert (run.files, run.done, run.failed, run.written) == ([str(photos / "a.png"), str(photos / "b.png")], 2, [], "")
    assert faces_in_bright_ones == [("haar", "skip", 30, 0.25)]


def test_a_picture_without_a_face_fails_where_that_is_an_error(photos, faces_in_bright_ones):
    run = PredictionRun([str(photos), str(photos / "none*")], no_face="error")
    assert [picture.name for picture, _ in run.predict(None)] == [str(photos / "a.png")]
    assert run.failed == [f"{photos / 'none*'}: no photo or video in it",
                          f"{photos / 'b.png'}: no face found; --no-face skip passes over it, whole takes it all for one"]
    assert run.remarks == ["Passed over: 1 .txt file."]


def test_a_stopped_run_says_what_is_kept_of_it(photos, faces_in_bright_ones, bundle, tmp_path):
    run = PredictionRun([str(photos)], table=tmp_path / "t.csv", out=tmp_path / "drawn")
    assert (run.kept, run.written) == ("", "")
    predictions = run.predict(load(bundle))
    next(predictions)
    predictions.close()
    assert run.kept == (f"Pictures that were done: 1; their rows are in {tmp_path / 't.csv'} and their pictures in "
                        f"{tmp_path / 'drawn'}. The same command begins with the first again.")
    assert [row["image"] for row in csv.DictReader((tmp_path / "t.csv").open())] == [str(photos / "a.png")]
    assert run.written == f"Wrote 1 annotated image to {tmp_path / 'drawn'}/"


def test_what_cannot_be_is_said_before_anything_is_read(photos, tmp_path):
    with pytest.raises(ParameterError, match="detector 'eyes' is none of hog"):
        PredictionRun([str(photos)], "eyes")
    with pytest.raises(ParameterError, match="no_face 'drop' is none of skip"):
        PredictionRun([str(photos)], no_face="drop")
    with pytest.raises(ParameterError, match=r"reject 1.5 is not from 0 to 1"):
        PredictionRun([str(photos)], reject=1.5)
    with pytest.raises(WriteError, match=r"a\.png: cannot be written"):
        PredictionRun([str(photos)], table=photos / "a.png")
    with pytest.raises(WriteError, match=r"a\.png: cannot be written"):
        PredictionRun([str(photos)], out=photos)
    (tmp_path / "own.joblib").write_text("image,frame,seconds")
    with pytest.raises(WriteError, match=r"own\.joblib: cannot be written \(it is read"):
        PredictionRun([str(photos)], table=tmp_path / "own.joblib", model=str(tmp_path / "own.joblib"))


def test_what_is_of_expressions_alone_is_refused_for_another_model(photos, tmp_path, bundle):
    run = PredictionRun([str(photos)], table=tmp_path / "t.csv", with_action_units=True)
    with pytest.raises(ParameterError, match=r"^--csv, --action-units: for models of expressions; own tells valence"):
        run.check(object(), "own")
    run.check(load(bundle), "own")
    PredictionRun([str(photos)]).check(object(), "own")
    with pytest.raises(ParameterError, match=r"^--reject: for models of expressions"):
        PredictionRun([str(photos)], reject=0.5).check(object(), "own")
