"""What `--param` sets: the parameters of classifiers, regressors, networks, recipes and trainings, for `featfer params`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import import_module
from itertools import groupby
from typing import TYPE_CHECKING, Any

from featfer.affect import REGRESSORS
from featfer.classifiers import CLASSIFIERS
from featfer.cnn import shipped_recipes
from featfer.cnn.networks import NETWORKS
from featfer.errors import ParameterError

if TYPE_CHECKING:
    from featfer.utils.parameters import ParameterEntry

DEFAULT_RECIPE = "one-cycle"
COMMANDS = {"classifier": "featfer train --clf {}", "regressor": "featfer train --affect {}",
            "network": "featfer train --cnn {}", "recipe": "featfer train --cnn NAME --recipe {}", "training": "featfer {}"}
REGISTRIES: dict[str, Any] = {"classifier": CLASSIFIERS, "regressor": REGRESSORS, "network": NETWORKS}
HEADS = {"classifier": "Classifiers", "regressor": "Regressors of valence and arousal", "network": "Networks",
         "recipe": "Recipes of networks", "training": "Other trainings"}
TRAININGS = {"finetune": ("featfer.finetuning.recipe", "Fine-tuning of dlib's network for expression."),
             "superres train": ("featfer.superres.recipe", "Training of a network that enlarges faces.")}
INTRODUCTION = """# Parameters

What `--param NAME=VALUE` sets in `featfer train`, `finetune` and `superres train`, and in the lists of `featfer benchmark`.
This page is written by `featfer params --markdown`; `featfer params NAME` prints one of its tables.

`none`, `true` and `false` are written so; lists and tables as in Python: `--param "depth=[2, 2, 3, 1]"`. The meanings of
scikit-learn's own parameters are the first sentences of scikit-learn's documentation."""


@dataclass(frozen=True)
class Reference:
    """The parameters of one thing.

    Attributes
    ----------
    kind : str
        A key of COMMANDS.
    name : str
    summary : str
        A sentence.
    parameters : list of ParameterEntry
    """

    kind: str
    name: str
    summary: str
    parameters: list[ParameterEntry]

    @property
    def command(self) -> str:
        """The command that takes the parameters."""
        return COMMANDS[self.kind].format(self.name)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "command": self.command}


def list_names() -> dict[str, list[str]]:
    """List the names that have parameters.

    Returns
    -------
    dict of str to list of str
        By kind.
    """
    return {"classifier": list(CLASSIFIERS), "regressor": list(REGRESSORS), "network": list(NETWORKS),
            "recipe": shipped_recipes(), "training": list(TRAININGS)}


def find_references(name: str, kind: str | None = None, recipe: str = DEFAULT_RECIPE) -> list[Reference]:
    """Find what has a name, and describe its parameters.

    Parameters
    ----------
    name : str
        Of a classifier, regressor, network or recipe, or finetune or "superres train".
    kind : str, optional
        A key of COMMANDS, to look among these only.
    recipe : str
        The recipe whose keys are listed after the parameters of a network.

    Returns
    -------
    list of Reference
        `mlp` is a classifier and a regressor. After a network comes its recipe.

    Raises
    ------
    ParameterError
        If nothing has this name.
    """
    from featfer.utils.parameters import suggest

    searched = {one: names for one, names in list_names().items() if kind in (None, one)}
    kinds = [one for one, names in searched.items() if name in names]
    if not kinds:
        known = [known for names in searched.values() for known in names]
        raise ParameterError(f"{name!r} is no {kind or 'classifier, regressor, network or recipe'}{suggest(name, known)}; "
                             "`featfer params` lists them")
    return [describe(one, name) for one in kinds] + ([describe("recipe", recipe)] if kinds == ["network"] else [])


def describe(kind: str, name: str) -> Reference:
    """Describe the parameters of one thing.

    Parameters
    ----------
    kind : str
        A key of COMMANDS.
    name : str
        Of a recipe also a TOML file.

    Returns
    -------
    Reference
    """
    return Reference(kind, name, summarize(kind, name), _describe(kind, name))


def summarize(kind: str, name: str) -> str:
    """Return a sentence on one thing.

    Parameters
    ----------
    kind, name : str
        As for `describe`.

    Returns
    -------
    str
    """
    from featfer.cnn.parameters import summarize_recipe
    from featfer.utils import parameters

    if kind == "recipe":
        return summarize_recipe(name) if name in shipped_recipes() else "A recipe of your own."
    return TRAININGS[name][1] if kind == "training" else parameters.summarize(REGISTRIES[kind][name])


def write_markdown() -> str:
    """Return the reference as a page in Markdown (str)."""
    from featfer.cnn.parameters import describe_recipe

    parts = [INTRODUCTION]
    for kind, names in list_names().items():
        parts.append(f"## {HEADS[kind]}")
        if kind == "recipe":
            parts += ["`--recipe NAME` chooses a recipe, and `--param` changes its keys, in all steps. The defaults here are "
                      "those of a recipe that says nothing; `featfer params NAME` prints the values of one.",
                      "\n".join(f"- `{name}`: {summarize(kind, name)}" for name in names), _format_table(describe_recipe())]
            continue
        for _, alike in groupby((describe(kind, name) for name in names), lambda one: (one.summary, one.parameters)):
            found = list(alike)
            parts += [f"### {', '.join(one.name for one in found)}", f"`{found[0].command}`: {found[0].summary}",
                      _format_table(found[0].parameters) if found[0].parameters else "It has no parameters of its own."]
    return "\n\n".join(parts) + "\n"


def _format_table(entries: Iterable[ParameterEntry]) -> str:
    from featfer.utils.markdown import as_text
    rows = [["parameter", "default", "values", "meaning"], ["---"] * 4]
    rows += [[f"`{entry.name}`", f"`{entry.default}`", as_text(entry.values), as_text(entry.meaning)] for entry in entries]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _describe(kind: str, name: str) -> list[ParameterEntry]:
    from featfer.classifiers.parameters import describe_parameters
    from featfer.cnn.parameters import describe_network, describe_recipe
    from featfer.utils.schemas import describe_fields

    if kind in ("classifier", "regressor"):
        return describe_parameters(REGISTRIES[kind][name])
    if kind == "training":
        return [entry for entry in describe_fields(import_module(TRAININGS[name][0]).Recipe) if entry.name != "seed"]
    return (describe_network if kind == "network" else describe_recipe)(name)
