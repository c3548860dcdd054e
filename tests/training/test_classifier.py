from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from featfer.classifiers import Objective
from featfer.errors import ParameterError, StoreError
from featfer.evaluation.metrics import calibration_error
from featfer.features import Embedding, Landmarks
from featfer.labels import FER7
from featfer.store.opening import open_table
from featfer.training import calibration, classifier
from featfer.training.classifier import make_soft_labels, train

FAST = {"svm": {}, "rf": {"trees": 10}, "mlp": {"hidden": 32, "epochs": 5}}


@pytest.fixture
def uncalibrated(made_table):
    """Probabilities of val by an SVM that was not calibrated on it."""
    recognizer, card = train(made_table.rows(made_table.splits != "val"), "svm")
    assert card["data"]["calibrated_on"] is None
    return recognizer.probabilities(made_table.split("val").features)


def test_calibration_keeps_the_order_of_the_classes(made_table, uncalibrated):
    recognizer, card = train(made_table, "svm")
    calibrated = recognizer.probabilities(made_table.split("val").features)
    assert card["data"]["calibrated_on"] == "val"
    assert not np.allclose(calibrated, uncalibrated)
    np.testing.assert_array_equal(calibrated.argsort(axis=1), uncalibrated.argsort(axis=1))


def test_calibration_lowers_the_log_loss_on_val(made_table, uncalibrated):
    val = made_table.split("val")
    calibrated = train(made_table, "svm")[0].probabilities(val.features)
    rows = np.arange(len(val))
    assert np.log(calibrated[rows, val.labels]).mean() > np.log(uncalibrated[rows, val.labels]).mean()


def test_no_calibration_where_val_lacks_a_class(made_table):
    _, card = train(made_table.rows((made_table.splits != "val") | (made_table.labels != 1)), "svm")
    assert card["data"]["calibrated_on"] is None
    assert card["figures"]["val"]["images"] == 60


@pytest.mark.parametrize(("faces", "calibrated"), [(calibration.MIN_OF_CLASS - 1, None), (calibration.MIN_OF_CLASS, "val")])
def test_no_calibration_on_a_handful_of_faces(made_table, faces, calibrated):
    rare = np.flatnonzero((made_table.splits == "val") & (made_table.labels == 1))
    _, card = train(made_table.rows(np.setdiff1d(np.arange(350), rare[faces:])), "svm")
    assert card["data"]["calibrated_on"] == calibrated


def test_sigmoid_differs_from_temperature_and_none_changes_nothing(made_table, noisy_table, uncalibrated):
    val = made_table.split("val")
    sigmoid, card = train(noisy_table, "svm", calibrate="sigmoid")
    plain, plain_card = train(made_table, "svm", calibrate="none")
    assert (card["data"]["calibrated_on"], card["data"]["calibrated_by"]) == ("val", "sigmoid")
    assert not np.allclose(sigmoid.probabilities(val.features), train(noisy_table, "svm")[0].probabilities(val.features))
    assert (plain_card["data"]["calibrated_on"], plain_card["data"]["calibrated_by"]) == (None, None)
    assert "uncalibrated_ece" not in plain_card["figures"]["val"]
    np.testing.assert_allclose(plain.probabilities(val.features), uncalibrated, atol=1e-9)


def test_calibration_of_another_kind_is_refused(made_table):
    with pytest.raises(ParameterError, match="calibrate 'isotonic' is none of temperature, sigmoid, none"):
        train(made_table, "svm", calibrate="isotonic")


def test_the_card_has_the_error_before_calibration(noisy_table):
    val, plain = noisy_table.split("val"), train(noisy_table, "svm", calibrate="none")[0]
    figures, uncalibrated = train(noisy_table, "svm")[1]["figures"]["val"], plain.probabilities(val.features)
    assert figures["uncalibrated_ece"] == pytest.approx(calibration_error(val.labels, uncalibrated), abs=1e-9)
    assert figures["uncalibrated_ece"] > figures["ece"] + 0.01


@pytest.fixture
def voted(made_table):
    """The made-up table with votes: 3/4 for the label, 1/4 for the next one; none on every fifth row."""
    votes = (0.75 * np.eye(7) + 0.25 * np.roll(np.eye(7), 1, axis=1))[made_table.labels].astype(np.float32)
    votes[::5] = 0
    return replace(made_table, votes=votes)


def test_soft_labels_are_the_votes_or_else_the_label(voted):
    found = make_soft_labels(voted.split("train"))
    assert found[1].tolist() == [0, 0.75, 0.25, 0, 0, 0, 0]
    assert found[5].tolist() == [0, 0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(("clf", "params"), [("rf", {"trees": 20}), ("mlp", {"hidden": 32, "epochs": 40})])
def test_soft_labels_give_the_second_label_its_probability(voted, clf, params):
    rows = voted.split("train")
    hard, soft = (train(voted, clf, params, objective=Objective(soft=is_soft), calibrate="none")[0].probabilities(rows.features)
                  for is_soft in (False, True))
    second = np.arange(len(rows)), (rows.labels + 1) % 7
    assert soft[second].mean() > hard[second].mean() + 0.08


@pytest.mark.parametrize("votes", [None, np.zeros((350, 7), np.float32)])
def test_soft_labels_without_votes_are_an_error(made_table, votes):
    with pytest.raises(StoreError, match="made: its rows have no votes to learn soft labels from"):
        train(replace(made_table, votes=votes), "mlp", objective=Objective(soft=True))


def test_soft_labels_on_views_are_those_of_the_face(voted):
    two = replace(voted, features=np.tile(voted.features, 2), fingerprints=voted.fingerprints * 2)
    objective = Objective("weights", soft=True)
    once, twice = (train(table, "rf", {"trees": 10}, objective=objective, views=views, calibrate="none")[0]
                   for table, views in ((voted, ("plain",)), (two, ("plain", "flip"))))
    np.testing.assert_allclose(once.probabilities(voted.features).mean(axis=0),
                               twice.probabilities(voted.features).mean(axis=0), atol=0.03)


def test_the_objective_is_on_the_card_and_learnt(made_table):
    rare = made_table.rows(np.flatnonzero((made_table.labels != 1) | (made_table.splits != "train") | (made_table.groups < 30)))
    noisy = replace(rare, features=rare.features + np.random.default_rng(0).normal(scale=3, size=rare.features.shape))
    objectives = None, Objective("sampling", coarse_to_fine=True)
    found = [train(noisy, "logistic", objective=objective)[1] for objective in objectives]
    assert found[1]["objective"] == {"balance": "sampling", "soft": False, "coarse_to_fine": True}
    recalls = [card["figures"]["val"]["classes"]["disgust"]["recall"] for card in found]
    assert recalls[1] > recalls[0]


def test_what_a_classifier_cannot_learn_is_named(made_table):
    with pytest.raises(ParameterError, match="balance 'weights': knn cannot weigh its rows; take balance 'sampling'"):
        train(made_table, "knn", objective=Objective("weights"))


def test_the_test_split_is_scored_only_when_asked_for(made_table):
    assert list(train(made_table, "svm")[1]["figures"]) == ["val"]
    assert list(train(made_table, "svm", score_test=True)[1]["figures"]) == ["val", "test"]


def test_the_card_describes_the_training(made_table):
    _, card = train(made_table, "rf", {"trees": 10}, seed=3, command="featfer train --clf rf")
    assert (card["classifier"], card["params"], card["seed"], card["command"]) == (
        "rf", {"trees": 10}, 3, "featfer train --clf rf")
    assert card["labels"] == {"set": "fer7", "names": FER7.names}
    assert card["features"] == [Embedding().fingerprint]
    assert card["data"] == {"source": "made", "trained_on": "train", "rows": 210, "calibrated_on": "val",
                            "calibrated_by": "temperature"}
    assert card["objective"] == {"balance": None, "soft": False, "coarse_to_fine": False}
    assert card["versions"]["scikit-learn"]


def test_the_card_holds_the_figures_of_the_recognizer(made_table):
    recognizer, card = train(made_table, "svm")
    val = made_table.split("val")
    right = recognizer.probabilities(val.features).argmax(axis=1) == val.labels
    assert card["figures"]["val"]["accuracy"] == right.mean() > 0.9


def test_training_on_nothing_is_an_error(made_table):
    with pytest.raises(StoreError, match="no labelled rows in split 'train'; it has test, val"):
        train(made_table.rows(made_table.splits != "train"), "svm")


def test_training_without_a_label_set_is_an_error(made_table):
    with pytest.raises(StoreError, match="made: its rows have no labels to train on"):
        train(replace(made_table, label_set=None), "svm")


def test_an_unknown_classifier_is_an_error(made_table):
    with pytest.raises(ParameterError, match="classifier 'tree' is none of svm, rf, mlp, "):
        train(made_table, "tree")


@pytest.mark.parametrize(("clf", "params"), [("svm", {"C": -1.0}), ("rf", {"max_features": "all"}), ("mlp", {"lr": "fast"})])
def test_a_parameter_that_cannot_be_trained_with_is_named(made_table, clf, params):
    with pytest.raises(ParameterError, match=rf"^{clf} with .*{next(iter(params))}.* cannot be trained \("):
        train(made_table, clf, params)


def test_unreadable_rows_are_not_trained_on(made_table):
    features, status = made_table.features.copy(), made_table.status.astype("U11")
    features[:4], status[:4] = np.nan, "unreadable"
    recognizer, card = train(replace(made_table, features=features, status=status), "svm")
    assert card["data"]["rows"] == 206
    assert np.isfinite(recognizer.probabilities(made_table.features)).all()


@pytest.mark.parametrize("clf", FAST)
def test_training_twice_gives_the_same_recognizer(made_table, clf):
    first, second = (train(made_table, clf, FAST[clf], seed=5)[0].probabilities(made_table.features) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_class_without_training_rows_gets_no_probability(made_table):
    chosen = (made_table.splits == "train") & (made_table.labels != 2)
    recognizer, _ = train(made_table.rows(chosen), "svm")
    probabilities = recognizer.probabilities(made_table.features[:10])
    assert probabilities.shape == (10, 7)
    assert (probabilities[:, 2] == 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_open_table_reads_a_store(small_store):
    table = open_table(small_store, [Embedding(), Landmarks()])
    assert table.features.shape == (42, 128 + 136)
    assert table.fingerprints == [Embedding().fingerprint, Landmarks().fingerprint]


def test_open_table_reads_a_file(tmp_path, made_table):
    made_table.save(tmp_path / "table.npz")
    assert open_table(tmp_path / "table.npz", [Embedding()]).source == "made"


def test_open_table_refuses_a_file_with_other_features(tmp_path, made_table):
    made_table.save(tmp_path / "table.npz")
    with pytest.raises(StoreError, match=r"table.npz: holds embedding \{'align': '5'"):
        open_table(tmp_path / "table.npz", [Embedding(align="68")])


def test_open_table_finds_shipped_files_by_name(tmp_path, made_table, monkeypatch):
    made_table.save(tmp_path / "shipped.npz")
    monkeypatch.setattr("featfer.utils.shipped.files", lambda package: tmp_path)
    assert len(open_table("shipped", [Embedding()])) == 350
    with pytest.raises(StoreError, match="elsewhere/shipped: no feature store"):
        open_table("elsewhere/shipped", [])


def test_open_table_of_a_missing_store_says_how_to_make_one(tmp_path):
    with pytest.raises(StoreError, match="no feature store; `featfer extract SOURCE --store"):
        open_table(tmp_path / "nowhere", [Embedding()])


def test_the_time_of_training_is_on_the_card(made_table, monkeypatch):
    monkeypatch.setattr(classifier, "time", SimpleNamespace(perf_counter=iter([10.0, 22.34]).__next__))
    assert train(made_table, "svm")[1]["seconds"] == 12.3
