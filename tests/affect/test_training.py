import warnings
from dataclasses import replace

import numpy as np
import pytest

from featfer.affect.metrics import coarse_valence
from featfer.affect.recognizer import AffectRecognizer
from featfer.affect.training import train_affect
from featfer.bundle.persist import load, load_recognizer, save
from featfer.errors import BundleError, ParameterError, StoreError
from featfer.faces import UNREADABLE
from featfer.utils.environment import describe_machine


@pytest.fixture
def rated(made_table):
    """The made-up table with valence and arousal: linear in 8 of its columns, with noise; every seventh row has none."""
    rng = np.random.default_rng(2)
    affect = made_table.features[:, :8] @ rng.normal(size=(8, 2)) / 12 + rng.normal(scale=0.02, size=(350, 2))
    affect[::7] = np.nan
    return replace(made_table, affect=np.clip(affect, -1, 1).astype(np.float32))


@pytest.fixture
def voted(made_table):
    """The made-up table with votes: 3/4 for the label, 1/4 for the next one; none on every fifth row."""
    votes = (0.75 * np.eye(7) + 0.25 * np.roll(np.eye(7), 1, axis=1))[made_table.labels].astype(np.float32)
    votes[::5] = 0
    return replace(made_table, votes=votes)


def test_ridge_finds_a_linear_relation(rated):
    recognizer, card = train_affect(rated, "ridge", {}, score_test=True, command="featfer train")
    assert list(card["figures"]) == ["val", "test"]
    for split in ("val", "test"):
        figures = card["figures"][split]
        assert (figures["split"], figures["images"]) == (split, 60)
        assert min(figures["valence"]["ccc"], figures["arousal"]["ccc"]) > 0.9
    assert (card["regressor"], card["outputs"], card["command"]) == ("ridge", ["valence", "arousal"], "featfer train")
    assert card["data"] == {"source": "made", "trained_on": "train", "rows": 180, "truth": "ratings"}
    assert card["machine"] == describe_machine()
    assert recognizer.outputs == ("valence", "arousal")


def test_test_is_scored_on_request_only(rated):
    assert list(train_affect(rated, "ridge")[1]["figures"]) == ["val"]
    assert train_affect(rated.rows(rated.splits == "train"), "ridge", score_test=True)[1]["figures"] == {}


def test_predictions_stay_within_their_range(rated):
    recognizer, _ = train_affect(rated, "ridge", {"pca": 32})
    told = recognizer.affect(rated.features * 1000)
    assert told.shape == (350, 2)
    assert (told.min(), told.max()) == (-1, 1)


def test_labels_are_ignored(rated):
    unlabelled = replace(rated, labels=np.full(350, -1, np.int16), label_set=None)
    np.testing.assert_array_equal(*(train_affect(table, "ridge")[0].affect(rated.features) for table in (rated, unlabelled)))


def test_unreadable_rows_are_left_out(rated):
    features, status = rated.features.copy(), rated.status.astype(object)
    features[1:4], status[1:4] = np.nan, UNREADABLE
    assert train_affect(replace(rated, features=features, status=status.astype(str)), "ridge")[1]["data"]["rows"] == 177


def test_an_output_without_ratings_is_not_learnt(rated):
    affect = rated.affect.copy()
    affect[rated.splits == "train", 0] = np.nan
    recognizer, card = train_affect(replace(rated, affect=affect), "ridge")
    assert recognizer.outputs == ("arousal",)
    assert card["figures"]["val"].keys() == {"split", "images", "arousal", "copies"}


def test_duplicates_of_training_images_are_counted_separately(rated):
    groups = rated.groups.copy()
    groups[np.flatnonzero(rated.splits == "val")[:10]] = groups[1]
    copies = train_affect(replace(rated, groups=groups), "ridge")[1]["figures"]["val"]["copies"]
    assert copies["images"] == 8  # of the ten, two have no rating
    assert copies["figures_without"]["images"] == 52
    assert copies["figures_without"]["valence"]["ccc"] > 0.9


@pytest.mark.parametrize("regressor", ["ridge", "svr", "mlp"])
def test_votes_replace_a_rated_valence(voted, regressor):
    params = {"hidden": 32, "epochs": 100} if regressor == "mlp" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recognizer, card = train_affect(voted, regressor, params, proxy="votes")
    known = ~np.isnan(coarse_valence(voted.votes, voted.label_set))
    assert recognizer.outputs == ("valence",)
    assert card["data"]["truth"] == "votes"
    assert card["data"]["rows"] == known[:210].sum() == 168  # all with votes: none of these rows has votes for surprise alone
    assert card["figures"]["val"]["valence"]["pearson"] > 0.6


def test_saved_and_loaded_it_predicts_the_same(rated, voted, tmp_path, photo):
    for name, table, proxy in (("both", rated, None), ("valence", voted, "votes")):
        recognizer, card = train_affect(table, "ridge", proxy=proxy)
        save(recognizer, tmp_path / f"{name}.joblib", card)
        again = load(tmp_path / f"{name}.joblib")
        assert isinstance(again, AffectRecognizer)
        (face,), = again.predict(photo)
        assert [face] == recognizer.predict([photo])[0]
        with pytest.raises(ParameterError, match=r"reject 0\.5: for models of expressions"):
            again.predict(photo, reject=0.5)
        assert (face.status, -1 <= face.valence <= 1, (face.arousal is None)) == ("found", True, proxy == "votes")
        assert face.box[0] < face.box[2]
        assert face.as_dict() == {"box": face.box, "status": "found", "score": face.score, "valence": face.valence,
                                  "arousal": face.arousal}
    with pytest.raises(BundleError, match=r"valence\.joblib: tells valence and arousal"):
        load_recognizer(tmp_path / "valence.joblib")


def test_errors_name_what_cannot_be_trained(made_table, rated, voted):
    for table in (made_table, voted, replace(rated, affect=np.full((350, 2), np.nan, np.float32))):
        with pytest.raises(StoreError, match=r"made: none of its rows in split 'train' has a valence .*--proxy votes"):
            train_affect(table, "ridge")
    with pytest.raises(StoreError, match="made: its rows have no votes to make a valence of"):
        train_affect(rated, "ridge", proxy="votes")
    with pytest.raises(ParameterError, match="proxy 'labels' is not votes"):
        train_affect(voted, "ridge", proxy="labels")
    with pytest.raises(ParameterError, match="regressor 'svm' is none of ridge, svr, mlp"):
        train_affect(rated, "svm")
    with pytest.raises(ParameterError, match=r"svr with {'C': -1} cannot be trained \(.*'C'"):
        train_affect(rated, "svr", {"C": -1})
    with pytest.raises(ParameterError, match="n=500 principal components"):
        train_affect(rated, "ridge", {"pca": 500})
