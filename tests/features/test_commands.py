import os
import shlex

import pytest
from helpers.commands import refused, succeeded
from helpers.fer2013 import write_csv

from featfer.features import Stage, make_features, restore_feature
from featfer.features.commands import format_extract_commands, format_source
from featfer.features.dlibnet.feature import DLIB
from featfer.utils.fitted_files import reference_of


def features(words, views=("plain",), **params):
    return [feature for view in views for feature in make_features(words, view=view, **params)]


@pytest.mark.parametrize(("words", "params", "said"), [
    ("embedding", {}, "--features embedding"),
    ("embedding", {"backend": "torch"}, "--features embedding"),
    ("embedding,stage:256x2x2", {"precision": "int8"}, "--features embedding,stage:256x2x2 --precision int8"),
    ("embedding", {"precision": "int8", "superres": "srgan"}, "--features embedding --precision int8 --superres srgan"),
    ("embedding", {"backend": "dlib"}, "--features embedding --backend dlib"),
    ("stage:256x2x2", {"views": ("plain", "flip")}, "--features stage:256x2x2 --views plain,flip"),
    ("stage:64x17x17/4x4,embedding", {"precision": "bf16"}, "--features stage:64x17x17/4x4,embedding --precision bf16"),
    ("landmarks,lbp:5", {"align": "68"}, "--features landmarks,lbp:5 --align 68"),
    ("pixels:16", {"align": "none", "views": ("turn:8",)}, "--features pixels:16 --views turn:8 --align none"),
    ("crop:96/rgb", {"superres": "srgan"}, "--features crop:96/rgb --superres srgan"),
    ("hog:8", {"superres": "bicubic"}, "--features hog:8 --superres bicubic"),
    ("hog:8,landmarks", {"smallest": 40}, "--features hog:8,landmarks --smallest-face 40"),
])
def test_the_command_computes_the_same_features(words, params, said):
    asked = features(words, **params)
    for known in (asked, [restore_feature(feature.fingerprint) for feature in asked]):
        assert format_extract_commands(known, "a store", ["a b.csv"]) == f"`featfer extract 'a b.csv' --store 'a store' {said}`"


def test_features_with_different_options_take_several_commands():
    asked = [*features("embedding"), *features("stage:256x2x2", align="68")]
    assert format_extract_commands(asked, "s") == ("`featfer extract SOURCE --store s --features embedding` and "
                                            "`featfer extract SOURCE --store s --features stage:256x2x2 --align 68`")


def test_a_backbone_is_named_by_its_file_or_by_a_placeholder(tmp_path):
    stage = make_features("stage:256x2x2")[0]
    assert stage.network == DLIB
    for network, said in ((tmp_path / "own.npz", str(tmp_path / "own.npz")), ("sha256:123", "BACKBONE.npz")):
        stage.network = str(network)
        assert format_extract_commands([stage], "s").endswith(f"--features stage:256x2x2 --network {said}`")


def test_a_network_that_ships_is_named_whichever_way_the_feature_names_it():
    for network in ("expression", reference_of("expression")):
        assert format_extract_commands([Stage(network=network)], "s") == (
            "`featfer extract SOURCE --store s --features stage:128x8x8 --network expression`")


def test_a_source_is_named_by_its_path_and_options(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = {"name": "fer2013.csv", "skipped": []}
    assert format_source(record) == ["fer2013.csv"]
    assert format_source(record | {"path": os.path.abspath("data/fer2013.csv")}) == ["data/fer2013.csv"]
    assert format_source(record | {"path": "/far/fer2013.csv", "skipped": ["row 3"]}) == ["/far/fer2013.csv", "--skip-bad"]
    assert format_source({"name": "ferplus-majority", "path": "/far/fer2013.csv", "skipped": []}) == [
        "/far/fer2013.csv", "--votes", "fer2013new.csv", "--vote-mode", "majority"]
    assert format_source({"name": "ferplus-own", "path": "/far/ferplus-own", "skipped": []}) == ["/far/ferplus-own"]


@pytest.fixture
def store(tmp_path, fer_rows):
    """Folder of a store with landmarks of a csv in a folder whose name has a space."""
    folder = tmp_path / "my data"
    folder.mkdir()
    source = write_csv(folder / "fer2013.csv", fer_rows[::2])
    succeeded("extract", source, "--store", folder / "store", "--features", "landmarks", "--jobs", 1)
    return folder / "store"


@pytest.mark.parametrize("words", [
    ("--features", "pixels:16", "--views", "plain,flip", "--align", "68"), ("--features", "landmarks,geometry"),
    ("--features", "embedding", "--align", "none"), ("--features", "pixels:16", "--superres", "bicubic")])
def test_the_printed_command_can_be_pasted(store, tmp_path, words):
    train = ("train", "--clf", "logistic", "--store", store, *words, "--out", tmp_path / "own.joblib")
    line = refused(*train)
    succeeded(*shlex.split(line.split("`")[1])[1:], "--jobs", 1)
    assert "Trained logistic" in succeeded(*train)


@pytest.mark.parametrize("command", [
    ("evaluate",), ("report", "--out", "none.md"), ("blend", "svm", "--out", "none.joblib")], ids=lambda command: command[0])
def test_the_command_for_a_bundle_is_printed_too(store, bundle, command):
    name, *options = command
    line = refused(name, bundle, *options, "--store", store)
    assert f"`featfer extract {shlex.quote(str(store.parent / 'fer2013.csv'))} --store {shlex.quote(str(store))} " in line
    assert "--features embedding`" in line


def test_a_table_of_other_features_names_the_command_too(tmp_path, bundle, store):
    succeeded("table", "--store", store, "--features", "landmarks", "--out", tmp_path / "landmarks.npz")
    line = refused("evaluate", bundle, "--store", tmp_path / "landmarks.npz")
    assert line.endswith("`featfer extract SOURCE --store store --features embedding`")


def test_images_that_lack_a_feature_are_counted_and_the_command_printed(store, fer_rows):
    succeeded("extract", write_csv(store.parent / "fewer.csv", fer_rows[:4]), "--store", store, "--features", "pixels:16",
              "--jobs", 1)
    line = refused("table", "--store", store, "--source", "fer2013.csv", "--features", "pixels:16", "--out", "none.npz")
    assert "19 of 21 images have no pixels yet; run the same `featfer extract` again: `featfer extract " in line
    assert line.endswith("--features pixels:16`")
