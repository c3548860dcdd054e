"""The parameters of networks and of recipes, described for a reference."""

from __future__ import annotations

from dataclasses import fields, replace
from importlib.resources import files
from inspect import signature

from featfer.cnn.networks import NETWORKS, list_parameters
from featfer.cnn.recipe import AUGMENTATIONS, Recipe, Step, load_recipe
from featfer.utils.parameters import ParameterEntry, find_first_sentence, make_entries
from featfer.utils.schemas import describe_fields

WITHOUT_PARAM = ("weights", "trainable")  # parameters of networks that come from --weights and from the recipe
OF_FILES = ("name", "steps")              # keys of a recipe that only its file has


def list_network_parameters(name: str) -> list[str]:
    """List the parameters of a network that `--param` sets, without those of its recipe.

    Parameters
    ----------
    name : str
        A name in NETWORKS.

    Returns
    -------
    list of str

    Raises
    ------
    ParameterError
        If there is no such network.
    """
    return [parameter for parameter in list_parameters(name) if parameter not in WITHOUT_PARAM]


def list_recipe_parameters() -> list[str]:
    """List the keys of a recipe that `--param` sets (list of str)."""
    return [field.name for kind in (Recipe, Step) for field in fields(kind) if field.name not in OF_FILES]


def describe_network(name: str) -> list[ParameterEntry]:
    """Describe the parameters of a network, without those of its recipe.

    Parameters
    ----------
    name : str
        A name in NETWORKS.

    Returns
    -------
    list of ParameterEntry

    Raises
    ------
    ParameterError
        If there is no such network.
    """
    known = list_network_parameters(name)
    return make_entries(NETWORKS[name], {parameter: signature(NETWORKS[name]).parameters[parameter].default
                                         for parameter in known})


def describe_recipe(name: str | None = None) -> list[ParameterEntry]:
    """Describe the keys of a recipe that `--param` sets.

    Parameters
    ----------
    name : str, optional
        A recipe that ships, or a TOML file, whose values are the defaults; values that differ from step to step stand one after
        the other. Without it the defaults are those of a recipe that says nothing.

    Returns
    -------
    list of ParameterEntry

    Raises
    ------
    ParameterError
        If there is no such recipe, or it is not valid.
    """
    entries = [*describe_fields(Recipe), *describe_fields(Step)]
    if name is not None:
        recipe = load_recipe(name)
        said = {entry.name: entry.default for entry in describe_fields(Recipe, vars(recipe))}
        steps = [{entry.name: entry.default for entry in describe_fields(Step, vars(step))} for step in recipe.steps]
        said.update({key: _join([step[key] for step in steps]) for key in steps[0]})
        entries = [replace(entry, default=said[entry.name]) for entry in entries]
    return [_name_augmentations(entry) for entry in entries if entry.name not in OF_FILES]


def summarize_recipe(name: str) -> str:
    """Return the first sentence of the comment at the top of a recipe that ships.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
    """
    lines = (files("featfer.cnn") / "recipes" / f"{name}.toml").read_text("utf-8").partition("\n\n")[0].splitlines()
    return find_first_sentence(" ".join(line.lstrip("# ") for line in lines if line.startswith("#")))


def _join(values: list[str]) -> str:
    """Return the values of the steps of a recipe as one text; one value if all are equal."""
    return values[0] if len(set(values)) == 1 else " / ".join(values)


def _name_augmentations(entry: ParameterEntry) -> ParameterEntry:
    if entry.name != "augment":
        return entry
    return replace(entry, meaning=f"{entry.meaning} " + "; ".join(f"{name}: {of}" for name, of in AUGMENTATIONS.items()) + ".")
