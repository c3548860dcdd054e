import json

import numpy as np
import pytest
from click.testing import CliRunner
from helpers.fer2013 import write_csv
from helpers.systems_page import cells

from benchmarks.speed import precision
from featfer import load
from featfer.faces import find_faces


def test_accuracies_and_changed_labels_are_counted():
    answers = {"float32": ["sad", "happy", "fear", "sad"], "bf16": ["sad", "happy", "fear", "sad"],
               "int8": ["sad", "angry", "sad", "sad"]}
    found = precision.compare({name: np.array(labels) for name, labels in answers.items()},
                              ["sad", "happy", "sad", "fear"])
    assert found == {"float32": {"accuracy": 0.5, "changed": 0}, "bf16": {"accuracy": 0.5, "changed": 0},
                     "int8": {"accuracy": 0.5, "changed": 0.5}}


def test_the_precisions_are_compared_on_the_validation_split(tmp_path, crops, monkeypatch):
    monkeypatch.setattr(precision, "RESULTS", tmp_path / "precision.json")
    monkeypatch.setattr(precision, "answer", answer := CountedAnswers())
    usages = ("Training", "PublicTest", "PublicTest", "PrivateTest", "PublicTest")
    rows = [(label, crop, usage) for label, crop, usage in zip((3, 4, 4, 3, 3), crops[:5], usages, strict=True)]
    done = CliRunner().invoke(precision.main, [str(write_csv(tmp_path / "fer2013.csv", rows))])
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "precision.json").read_text())
    assert found["images"] == 3 and done.stdout.startswith("3 images; ")
    assert answer.asked == [(model, name) for model in ("photos", "fer2013") for name in ("float32", "bf16", "int8")]
    assert found["models"]["photos"] == found["models"]["fer2013"] == {
        "float32": {"accuracy": pytest.approx(2 / 3), "changed": 0}, "bf16": {"accuracy": pytest.approx(2 / 3), "changed": 0},
        "int8": {"accuracy": pytest.approx(1 / 3), "changed": pytest.approx(1 / 3)}}
    assert cells(done.stdout, "int8") == ["int8", "33.33%", "33.33%", "33.33%", "33.33%"]


def test_a_model_that_ships_answers_in_each_precision(crops, monkeypatch):
    loaded = []
    monkeypatch.setattr(precision, "load", lambda *model, **how: loaded.append(load(*model, **how)) or loaded[-1])
    faces = [find_faces(crop)[0] for crop in crops[:2]]
    for name in ("float32", "int8"):
        labels = precision.answer("small", name, faces).tolist()
        assert labels == [expression.label for expression in load("small", precision=name).expressions(faces)]
    assert [model.features[0].precision for model in loaded] == ["float32", "int8"]


class CountedAnswers:
    """Calls every face sad, and one of them happy in 8 bits."""

    def __init__(self):
        self.asked = []

    def __call__(self, model, name, faces):
        self.asked.append((model, name))
        return np.array(["happy" if name == "int8" and not row else "sad" for row in range(len(faces))])
