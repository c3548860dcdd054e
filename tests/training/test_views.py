from dataclasses import replace

import numpy as np
import pytest
from helpers.commands import refused, succeeded
from helpers.fer2013 import write_csv

from featfer.bundle.persist import load, read_card
from featfer.errors import ParameterError
from featfer.features import Embedding
from featfer.images.pixels import read_image
from featfer.training.classifier import train
from featfer.training.views import combine_views


@pytest.fixture(scope="module")
def noisy(made_table):
    """The made-up table with noise, so that a classifier makes mistakes."""
    noise = np.random.default_rng(2).normal(scale=3, size=made_table.features.shape)
    return replace(made_table, features=(made_table.features + noise).astype(np.float32))


@pytest.fixture(scope="module")
def two_views(noisy):
    """The noisy table with a second view of the same faces beside the first: the 128 numbers in another order."""
    features = np.concatenate([noisy.features, np.roll(noisy.features, 64, axis=1)], axis=1)
    return replace(noisy, features=features,
                   fingerprints=[Embedding(view=view).fingerprint for view in ("plain", "flip")])


def test_views_to_average_over_come_first():
    assert combine_views(["plain", "flip"], ["plain"]) == ["plain", "flip"]
    assert combine_views(["plain", "turn:5"], ["flip", "plain"]) == ["flip", "plain", "turn:5"]


def test_training_on_views_adds_rows(two_views):
    recognizer, card = train(two_views, "svm", views=("plain", "flip"))
    alone, _ = train(two_views.blocks([0], 2), "svm")
    assert card["views"] == {"trained": ["plain", "flip"], "averaged": ["plain"]}
    assert [feature.view for feature in recognizer.features] == ["plain"]
    val = two_views.split("val").features[:, :128]
    assert not np.allclose(recognizer.probabilities(val), alone.probabilities(val), atol=1e-6)


def test_a_view_that_was_trained_on_is_recognised(two_views):
    val = two_views.split("val")
    shares = []
    for views in (("plain",), ("plain", "flip")):
        recognizer, _ = train(two_views if len(views) > 1 else two_views.blocks([0], 2), "svm", views=views)
        shares.append((recognizer.probabilities(val.features[:, 128:]).argmax(axis=1) == val.labels).mean())
    assert shares[0] < 0.35 < 0.5 < shares[1]


def test_averaging_uses_both_views(two_views):
    recognizer, card = train(two_views, "svm", views=("plain", "flip"), tta=("plain", "flip"))
    assert [feature.view for feature in recognizer.features] == ["plain", "flip"]
    assert card["features"] == two_views.fingerprints
    assert recognizer.probabilities(two_views.split("val").features).shape == (70, 7)


def test_a_limit_chooses_faces_of_every_class(noisy):
    _, card = train(noisy, "svm", limit=70)
    assert card["data"]["rows"] == 70
    assert train(noisy, "svm", limit=1000)[1]["data"]["rows"] == 210
    assert train(noisy, "svm", seed=1, limit=70)[1]["figures"] != card["figures"]


def test_a_limit_below_the_classes_is_refused(made_table):
    with pytest.raises(ParameterError, match="limit 3 of 210 faces"):
        train(made_table, "svm", limit=3)


@pytest.fixture(scope="module")
def views_store(tmp_path_factory, fer_rows):
    """A store with embeddings of 42 rows and of their mirrored views, and its CSV file."""
    folder = tmp_path_factory.mktemp("views")
    csv = write_csv(folder / "fer2013.csv", fer_rows)
    succeeded("extract", csv, "--store", folder / "store", "--jobs", 1, "--views", "plain,flip")
    return folder / "store"


def test_commands_train_and_predict_on_views(views_store, tmp_path, photo):
    out = tmp_path / "lda.joblib"
    succeeded("train", "--clf", "svm", "--store", views_store, "--out", out, "--views", "plain, flip", "--tta", "plain,flip",
              "--limit", 14)
    assert read_card(out)["views"] == {"trained": ["plain", "flip"], "averaged": ["plain", "flip"]}
    (face,) = load(out).predict(photo)[0]
    (mirrored,) = load(out).predict(read_image(photo)[:, ::-1])[0]
    assert mirrored.label == face.label
    assert np.allclose(list(mirrored.probabilities.values()), list(face.probabilities.values()), atol=0.1)
    assert "accuracy" in succeeded("evaluate", out, "--store", views_store, "--split", "val")


def test_a_view_that_was_not_extracted_is_named(views_store, tmp_path):
    line = refused("train", "--clf", "svm", "--store", views_store, "--out", tmp_path / "a.joblib", "--views", "plain,turn:5")
    assert line.endswith(f" --store {views_store} --features embedding --views turn:5`")


@pytest.mark.parametrize(("words", "message"), [
    (["--views", "sideways"], "view 'sideways' is none of"),
    (["--views", "flip", "--features", "landmarks"], "has no views but plain"),
])
def test_an_unknown_view_is_refused(fer_csv, tmp_path, words, message):
    assert message in refused("extract", fer_csv, "--store", tmp_path / "store", *words)
