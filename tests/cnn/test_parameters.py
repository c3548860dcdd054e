import inspect

import pytest

from featfer.cnn import load_recipe, shipped_recipes
from featfer.cnn.networks import NETWORKS, list_parameters
from featfer.cnn.parameters import describe_network, describe_recipe, list_recipe_parameters, summarize_recipe
from featfer.cnn.recipe import AUGMENTATIONS, Recipe, Step
from featfer.finetuning.recipe import Recipe as FineTuning
from featfer.finetuning.recipe import make_recipe
from featfer.superres.recipe import Recipe as Enlarging
from featfer.utils.schemas import describe_fields


def check_meanings(entries):
    assert len({entry.meaning for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.meaning[0].isupper() and entry.meaning.endswith("."), entry
        assert entry.values, entry


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_of_a_network_has_a_meaning_and_its_default(name):
    entries = describe_network(name)
    check_meanings(entries)
    assert [entry.name for entry in entries] == [p for p in list_parameters(name) if p not in ("weights", "trainable")]
    known = inspect.signature(NETWORKS[name]).parameters
    assert {entry.name: entry.default for entry in entries} == {
        entry.name: str(list(d) if isinstance(d := known[entry.name].default, tuple) else d).replace("None", "none").replace(
            "False", "false") for entry in entries}


def test_depth_and_ranges_of_the_residual_network():
    entries = {entry.name: entry for entry in describe_network("residual")}
    assert (entries["depth"].default, entries["depth"].values) == ("[2, 2, 3, 1]", "a list of whole numbers")
    assert entries["dropout"].values == "a number from 0 to below 1"
    assert [entry.name for entry in describe_network("groups9")] == ["hidden", "dropout"]


@pytest.mark.parametrize("kind", [Recipe, Step, FineTuning, Enlarging])
def test_every_key_of_a_recipe_has_a_meaning(kind):
    check_meanings(describe_fields(kind))


def test_keys_of_a_recipe_have_the_defaults_of_one_that_says_nothing():
    entries = {entry.name: entry for entry in describe_recipe()}
    assert list(entries) == list_recipe_parameters()
    assert not {"name", "steps"} & set(entries)
    assert (entries["epochs"].default, entries["epochs"].values) == ("30", "a whole number from 1")
    assert entries["optimizer"].values == "one of adam, adamw, sgd"
    assert entries["features"].values == "text or none"
    assert all(name in entries["augment"].meaning for name in AUGMENTATIONS)


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_recipe_has_its_own_values(name):
    recipe, entries = load_recipe(name), {entry.name: entry.default for entry in describe_recipe(name)}
    epochs = [str(step.epochs) for step in recipe.steps]
    assert entries["epochs"] == (epochs[0] if len(set(epochs)) == 1 else " / ".join(epochs))
    assert (entries["average"], entries["keep"]) == (str(recipe.average), recipe.keep)
    assert summarize_recipe(name).endswith(".")


def test_values_that_differ_from_step_to_step_follow_each_other():
    entries = {entry.name: entry.default for entry in describe_recipe("adversarial-long")}
    assert entries["epochs"] == "24 / 8 / 28 / 20 / 2"
    assert entries["batch"] == "64"


def test_the_values_of_fine_tuning_are_those_it_has():
    made = {name: str(value) for name, value in vars(make_recipe()).items()}
    assert {entry.name: entry.default for entry in describe_fields(FineTuning)} == made
