"""What a user meets: the public names, and one line that says what to pass where something else was passed."""

import ast
import importlib
import io
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.recordings import make_recording

import featfer
from featfer.features import Embedding
from featfer.recognizer import Recognizer

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def things(bundle, made_table, photo, tmp_path_factory):
    """What the calls below are made with: a model, a table, a folder with a photo, a csv that is no table, a recording."""
    folder = tmp_path_factory.mktemp("things")
    (folder / "photo.jpg").write_bytes(photo.read_bytes())
    (folder / "x.csv").write_text("a,b\n1,2\n")
    recording = make_recording("films/a.mp4", persons={1: {"events": [("happy", 6, 7, 0.9)]}, 2: {}})
    return {"model": featfer.load(bundle), "table": made_table, "folder": folder, "photo": folder / "photo.jpg",
            "csv": folder / "x.csv", "rows": recording}


# What does not work: a call, and what the message says.
TOLD = {
    "load: a number": (lambda t: featfer.load(42), "model 42: give the name of a file, or of a model that ships"),
    "load: nothing": (lambda t: featfer.load(None), "model None: give the name"),
    "load: a model": (lambda t: featfer.load(t["model"]), "model Recognizer"),
    "load: a typing error": (lambda t: featfer.load("foto"), "did you mean 'photos'?"),
    "load: a csv": (lambda t: featfer.load(t["csv"]), "a bundle's name ends in .joblib or"),
    "load: a folder": (lambda t: featfer.load(t["folder"]), "no such file, and none of the models"),
    "read_card": (lambda t: featfer.read_card(42), "model 42: give the name"),
    "save: a number": (lambda t: featfer.save(42, t["folder"] / "x.joblib"), "model 42: give a Recognizer"),
    "save: what train returns": (lambda t: featfer.save((t["model"], {}), t["folder"] / "x.joblib"), "give a Recognizer"),
    "save: no name": (lambda t: featfer.save(t["model"], 42), "bundle 42: give the name of a file"),
    "save: another ending": (lambda t: featfer.save(t["model"], t["folder"] / "x.pkl"), "ends in .joblib"),
    "save: a card of text": (lambda t: featfer.save(t["model"], t["folder"] / "x.joblib", "card"), "card 'card': give a dict"),
    "save: an object in a card": (lambda t: featfer.save(t["model"], t["folder"] / "x.joblib", {"a": {1}}), "plain data"),
    "save: not trained": (lambda t: featfer.save(Recognizer("svm", "hog", "fer7"), t["folder"] / "x.joblib"), "not trained"),
    "export: a model": (lambda t: featfer.export(t["model"], t["folder"] / "x.onnx"), "model Recognizer"),
    "export: no name": (lambda t: featfer.export("svm", 42), "out 42: give the name of a file"),
    "export: another ending": (lambda t: featfer.export("svm", t["folder"] / "x.pkl"), "name ends in .onnx"),
    "export: tolerance": (lambda t: featfer.export("svm", t["folder"] / "x.skops", tolerance="x"), "tolerance 'x': give"),
    "Store: a number": (lambda t: featfer.Store(42), "store 42: give the name of a folder"),
    "Store: other things": (lambda t: featfer.Store(t["folder"]), "no feature store"),
    "open_table: no store": (lambda t: featfer.open_table("nostore", "embedding"), "`featfer extract SOURCE --store nostore"),
    "open_table: a number": (lambda t: featfer.open_table(42, "embedding"), "store 42: give the name of a folder or"),
    "open_table: features": (lambda t: featfer.open_table("fer2013", 3), "features 3: give names, such as 'embedding'"),
    "open_table: no features": (lambda t: featfer.open_table("fer2013", []), "ask for that"),
    "open_table: unknown features": (lambda t: featfer.open_table("fer2013", "embeding"), "out of embedding, stage:STAGE"),
    "open_table: other features": (lambda t: featfer.open_table("fer2013", "hog"), "ask for that"),
    "load_table: a number": (lambda t: featfer.load_table(42), "table 42: give the name of a file"),
    "load_table: a csv": (lambda t: featfer.load_table(t["csv"]), "not a feature table"),
    "table.save": (lambda t: t["table"].save(None), "table None: give the name of its file"),
    "table.relabel": (lambda t: t["table"].relabel(3), "labels 3: give a LabelSet, one of fer7"),
    "table.split": (lambda t: t["table"].split("tests"), "it has test, train, val"),
    "extract: a number": (lambda t: featfer.extract(42, t["folder"] / "s", "embedding"), "data set 42: give the name"),
    "extract: a list": (lambda t: featfer.extract([t["photo"]], t["folder"] / "s", "embedding"), "give the name of its file"),
    "extract: features": (lambda t: featfer.extract("x", t["folder"] / "s", 3), "features 3: give names"),
    "extract: jobs": (lambda t: featfer.extract("x", t["folder"] / "s", "hog", jobs="two"), "jobs 'two': give a whole number"),
    "extract: split_plan": (lambda t: featfer.extract("x", t["folder"] / "s", "hog", split_plan="80/20"), "SplitPlan((80, 10"),
    "extract: dataset": (lambda t: featfer.extract("x", t["folder"] / "s", "hog", dataset="fer2013"), "find_dataset returns"),
    "extract: shard": (lambda t: featfer.extract("x", t["folder"] / "s", "hog", shard="1/2"), "JobShard(1, 2)"),
    "train: a name": (lambda t: featfer.train("fer2013", "svm"), "table 'fer2013': give what featfer.open_table returns"),
    "train: nothing": (lambda t: featfer.train(None, "svm"), "table None: give"),
    "train: classifier": (lambda t: featfer.train(t["table"], "svn"), "classifier 'svn' is none of svm, rf"),
    "train: an estimator": (lambda t: featfer.train(t["table"], featfer.make_classifier("svm")), "is none of svm, rf"),
    "train: list of params": (lambda t: featfer.train(t["table"], "svm", ["C"]), "params ['C']: give a dict, such as {'C': 5}"),
    "train: unknown param": (lambda t: featfer.train(t["table"], "svm", {"D": 3}), "svm: no parameter 'D'"),
    "train: text for a number": (lambda t: featfer.train(t["table"], "svm", {"C": "five"}), "cannot be trained"),
    "train: limit": (lambda t: featfer.train(t["table"], "svm", limit="x"), "limit 'x': give a number of faces"),
    "train: objective": (lambda t: featfer.train(t["table"], "svm", objective="balance"), "Objective(balance='weights')"),
    "train: views": (lambda t: featfer.train(t["table"], "lda", views="flip"), "not features of 2 views"),
    "train: seed": (lambda t: featfer.train(t["table"], "svm", seed="a"), "seed 'a': give a whole number"),
    "evaluate: a name": (lambda t: featfer.evaluate("svm", t["table"]), "recognizer 'svm': give what featfer.load returns"),
    "evaluate: a table's name": (lambda t: featfer.evaluate(t["model"], "fer2013"), "table 'fer2013': give"),
    "evaluate: swapped": (lambda t: featfer.evaluate(t["table"], t["model"]), "recognizer FeatureTable"),
    "evaluate: split": (lambda t: featfer.evaluate(t["model"], t["table"], "tests"), "it has test, train, val"),
    "read_image: a number": (lambda t: featfer.read_image(42), "cannot read an image from int: give a path, bytes"),
    "read_image: a folder": (lambda t: featfer.read_image(t["folder"]), "is a folder, not an image; give the files in it"),
    "read_image: a text file": (lambda t: featfer.read_image(io.StringIO("a")), 'open it as binary ("rb")'),
    "find_faces: a list": (lambda t: featfer.find_faces([t["photo"]]),
                           "find_faces takes one of file names, bytes, open binary files, PIL images or arrays, not list"),
    "find_faces: detector": (lambda t: featfer.find_faces(t["photo"], detector=["hog"]), "is none of hog, mmod"),
    "find_faces: smallest": (lambda t: featfer.find_faces(t["photo"], smallest="x"), "smallest face 'x' is not from 20"),
    "predict: nothing": (lambda t: t["model"].predict(None), "cannot read an image from NoneType: give a path"),
    "predict: a number among files": (lambda t: t["model"].predict([t["photo"], 3]), "give"),
    "predict: a dict": (lambda t: t["model"].predict({"a": t["photo"]}), "images in a dict: give a list"),
    "predict: a frame": (lambda t: t["model"].predict(pd.DataFrame({"path": [1], "label": [2]})), "give the"),
    "predict: a folder": (lambda t: t["model"].predict(t["folder"]), "is a folder, not an image; give the files in it"),
    "predict: detector": (lambda t: t["model"].predict(t["photo"], detector=3), "detector 3 is none of hog"),
    "predict: no_face": (lambda t: t["model"].predict(t["photo"], no_face=None), "no_face None is none of skip"),
    "predict: reject": (lambda t: t["model"].predict(t["photo"], reject="x"), "reject 'x' is not from 0 to 1"),
    "relabel": (lambda t: t["model"].relabel(3), "labels 3: give a LabelSet"),
    "with_prior": (lambda t: t["model"].with_prior(3), "prior 3: give a share from 0 of each"),
    "Recognizer: classifier": (lambda t: Recognizer(3, "hog", "fer7"), "classifier 3: give a name such as 'svm'"),
    "Recognizer: labels": (lambda t: Recognizer("svm", "hog", ["sad"]), "labels ['sad']: give a LabelSet"),
    "Recognizer: not trained": (lambda t: Recognizer("svm", "hog", "fer7").predict(t["photo"]), "call its fit(images, labels)"),
    "make_features: a number": (lambda t: featfer.make_features(3), "features 3: give names"),
    "make_features: a feature": (lambda t: featfer.make_features([Embedding()]), "give names"),
    "make_features: a parameter": (lambda t: featfer.make_features("hog", foo=3), "has a parameter 'foo'"),
    "make_features: view": (lambda t: featfer.make_features("hog", view=3), "view 3 is none of: plain, or flip"),
    "make_classifier: a number": (lambda t: featfer.make_classifier(3), "classifier 3 is none of svm"),
    "make_classifier: a list": (lambda t: featfer.make_classifier(["svm"]), "classifier ['svm'] is none of svm"),
    "make_classifier: a dict": (lambda t: featfer.make_classifier("svm", {"C": 5}), "parameters go by name, such as C=5"),
    "analyze: a number": (lambda t: featfer.analyze(42), "film 42: give the name of a video"),
    "analyze: a number in a list": (lambda t: featfer.analyze(["a.mp4", 3]), "film 3: give the name of a video"),
    "analyze: none": (lambda t: featfer.analyze([]), "films: none named"),
    "analyze: model": (lambda t: featfer.analyze("a.mp4", model=t["model"]), "model Recognizer"),
    "analyze: fps": (lambda t: featfer.analyze("a.mp4", fps="x"), "fps 'x' is not above 0"),
    "analyze: out": (lambda t: featfer.analyze("a.mp4", out=3), "out 3: give the name of a folder"),
    "analyze: jobs": (lambda t: featfer.analyze("a.mp4", jobs=0), "jobs 0: give a whole number from 1"),
    "summarize: a csv": (lambda t: featfer.summarize(t["csv"]), "no column 'film'; give a table that `featfer analyze`"),
    "summarize: a number": (lambda t: featfer.summarize(42), "table 42: give a file that `featfer analyze` wrote"),
    "summarize: conditions": (lambda t: featfer.summarize(t["rows"], conditions=[]), "conditions []: give the csv of a study"),
    "summarize: smoothing": (lambda t: featfer.summarize(t["rows"], smoothing="x"), "smoothing 'x': give a number"),
    "synchrony: a number": (lambda t: featfer.synchrony(42, 43), "table 42: give a file"),
    "synchrony: a tuple": (lambda t: featfer.synchrony((t["rows"],), (t["rows"], 2)), "give a table, or (table, number of"),
    "synchrony: measures": (lambda t: featfer.synchrony((t["rows"], 1), (t["rows"], 2), measures=3), "measures 3: give names"),
    "synchrony: window": (lambda t: featfer.synchrony((t["rows"], 1), (t["rows"], 2), window=None), "window None: give"),
    "synchrony: rate": (lambda t: featfer.synchrony((t["rows"], 1), (t["rows"], 2), rate="x"), "rate 'x': give a number"),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_cannot_be_used_is_told_in_one_line(things, name):
    call, words = TOLD[name]
    with pytest.raises(featfer.FeatferError) as caught:
        call(things)
    message = str(caught.value)
    assert words in message
    assert "\n" not in message and len(message) < 600


@pytest.mark.parametrize("form", [
    str, Path, lambda path: [path], lambda path: (path for _ in range(1)), lambda path: pd.Series([path]),
    lambda path: pd.DataFrame({"path": [path]}), lambda path: np.array([str(path)])])
def test_files_are_given_in_any_form(things, form):
    faces, = things["model"].predict(form(things["photo"]))
    assert things["model"].predict_frame(form(things["photo"]))["image"].tolist() == [str(things["photo"])]
    assert things["model"].predict_proba(form(things["photo"])).shape == (1, 7)
    assert [face.label for face in faces] == [face.label for face in things["model"].predict(things["photo"])[0]]


def test_names_do_where_objects_do(things, small_store):
    assert things["model"].relabel("fer6").label_set.name == things["table"].relabel("fer6").label_set.name == "fer6"
    assert len(featfer.open_table(small_store, "embedding")) == len(featfer.open_table(os.fspath(small_store), [Embedding()]))


def test_type_checkers_are_told_of_the_same_names():
    tree = ast.parse(Path(featfer.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    told = {alias.name: node.module for node in block.body for alias in node.names}
    assert {"__version__", *told} == set(featfer.__all__)
    assert [name for name, module in told.items()
            if getattr(featfer, name) is not getattr(importlib.import_module(module), name)] == []


def test_the_help_of_the_package_names_what_is_public():
    assert dir(featfer) == sorted(featfer.__all__)
    assert [name for name in featfer.__all__ if name not in featfer.__doc__] == ["__version__", "VersionWarning", "FER7"]
