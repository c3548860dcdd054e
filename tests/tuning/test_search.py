import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from featfer.errors import ParameterError, StoreError
from featfer.features import Embedding, Landmarks
from featfer.training.classifier import train
from featfer.tuning import search as tuning
from featfer.tuning.search import Search, tune
from featfer.tuning.spaces import Choices, Range, select_spaces
from featfer.tuning.study import leaderboard

BLIND, SEEING = 100.0, "scale"  # gamma of an SVM: with 100 it only recognises what it was trained on


def make_search(table, folder, spaces=None, **more):
    """Return a Search over a table saved in a folder."""
    table.save(folder / "table.npz")
    spaces = spaces or {"svm": {"gamma": Choices((BLIND, SEEING))}}
    return Search(str(folder / "table.npz"), {"embedding": [Embedding()]}, spaces, **more)


@pytest.fixture
def search(tmp_path, made_table):
    """A Search over C of an SVM."""
    return make_search(made_table, tmp_path, {"svm": {"C": Range(0.5, 50.0, log=True)}})


@pytest.fixture
def trained(monkeypatch):
    """The parameters of each training, in order."""
    params = []

    def noting(table, clf, given, seed):
        params.append(given)
        return train(table, clf, given, seed)
    monkeypatch.setattr(tuning, "train", noting)
    return params


def list_tried(board):
    return sorted(row["params"]["C"] for row in board["rows"])


def test_the_better_setting_comes_first_with_the_figures_of_train(tmp_path, made_table):
    board = tune(make_search(made_table, tmp_path), tmp_path / "study", 2)
    best, worst = board["rows"]
    assert (best["params"], worst["params"]) == ({"gamma": SEEING}, {"gamma": BLIND})
    figures = train(made_table, "svm", {"gamma": SEEING})[1]["figures"]["val"]
    assert best["accuracy_without_copies"] == best["accuracy"] == figures["accuracy"] > worst["accuracy"]
    assert (best["rank"], best["features"], best["classifier"], board["source"]) == (1, "embedding", "svm", "made")
    assert 0 <= best["seconds"] < 60


def test_the_command_of_a_row_is_complete(tmp_path, made_table):
    search = make_search(made_table, tmp_path, options=("--store", "my table.npz", "--seed", "0"))
    assert tune(search, tmp_path / "study", 2)["rows"][0]["command"] == (
        "featfer train --clf svm --features embedding --store 'my table.npz' --seed 0 --param gamma=scale --out tuned.joblib")


def test_memorised_duplicates_are_not_rewarded(tmp_path, made_table):
    rng = np.random.default_rng(0)
    features, labels, groups = made_table.features.copy(), made_table.labels.copy(), made_table.groups.copy()
    known = slice(0, 50)
    labels[known] = rng.integers(0, 7, 50)
    duplicates = slice(210, 260)  # of val's 70 rows
    features[duplicates], labels[duplicates], groups[duplicates] = features[known], labels[known], groups[known]
    table = replace(made_table, features=features, labels=labels, groups=groups)
    spaces = {"svm": {"gamma": Choices((BLIND, SEEING)), "C": Choices((1.0,))}}
    best, worst = tune(make_search(table, tmp_path, spaces), tmp_path / "study", 2)["rows"]
    assert (best["params"]["gamma"], worst["params"]["gamma"]) == (SEEING, BLIND)
    assert best["accuracy"] < worst["accuracy"]
    assert best["accuracy_without_copies"] > 0.8 > worst["accuracy_without_copies"]


def test_the_test_split_is_not_read(tmp_path, made_table):
    features = made_table.features.copy()
    features[made_table.splits == "test"] = 60_000
    found = [tune(make_search(table, tmp_path), tmp_path / name, 2)["rows"]
             for table, name in ((made_table, "study"), (replace(made_table, features=features), "other"))]
    assert len(found[0]) == 2
    assert [(row["params"], row["accuracy"]) for row in found[0]] == [(row["params"], row["accuracy"]) for row in found[1]]
    assert set(make_search(made_table, tmp_path).table("embedding").splits) == {"train", "val"}


def test_a_study_is_continued_to_the_number_of_trials_asked_for(tmp_path, search, trained):
    first = tune(search, tmp_path / "study", 3)
    assert len(trained) == len(first["rows"]) == 3
    second = tune(search, tmp_path / "study", 5)
    assert len(trained) == len(second["rows"]) == 5
    assert set(list_tried(first)) < set(list_tried(second))
    assert tune(search, tmp_path / "study", 4) == second
    assert len(trained) == 5


def test_a_killed_trial_is_repeated_and_the_search_continues_the_same(tmp_path, search, monkeypatch):
    whole = tune(search, tmp_path / "whole", 5)
    calls = []

    def killed(*args):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return train(*args)
    monkeypatch.setattr(tuning, "train", killed)
    with pytest.raises(KeyboardInterrupt):
        tune(search, tmp_path / "study", 5)
    assert len(leaderboard(tmp_path / "study")["rows"]) == 2
    board = tune(search, tmp_path / "study", 5)
    assert calls[3][2] == calls[2][2]
    assert list_tried(board) == list_tried(whole)
    assert states(tmp_path / "study") == ["COMPLETE"] * 2 + ["FAIL"] + ["COMPLETE"] * 3


def states(path):
    """Return the state of each trial in a study's file, read by optuna alone."""
    from optuna import load_study
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    study = load_study(study_name="featfer tune", storage=JournalStorage(JournalFileBackend(str(path))))
    return [trial.state.name for trial in study.trials]


def test_nothing_is_tried_twice_and_the_search_ends_when_nothing_is_left(tmp_path, made_table, trained, monkeypatch):
    monkeypatch.setattr(tuning, "MOST_REPEATS", 20)
    board = tune(make_search(made_table, tmp_path), tmp_path / "study", 9)
    assert len(board["rows"]) == len(trained) == 2


def test_a_setting_that_cannot_be_trained_counts_as_a_trial(tmp_path, made_table):
    spaces = {"svm": {"C": Choices((-1.0, 1.0, 5.0))}}
    board = tune(make_search(made_table, tmp_path, spaces), tmp_path / "study", 3)
    assert sorted(row["params"]["C"] for row in board["rows"]) == [1.0, 5.0]
    (failure,) = board["failures"]
    assert failure["params"] == {"C": -1.0}
    assert failure["reason"].startswith("svm with {'C': -1.0} cannot be trained (")


def test_no_trial_starts_after_the_time_is_over(tmp_path, search, monkeypatch):
    ticks = iter([0.0, 30.0, 59.9, 60.0])
    monkeypatch.setattr(tuning, "time", SimpleNamespace(monotonic=ticks.__next__))
    assert len(tune(search, tmp_path / "study", 9, minutes=1)["rows"]) == 2


def test_candidates_are_compared_each_on_its_own_columns(tmp_path, small_store):
    features = {"embedding": [Embedding()], "embedding,landmarks": [Embedding(), Landmarks()]}
    board = tune(Search(small_store, features, {"svm": {}}), tmp_path / "study", 2)
    assert sorted(row["features"] for row in board["rows"]) == list(features)
    assert all(row["params"] == {} for row in board["rows"])


def test_defaults_alone_are_one_trial(tmp_path, made_table, monkeypatch):
    monkeypatch.setattr(tuning, "MOST_REPEATS", 3)
    (row,) = tune(make_search(made_table, tmp_path, {"rf": {}}), tmp_path / "study", 4)["rows"]
    assert row["accuracy"] == train(made_table, "rf")[1]["figures"]["val"]["accuracy"]


@pytest.mark.parametrize(("change", "clf", "error", "message"), [
    (lambda table: table.rows(table.splits != "val"), "svm", StoreError, "no labelled rows in split 'val'"),
    (lambda table: replace(table, groups=np.zeros(350, np.int32)), "svm", StoreError, "every image of val is in train too"),
    (lambda table: replace(table, label_set=None, labels=np.full(350, -1, np.int16)), "svm", StoreError,
     "its rows have no labels to train on"),
    (lambda table: table, "smv", ParameterError, "classifier 'smv' is none of"),
])
def test_an_impossible_search_is_refused_before_a_study_is_made(tmp_path, made_table, change, clf, error, message):
    search = make_search(change(made_table), tmp_path, select_spaces([clf]))
    with pytest.raises(error, match=message):
        tune(search, tmp_path / "study", 2)
    assert not (tmp_path / "study").exists()


def test_an_unknown_parameter_is_refused(tmp_path, made_table):
    search = make_search(made_table, tmp_path, {"svm": {"zap": Range(1, 2)}})
    with pytest.raises(ParameterError, match=r"svm: .*'zap'"):
        tune(search, tmp_path / "study", 2)


def test_missing_features_are_named_before_the_search(tmp_path, small_store):
    features = {"embedding": [Embedding()], "turned": [Embedding(align="68")]}
    with pytest.raises(StoreError, match=r"no embedding \{'align': '68'"):
        tune(Search(small_store, features, {"svm": {}}), tmp_path / "study", 2)


def test_the_leaderboard_is_plain_data(tmp_path, search):
    board = tune(search, tmp_path / "study", 2)
    assert json.loads(json.dumps(board)) == board == leaderboard(tmp_path / "study")
