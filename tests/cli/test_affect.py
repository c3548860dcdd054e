"""Models of valence and arousal on the command line: training, prediction, and commands that refuse them."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.commands import read_lines, refused, succeeded
from PIL import Image

from featfer.affect.training import train_affect
from featfer.bundle.persist import load, read_card, save

COLUMNS = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"


@pytest.fixture(scope="module")
def model(made_table, tmp_path_factory):
    """Path of a model of valence and arousal; not to be written to."""
    path = tmp_path_factory.mktemp("affect") / "affect.joblib"
    affect = np.tanh(made_table.features[:, :2]).astype(np.float32)
    recognizer, card = train_affect(replace(made_table, affect=affect), "ridge", command="featfer train")
    save(recognizer, path, card)
    return path


def write_sets(root, crops):
    """Write 28 and 14 faces as AffectNet's later form, all happy, the brighter the more pleasant."""
    for name, images in (("train_set", crops[:28]), ("val_set", crops[28:])):
        folder = root / name
        for below in ("images", "annotations"):
            (folder / below).mkdir(parents=True)
        for number, image in enumerate(images):
            Image.fromarray(image).save(folder / "images" / f"{number}.jpg")
            for kind, value in (("exp", "1"), ("val", str(image.mean() / 255)), ("aro", str(-image.std() / 255))):
                np.save(folder / "annotations" / f"{number}_{kind}.npy", value)


def write_lists(root, crops):
    """Write the same as its lists of 2017."""
    photos = root / "Manually_Annotated_Images" / "1"
    photos.mkdir(parents=True)
    rows = []
    for number, image in enumerate(crops):
        Image.fromarray(image).save(photos / f"{number}.png")
        rows.append(f"1/{number}.png,0,0,48,48,1;2,1,{image.mean() / 255},{-image.std() / 255}")
    for name, chosen in (("training.csv", rows[:28]), ("validation.csv", rows[28:])):
        (root / name).write_text("\n".join([COLUMNS, *chosen]) + "\n")


@pytest.fixture(params=[write_sets, write_lists], ids=["sets", "lists"])
def affectnet(request, tmp_path, crops):
    """AffectNet's folder, in each of its forms."""
    request.param(tmp_path / "AffectNet", crops)
    return tmp_path / "AffectNet"


def test_from_affectnet_to_a_photo(affectnet, tmp_path, photo):
    store, out = tmp_path / "store", tmp_path / "affect.joblib"
    succeeded("extract", affectnet, "--store", store, "--jobs", 1)
    said = succeeded("train", "--affect", "ridge", "--store", store, "--out", out, "--score-test", "--param", "pca=8")
    card = read_card(out)
    assert said.startswith(f"Trained ridge on {card['data']['rows']} faces in ")
    assert "\ntest: 14 images; valence RMSE " in said
    assert (card["params"], card["outputs"], card["data"]["truth"]) == ({"pca": 8}, ["valence", "arousal"], "ratings")
    (face,), = load(out).predict(photo)
    left, top, right, bottom = map(round, face.box)
    assert succeeded("predict", photo, "--model", out) == (f"{photo}: face at {left},{top} to {right},{bottom}: valence "
                                                           f"{face.valence:+.2f}, arousal {face.arousal:+.2f}\n")
    printed, = read_lines(succeeded("predict", photo, "--model", out, "--json"))
    assert (printed["faces"][0]["valence"], printed["faces"][0]["arousal"]) == (face.valence, face.arousal)


def test_info_says_what_it_is(model):
    said = succeeded("info", model)
    assert "regressor   ridge, parameters as by default\n" in said
    assert "outputs     valence, arousal, learnt from ratings\n" in said
    assert "figures     val: 70 images; valence RMSE 0." in said
    assert "; arousal RMSE 0." in said


@pytest.mark.parametrize("words", [
    ("evaluate", "MODEL", "--store", "fer2013"), ("report", "MODEL", "--store", "fer2013", "--out", "report.md"),
    ("blend", "MODEL", "MODEL", "--store", "fer2013", "--out", "both.joblib"), ("serve", "--model", "MODEL", "--port", "0"),
    ("live", "--file", "PHOTO", "--model", "MODEL", "--no-window", "--json"),
    ("explain", "PHOTO", "--model", "MODEL", "--out", "DIR"),
])
def test_commands_for_expressions_refuse_it(words, model, photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    places = {"MODEL": model, "PHOTO": photo, "DIR": tmp_path}
    said = refused(*(places.get(word, word) for word in words))
    assert said.startswith(f"Error: {model}: tells valence and arousal, which `featfer predict` prints; here give a model of")


@pytest.mark.parametrize(("words", "option"), [
    (("--csv", "table.csv"), "--csv"), (("--out", "drawn"), "--out"), (("--action-units",), "--action-units")])
def test_predict_refuses_options_for_expressions(words, option, model, photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert f"{option}: for models of expressions; {model} tells valence" in refused("predict", photo, "--model", model, *words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("words", "said"), [
    (("--affect", "ridge"), "none of its rows in split 'train' has a valence or arousal"),
    (("--affect", "ridge", "--proxy", "votes"), "its rows have no votes to make a valence of"),
    (("--affect", "lasso"), "'lasso' is none of ridge, svr, mlp"),
    (("--affect", "ridge", "--clf", "svm"), "give one of --clf NAME, --cnn NAME and --affect NAME"),
    (("--affect", "ridge", "--cnn", "groups9"), "give one of --clf NAME, --cnn NAME and --affect NAME"),
    (("--affect", "ridge", "--views", "plain,flip"), "--views: not for --affect, which learns numbers from faces as they"),
    (("--affect", "ridge", "--balance", "weights", "--labels", "fer6"), "--labels, --balance: not for --affect"),
    (("--affect", "ridge", "--grey", "--prior", "uniform"), "--prior, --grey: not for --affect"),
    (("--cnn", "groups9", "--soft", "--novelty"), "--soft, --novelty: for --clf only; for a network, a recipe with weighted"),
    (("--clf", "svm", "--proxy", "votes"), "--proxy is for --affect"),
])
def test_impossible_trainings_are_refused(words, said, tmp_path):
    out = tmp_path / "own.joblib"
    assert said in refused("train", *words, "--store", "fer2013", "--out", out)
    assert not out.exists()
