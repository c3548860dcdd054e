import json
import re
import shlex
from dataclasses import fields

import click
import pytest
from featfer_cli.feature_options import FeatureOptions
from featfer_cli.options import parse_params
from featfer_cli.train import train
from featfer_cli.training_options import FaceOptions, NetworkOptions, ObjectiveOptions, TrainingOptions, UseOptions
from helpers.commands import refused, succeeded
from helpers.fer2013 import write_csv

from featfer.bundle.persist import load, read_card
from featfer.classifiers import CLASSIFIERS
from featfer.cnn.recipe import shipped_recipes
from featfer.extraction.run import extract
from featfer.features import make_features


@pytest.fixture
def out(tmp_path):
    return tmp_path / "own.joblib"


@pytest.mark.parametrize(("word", "value"), [
    ("C=3", 3), ("C=-3", -3), ("C=2.5", 2.5), ("lr=1e-3", 1e-3), ("compact=true", True), ("compact=False", False),
    ("class_weight=none", None), ("class_weight=None", None), ("class_weight=balanced", "balanced"),
    ("max_features='sqrt'", "sqrt"), ("class_weight={0: 2.5}", {0: 2.5}), ("a=b=c", "b=c"), ("a=", ""),
    ("a={[]: 1}", "{[]: 1}"),
])
def test_params_become_values(word, value):
    (parsed,) = parse_params(None, None, [word]).values()
    assert parsed == value
    assert type(parsed) is type(value)


def test_params_are_gathered_and_the_last_counts():
    assert parse_params(None, None, ["a=1", "b=x", "a=2"]) == {"a": 2, "b": "x"}


@pytest.mark.parametrize("word", ["C", "=3", "C 3", "2C=3", "a-b=3", ""])
def test_param_without_name_or_value_is_refused(word):
    with pytest.raises(click.BadParameter, match=re.escape(f"{word!r} is not of the form name=value")):
        parse_params(None, None, [word])


def test_every_option_is_in_one_group():
    groups = (TrainingOptions, FaceOptions, ObjectiveOptions, UseOptions, NetworkOptions, FeatureOptions)
    grouped = [field.name for group in groups for field in fields(group)]
    assert sorted([*grouped, "clf", "cnn", "affect", "proxy"]) == sorted(
        option.name for option in train.params if option.expose_value)


@pytest.mark.parametrize(("clf", "params"), [
    ("svm", {"C": 2.5}), ("rf", {"trees": 10, "max_features": "log2"}), ("mlp", {"hidden": 16, "epochs": 2})])
def test_bundle_and_card_are_written(small_store, out, clf, params):
    words = [word for name, value in params.items() for word in ("--param", f"{name}={value}")]
    first, second = succeeded("train", "--clf", clf, "--store", small_store, "--out", out, "--seed", 3, *words).splitlines()
    card = read_card(out)
    assert first.startswith(f"Trained {clf} on 14 faces in ")
    assert first.endswith(f" s: {out} ({card['bytes'] / 1e6:.1f} MB)")
    assert second.startswith(f"val: accuracy {card['figures']['val']['accuracy']:.2%} of 14 images")
    assert (card["classifier"], card["params"], card["seed"]) == (clf, params, 3)
    assert out.stat().st_size == card["bytes"]
    assert load(out).label_set.names == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def test_json_is_the_card(small_store, out):
    printed = json.loads(succeeded("train", "--clf", "svm", "--store", small_store, "--out", out, "--json"))
    assert printed == read_card(out)
    assert list(printed["figures"]) == ["val"]


def test_score_test_scores_test(small_store, out):
    lines = succeeded("train", "--clf", "svm", "--store", small_store, "--out", out, "--score-test").splitlines()
    assert [line.partition(":")[0] for line in lines[1:]] == ["val", "test"]


def test_the_objective_is_on_the_card(small_store, out):
    succeeded("train", "--clf", "logistic", "--store", small_store, "--out", out, "--balance", "weights", "--coarse-to-fine")
    assert read_card(out)["objective"] == {"balance": "weights", "soft": False, "coarse_to_fine": True}
    assert load(out).classifier.classes_.tolist() == list(range(7))


@pytest.mark.parametrize("how", ["temperature", "sigmoid", "none"])
def test_calibration_is_chosen(tmp_path, noisy_table, out, how):
    noisy_table.save(tmp_path / "made.npz")
    succeeded("train", "--clf", "svm", "--store", tmp_path / "made.npz", "--out", out, "--calibrate", how)
    assert read_card(out)["data"]["calibrated_by"] == (None if how == "none" else how)


def test_features_side_by_side(small_store, out):
    succeeded("train", "--clf", "svm", "--store", small_store, "--out", out, "--features", "landmarks,embedding")
    assert [feature.name for feature in load(out).features] == ["landmarks", "embedding"]


def test_val_of_few_faces_is_scored_but_not_calibrated_on(small_store, out):
    succeeded("train", "--clf", "svm", "--store", small_store, "--out", out)
    card = read_card(out)
    assert card["data"]["calibrated_on"] is None
    assert card["figures"]["val"]["images"] == 14


@pytest.mark.parametrize(("words", "value"), [
    (["--clf", "tree"], "'tree'"),
    (["--clf", "svm", "--param", "zap=1"], "'zap'"),
    (["--clf", "svm", "--param", "C"], "'C'"),
    (["--clf", "svm", "--param", "C=abc"], "{'C': 'abc'}"),
    (["--clf", "svm", "--param", "C=-1"], "{'C': -1}"),
    (["--clf", "svm", "--param", "gamma=wide"], "{'gamma': 'wide'}"),
    (["--clf", "svm", "--param", "seed=1"], "{'seed': 1}"),
    (["--clf", "rf", "--param", "trees=many"], "{'trees': 'many'}"),
    (["--clf", "mlp", "--param", "hidden=none"], "{'hidden': None}"),
    (["--clf", "mlp", "--param", "batch=0"], "{'batch': 0}"),
    (["--clf", "mlp", "--param", "hidden=-5"], "{'hidden': -5}"),
    (["--clf", "svm", "--features", "smile"], "'smile'"),
    (["--clf", "svm", "--features", "embedding", "--align", "none"], "no embedding"),
    (["--clf", "svm", "--source", "other.csv"], "'other.csv'"),
    (["--clf", "svm", "--seed", "x"], "'x'"),
    (["--clf", "svm", "--balance", "twice"], "'twice'"),
    (["--clf", "lda", "--balance", "weights"], "balance 'weights': lda cannot weigh its rows"),
    (["--clf", "mlp", "--soft"], "its rows have no votes"),
    (["--clf", "svm", "--labels", "fer3", "--coarse-to-fine"], "no two are of the same polarity"),
    (["--cnn", "groups9", "--balance", "weights"], "--balance: for --clf only; for a network"),
])
def test_mistake_is_named_and_nothing_written(small_store, out, words, value):
    assert value in refused("train", "--store", small_store, "--out", out, *words)
    assert not list(out.parent.iterdir())


@pytest.mark.parametrize(("words", "said"), [
    (["--clf", "svm", "--param", "zap=1"], "no parameter 'zap', of {'zap': 1}; there are pca, compact, C, class_weight, gamma"),
    (["--clf", "knn", "--param", "name=1"], "knn: no parameter 'name', of {'name': 1}; there are pca, k, metric, weights"),
    (["--clf", "mlp", "--param", "device=cuda:99"], "device 'cuda:99' is not usable"),
    (["--affect", "ridge", "--param", "seed=1"], "ridge: no parameter 'seed', of {'seed': 1}; there are pca, alphas"),
    (["--cnn", "groups9", "--param", "zap=1"], "has no parameter 'zap'; it takes hidden, dropout, and its recipe precision, "),
    (["--cnn", "groups9", "--param", "epochs=0"], "epochs 0 is not a whole number from 1"),
    (["--cnn", "groups9", "--device", "cuda:99"], "device 'cuda:99' is not usable"),
    (["--cnn", "groups9", "--device", "meta"], "device 'meta' is not usable"),
    (["--clf", "svm", "--labels", "moods"], "labels 'moods': give one of"),
])
def test_mistake_is_named_before_anything_is_loaded(tmp_path, out, words, said):
    line = refused("train", *words, "--store", tmp_path / "no-store", "--out", out)
    assert said in line
    assert "no-store" not in line


@pytest.mark.parametrize(("clf", "way_out"), [
    ("knn", "n_neighbors = 30, n_samples_fit = 14, n_samples = 1); set another --param, such as k=5, or train on more faces "
            "than 2 angry, 2 disgust"),
    ("boosting", "such as early_stopping=false and min_samples_leaf=2, or train on more faces than 2 angry")])
def test_too_few_faces_are_named_with_the_way_out(small_store, out, clf, way_out):
    words = ("train", "--clf", clf, "--store", small_store, "--out", out)
    assert way_out in refused(*words)
    assert not out.exists()
    params = way_out.partition("such as ")[2].partition(", or")[0].split(" and ")
    succeeded(*words, *(word for param in params for word in ("--param", param)))


@pytest.mark.parametrize("name", ["own.txt", "own"])
def test_name_of_the_bundle_is_checked_before_training(tmp_path, name):
    line = refused("train", "--clf", "svm", "--store", tmp_path / "no-store", "--out", tmp_path / name)
    assert line == f"Error: {tmp_path / name}: a bundle's name ends in .joblib"


def test_missing_store_is_named(tmp_path, out):
    line = refused("train", "--clf", "svm", "--store", tmp_path / "none", "--out", out)
    assert line.startswith(f"Error: {tmp_path / 'none'}: no feature store")


def test_damaged_store_is_named(tmp_path, out):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "store.json").write_text("{")
    assert "store.json: damaged" in refused("train", "--clf", "svm", "--store", tmp_path / "bad", "--out", out)


def test_a_place_without_permission_is_named(small_store, tmp_path):
    (tmp_path / "file").write_text("")
    line = refused("train", "--clf", "svm", "--store", small_store, "--out", tmp_path / "file" / "own.joblib")
    assert f"{tmp_path / 'file' / 'own.joblib'}: cannot be written" in line


def test_help_names_every_classifier():
    text = " ".join(succeeded("train", "--help").split())
    listed = re.search(r"Classifier: (.*?)\. ", text).group(1)
    assert re.split(r", | or ", listed) == list(CLASSIFIERS)


def test_help_names_every_recipe_that_ships():
    said = " ".join(succeeded("train", "--help").split()).replace("- ", "-")  # lines break after hyphens
    listed = re.search(r"How a network is trained: (.*?), or a TOML file", said)[1]
    assert listed.split(", ") == shipped_recipes()


CNN = ("--param", "blocks=[[1, 4, 3, 0.0]]", "--param", "hidden=4", "--param", "epochs=2", "--param", "augment={}")


@pytest.fixture(scope="module")
def crop_store(tmp_path_factory, fer_rows):
    """Folder of a store with crops of the 42 rows, plain and mirrored."""
    folder = tmp_path_factory.mktemp("crops")
    extract(write_csv(folder / "fer2013.csv", fer_rows), folder / "store",
            [*make_features("crop"), *make_features("crop", view="flip")], jobs=1)
    return folder / "store"


def test_a_network_is_trained_on_crops_by_default(crop_store, out, tmp_path):
    first, second = succeeded("train", "--cnn", "blocks", *CNN, "--store", crop_store, "--out", out, "--tta", "plain,flip",
                              "--log", tmp_path / "log").splitlines()
    card = read_card(out)
    assert first.startswith("Trained blocks on 14 faces in ")
    assert second.startswith("val: accuracy ")
    assert [feature["params"] for feature in card["features"]] == [{"crop": "48", "view": "plain"},
                                                                   {"crop": "48", "view": "flip"}]
    assert len(card["cnn"]["history"]) == 2
    assert [p.name for p in out.parent.iterdir() if p.suffix == ".checkpoint"] == []
    assert any(p.name.startswith("events") for p in (tmp_path / "log").iterdir())


def test_a_step_is_trained_on_enlarged_images(crop_store, out, tmp_path):
    recipe, words = tmp_path / "two.toml", ("train", "--cnn", "blocks", *CNN, "--store", crop_store, "--out", out)
    recipe.write_text('[[steps]]\nfeatures = "crop"\nsuperres = "bicubic"\n[[steps]]\n')
    line = refused(*words, "--recipe", recipe)
    assert "of images enlarged by bicubic in it; run `featfer extract " in line
    succeeded(*shlex.split(line.split("`")[1])[1:])
    succeeded(*words, "--recipe", recipe)
    enlarged = read_card(out)
    recipe.write_text('[[steps]]\nfeatures = "crop"\n[[steps]]\n')
    succeeded(*words, "--recipe", recipe)
    plain = read_card(out)
    assert [epoch["step"] for epoch in enlarged["cnn"]["history"]] == [1, 1, 2, 2]
    assert enlarged["cnn"]["recipe"]["steps"][0]["superres"] == "bicubic"
    assert enlarged["features"] == plain["features"] and "superres" not in plain["features"][0]["faces"]
    assert enlarged["cnn"]["history"][0]["loss"] != plain["cnn"]["history"][0]["loss"]


def test_a_network_of_six_labels_is_evaluated_on_seven(crop_store, out):
    succeeded("train", "--cnn", "blocks", *CNN, "--store", crop_store, "--out", out, "--labels", "fer6")
    assert load(out).label_set.name == "fer6"
    printed = json.loads(succeeded("evaluate", out, "--store", crop_store, "--split", "val", "--json"))
    assert (printed["images"], len(printed["classes"])) == (14, 6)


@pytest.mark.parametrize(("words", "said"), [
    ((), "give one of --clf NAME, --cnn NAME and --affect NAME"),
    (("--clf", "svm", "--cnn", "groups9"), "give one of --clf NAME, --cnn NAME and --affect NAME"),
    (("--cnn", "lenet"), "'lenet' is none of residual"), (("--cnn", "groups9", "--recipe", "slow"), "recipe 'slow'"),
    (("--cnn", "groups9", "--labels", "fer5"), "'fer5' is no file, and none of fer7, fer6, fer3"),
    (("--cnn", "groups9", "--param", "epochs=0"), "epochs 0 is not a whole number from 1"),
    (("--cnn", "groups9", "--tta", "flip"), "with plain among the views"),
    (("--cnn", "resnet18", "--weights", "no.pth", "--param", "epochs=1"), "no.pth"),
])
def test_impossible_trainings_are_refused(crop_store, out, words, said):
    assert said in refused("train", *words, "--store", crop_store, "--out", out)
    assert not out.exists()


@pytest.mark.parametrize("without", ["seconds", "card"])
def test_a_model_that_took_long_or_has_no_card_is_replaced_only_with_overwrite(made_table, tmp_path, out, without):
    made_table.save(tmp_path / "made.npz")
    words = ("train", "--clf", "lda", "--store", tmp_path / "made.npz", "--out", out)
    succeeded(*words)
    succeeded(*words)
    card = out.with_suffix(".json")
    if without == "card":
        card.unlink()
    else:
        card.write_text(json.dumps({**json.loads(card.read_text()), "seconds": 601.0}))
    before = out.read_bytes()
    assert "it exists already; name another file, or give --overwrite" in refused(*words, "--seed", 1)
    assert out.read_bytes() == before
    succeeded(*words, "--overwrite")
