import json
import re
from pathlib import Path

import pytest
from featfer_cli.reference import list_names
from helpers.commands import refused, run, succeeded

from featfer.classifiers.parameters import list_parameters
from featfer.classifiers.svm import svm

PAGE = Path(__file__).parents[2] / "docs" / "parameters.md"


def names_in(text):
    return re.findall(r"^  (\w+)=", text, re.MULTILINE)


def test_everything_that_takes_parameters_is_listed():
    listed = re.findall(r"^  (\S+(?: train)?)  ", succeeded("params"), re.MULTILINE)
    assert listed == [name for names in list_names().values() for name in names]


def test_lines_fit_a_terminal():
    for words in ([], ["svm"], ["boosting"], ["alexnet"], ["four-steps"], ["finetune"]):
        assert max(map(len, succeeded("params", *words).splitlines())) <= 80


def test_a_classifier_s_parameters_with_default_values_and_meaning():
    text = succeeded("params", "svm")
    assert text.startswith("featfer train --clf svm --param NAME=VALUE\n")
    assert names_in(text) == list_parameters(svm)
    assert "C=5.0" in text and "[a number above 0]" in " ".join(text.split())


def test_json_has_every_parameter():
    (found,) = json.loads(succeeded("params", "knn", "--json"))
    assert (found["kind"], found["name"], found["command"]) == ("classifier", "knn", "featfer train --clf knn")
    assert found["parameters"][1] == {"name": "k", "default": "30", "values": "a whole number from 1",
                                      "meaning": "Number of neighbours."}
    listed = json.loads(succeeded("params", "--json"))
    assert {"kind": "classifier", "name": "rf", "summary": "A random forest."} in listed


def test_a_name_of_two_things_lists_both():
    assert [found["kind"] for found in json.loads(succeeded("params", "mlp", "--json"))] == ["classifier", "regressor"]


def test_after_a_network_come_the_keys_of_its_recipe():
    network, recipe = json.loads(succeeded("params", "groups9", "--json"))
    assert [entry["name"] for entry in network["parameters"]] == ["hidden", "dropout"]
    assert (recipe["kind"], recipe["name"]) == ("recipe", "one-cycle")
    assert "It has no parameters of its own." in succeeded("params", "widening")


@pytest.mark.parametrize(("words", "first"), [
    (["--clf", "svm"], "featfer train --clf svm --param NAME=VALUE"),
    (["--affect", "mlp"], "featfer train --affect mlp --param NAME=VALUE"),
    (["--cnn", "groups9"], "featfer train --cnn groups9 --param NAME=VALUE")])
def test_train_lists_them_without_a_store(words, first):
    for asked in (["--params", *words], [*words, "--params"]):
        assert succeeded("train", *asked).splitlines()[0] == first


def test_train_lists_the_values_of_the_recipe_asked_for():
    assert "epochs=10 " in succeeded("train", "--params", "--cnn", "groups9", "--recipe", "sgd-decay")


def test_mistakes_are_named():
    assert refused("params", "nystrom") == ("Error: 'nystrom' is no classifier, regressor, network or recipe (did you mean "
                                            "nystroem?); `featfer params` lists them")
    assert "'mlp' is none of residual, " in refused("train", "--cnn", "mlp", "--params")
    assert "give one of them" in refused("train", "--params")
    assert "neither NAME nor --json" in refused("params", "svm", "--markdown")
    line = refused("train", "--cnn", "groups9", "--param", "epoch=3", "--store", "none", "--out", "a.joblib")
    assert "(did you mean epochs?)" in line and line.endswith("see `featfer params groups9`")


def test_the_page_is_up_to_date():
    assert PAGE.read_text("utf-8") == run("params", "--markdown").stdout, "run `featfer params --markdown > docs/parameters.md`"


def test_the_page_has_a_table_for_everything():
    text = PAGE.read_text("utf-8")
    heads = [name for head in re.findall(r"^### (.*)$", text, re.MULTILINE) for name in head.split(", ")]
    bullets = re.findall(r"^- `(\S+)`:", text, re.MULTILINE)
    names = list_names()
    assert heads == [*names["classifier"], *names["regressor"], *names["network"], *names["training"]]
    assert bullets == names["recipe"]
