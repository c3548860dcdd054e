import json
import re
import shlex

import click
import pytest
from featfer_cli.tune import parse_vary
from helpers.commands import refused, succeeded

from featfer.bundle.persist import read_card
from featfer.tuning.spaces import Choices, Range


@pytest.fixture
def words(tmp_path, made_table, monkeypatch):
    """The arguments of a small search, in a folder with its table."""
    monkeypatch.chdir(tmp_path)
    made_table.save(tmp_path / "my table.npz")
    return ["tune", "--store", "my table.npz", "--clf", "svm", "--study", "svm.db", "--trials", 3]


@pytest.mark.parametrize(("word", "clf", "name", "space"), [
    ("svm.C=0.5:50:log", "svm", "C", Range(0.5, 50, log=True)), ("linear-svm.C=1e-3:1", "linear-svm", "C", Range(1e-3, 1)),
    ("mlp.epochs=5:60", "mlp", "epochs", Range(5, 60)), ("svm.pca=none,64", "svm", "pca", Choices((None, 64))),
    ("rf.max_features=sqrt,0.1", "rf", "max_features", Choices(("sqrt", 0.1))), ("svm.C=2", "svm", "C", Choices((2,))),
    ("rf.discriminants=true,False", "rf", "discriminants", Choices((True, False)))])
def test_vary_becomes_spaces(word, clf, name, space):
    assert parse_vary(None, None, [word]) == {clf: {name: space}}


def test_vary_is_grouped_by_classifier():
    assert parse_vary(None, None, ["svm.C=1:2", "mlp.hidden=64", "svm.gamma=scale"]) == {
        "svm": {"C": Range(1, 2), "gamma": Choices(("scale",))}, "mlp": {"hidden": Choices((64,))}}


@pytest.mark.parametrize(("word", "reason"), [
    ("C=1:2", "is not of the form"), ("svm.C", "is not of the form"), ("svm.C=", "is not of the form"),
    (".C=1", "is not of the form"), ("svm.=1", "is not of the form"), ("svm.C=1:", "of two numbers"),
    ("svm.C=a:b", "of two numbers"), ("svm.C=1:2:lin", "of two numbers"), ("svm.C=1:2:log:3", "of two numbers"),
    ("svm.C=true:2", "of two numbers"), ("svm.C=2:1", "lower end first"), ("svm.C=0:1:log", "above 0 for log"),
    ("svm.C=1,,2", "choices are"), ("svm.C=(),1", "choices are")])
def test_invalid_values_of_vary_are_named(word, reason):
    with pytest.raises(click.BadParameter, match=re.escape(repr(word)) + f".*{reason}"):
        parse_vary(None, None, [word])


def test_json_is_the_leaderboard_and_the_same_command_goes_on(words):
    board = json.loads(succeeded(*words, "--json"))
    assert [row["rank"] for row in board["rows"]] == [1, 2, 3]
    values = [row["accuracy_without_copies"] for row in board["rows"]]
    assert values == sorted(values, reverse=True)
    assert json.loads(succeeded(*words[:-1], 4, "--json"))["failures"] == []
    assert len(json.loads(succeeded("leaderboard", "svm.db", "--json"))["rows"]) == 4


def test_the_printed_command_trains_the_best_model(words):
    printed = succeeded(*words, "--seed", 3, "--align", 5, "--clf", "rf", "--vary", "rf.trees=5,10").splitlines()
    board = json.loads(succeeded("leaderboard", "svm.db", "--json"))
    command = shlex.split(printed[-1])
    assert command == shlex.split(board["rows"][0]["command"])
    assert "--align" in command
    for row in board["rows"]:
        succeeded(*shlex.split(row["command"])[1:])
        card = read_card("tuned.joblib")
        assert card["figures"]["val"]["accuracy"] == row["accuracy"]
        assert (card["params"], card["classifier"], card["seed"]) == (row["params"], row["classifier"], 3)


def test_leaderboard_is_printed(words):
    lines = succeeded(*words, "--vary", "svm.C=-1,1,2").splitlines()
    assert lines[0] == "3 trials, 1 failed; by accuracy on the images of val that have no copy in train"
    assert lines[1].split() == ["rank", "without", "copies", "all", "of", "val", "seconds", "features", "classifier",
                                "parameters"]
    assert re.fullmatch(r" +1 +1?\d\d\.\d\d% +1?\d\d\.\d\d% +\d+\.\d  embedding  svm +C=[12] pca=None", lines[2])
    assert lines[4].startswith("failed: embedding, svm with {'C': -1")
    assert lines[-1].startswith("  featfer train --clf svm --features embedding --store 'my table.npz' --param C=")


def test_candidates_with_features_side_by_side(small_store, tmp_path):
    board = json.loads(succeeded("tune", "--store", small_store, "--features", "landmarks,embedding", "--features", "landmarks",
                                 "--clf", "svm", "--study", tmp_path / "study", "--trials", 4, "--json"))
    assert {row["features"] for row in board["rows"]} == {"landmarks,embedding", "landmarks"}


def test_other_data_is_refused(words, made_table):
    succeeded(*words)
    made_table.rows(made_table.ids != "made:7").save("my table.npz")
    assert refused(*words) == ("Error: svm.db: a study with other images, labels or splits; go on with the command that made "
                               "it, or name another --study")


@pytest.mark.parametrize(("more", "value"), [
    (["--clf", "kmn"], "'kmn'"), (["--features", "smile"], "'smile'"), (["--vary", "svm.zap=1:2"], "'zap'"),
    (["--vary", "mlp.hidden=1:2"], "mlp: parameters to vary"), (["--vary", "svm.C"], "'svm.C'"), (["--trials", 0], "0"),
    (["--timeout", 0], "0"), (["--store", "nowhere"], "nowhere"), (["--study", "."], "."), (["--align", "7"], "'7'")])
def test_mistake_is_named_and_nothing_written(words, tmp_path, more, value):
    assert value in refused(*words, *more)
    assert [path.name for path in tmp_path.iterdir()] == ["my table.npz"]
