"""Options that several commands share, and tools to read the command line."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import featfer_models
from featfer_cli.values import FILE, FOLDER, Choice, Decorator, NameOrFile, Option, Words, choice

from featfer.datasets.codes import CODES, OWN
from featfer.faces.detectors import DETECTORS
from featfer.labels import LABEL_SETS
from featfer.prediction.formats import FORMATS

WITHOUT_EFFECT_ON_FILES = ("--overwrite", "-q", "--quiet", "-v", "--verbose")
_MODELS = sorted(path.stem for path in Path(featfer_models.__file__).parent.glob("*.joblib"))


def join_names(names: Iterable[str], notes: dict[str, str] | None = None, last: str = " or ") -> str:
    """Join names in a phrase: "a, b or c".

    Parameters
    ----------
    names : iterable of str
    notes : dict of str, optional
        Texts that replace some of the names.
    last : str
        What stands before the last name.

    Returns
    -------
    str
    """
    *others, final = [(notes or {}).get(name, name) for name in names]
    return f"{', '.join(others)}{last}{final}" if others else final


def out(metavar: str, help: str, **settings: Any) -> Decorator:
    """Return the option -o/--out, for the file or folder that a command writes.

    Parameters
    ----------
    metavar : str
        DIR for a folder.
    help : str
    **settings
        As for click.option.

    Returns
    -------
    decorator
    """
    return click.option("-o", "--out", type=FOLDER if metavar == "DIR" else FILE, metavar=metavar, help=help, **settings)


def jobs(help: str) -> Decorator:
    """Return the option -j/--jobs, the number of processes; `help` follows that."""
    return click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help=f"Number of processes{help}")


def bootstrap(units: str, aliases: tuple[str, ...] = ()) -> Decorator:
    """Return the option --bootstrap, how many samples of some units are drawn."""
    return click.option("--bootstrap", "draws", cls=Option, aliases=aliases, type=click.IntRange(0, 100_000), default=2000,
                        show_default=True, metavar="N",
                        help=f"Number of bootstrap samples for 95 % intervals: of {units}.")


store = click.option("--store", required=True, type=FILE, metavar="PATH",
                     help="Folder of the feature store; commands that only read also take a table (.npz), or fer2013, which "
                          "ships with featfer.")
stores = click.option("--store", "stores", required=True, multiple=True, type=FILE, metavar="PATH",
                      help="Feature store, table (.npz), or fer2013; repeatable: each model takes the first that has its "
                           "features.")
source = click.option("--source", metavar="NAME", help="Which data set, if the store holds several.")
seed = click.option("--seed", default=0, show_default=True, metavar="N", help="Seed of all random numbers.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
as_json_lines = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts, a line for each result as it "
                                                                     "comes.")
detector = click.option("--detector", type=Choice(DETECTORS), default="hog", show_default=True, metavar="NAME",
                        help="What finds the faces: " + join_names(DETECTORS, {
                            "hog": "hog (and mmod where it finds none in a photo)",
                            "mmod": "mmod (turned faces too, slow)", "whole": "whole (the image is one face)"}) + ".")
model_type = NameOrFile(_MODELS)
model = click.option("-m", "--model", type=model_type, default="photos", show_default=True, metavar="MODEL",
                     help=f"File of a bundle, or a model that ships: {join_names(_MODELS or ['none here'])}.")
codes = click.option("--codes", type=Choice([*CODES, OWN]), metavar="SET",
                     help="For labels that are numbers, the data set whose codes they are: "
                          f"{', '.join(CODES)}, or {OWN}, which keeps the numbers.")
smallest_face = click.option("--smallest-face", type=click.IntRange(20, 2000), metavar="PIXELS",
                             help="Width of the smallest faces to find in photos; smaller ones take longer.  [default: for "
                                  "hog 100 in large photos, down to 40 in small ones]")
table_format = choice("--format", FORMATS, "Columns of the table: featfer's own, or those of OpenFace 2.2 or py-feat, for "
                      "scripts that were made for them; these have action units and 68 landmarks.", "form")
no_face = choice("--no-face", ["skip", "whole", "error"],
                 "If no face is found: skip the image and say so at the end, treat the whole image as a face (for faces that "
                 "are already cut out), or report an error.")
reject = click.option("--reject", type=click.FloatRange(0, 1), default=0.0, metavar="P",
                      help="Call a face \"unsure\" whose likeliest expression has a probability below P, from 0 to 1.  "
                           "[default: 0, none]")
labels = click.option("--labels", type=NameOrFile(LABEL_SETS), metavar="SET",
                      help=f"Use the labels of another set: {', '.join(LABEL_SETS)}, or a .toml file.")
_PRIOR = ("The shares of the expressions where the model is used: {}uniform, NAME=SHARE for each, separated by commas, or a "
          ".toml or .json file.  [default: what the model assumes, see `featfer info`]")
prior = click.option("--prior", type=NameOrFile(["uniform"]), metavar="SHARES", help=_PRIOR.format(""))
estimable_prior = click.option("--prior", type=NameOrFile(["estimate", "uniform"]), metavar="SHARES",
                               help=_PRIOR.format("estimate, which finds them from all faces together; "))
overwrite = click.option("--overwrite", is_flag=True, help="Replace the --out file even if it took long to make.")
no_verify = click.option("--no-verify", is_flag=True, help="Load a bundle although its sha256 differs from its card. Loading "
                                                           "runs code from the file: only for files that you trust.")
device = click.option("--device", type=Words(["cpu", "cuda"]), default="cpu", show_default=True, metavar="DEVICE",
                      help="Where networks compute: cpu, cuda or cuda:N.")
score_test = click.option("--score-test", is_flag=True,
                          help="Score the test split too, into the card. Choose models on val; do this once.")
align = choice("--align", ["5", "68", "none"], "Align faces by 5 or 68 landmarks, or none.")
_PRECISIONS = ["auto", "float32", "bf16", "int8"]
precision = choice("--precision", _PRECISIONS, "Precision of dlib's network: bf16 and int8 are faster where the processor "
                   "supports them; int8 is for the networks that ship, and not for a GPU; auto is the fastest here, and the "
                   "features are named by what it is.", default="float32")
model_precision = choice("--precision", _PRECISIONS, "Precision of dlib's network for the model's features: auto is the "
                         "fastest that the processor has; labels of 0.5 to 1 % of faces change.  [default: as the model was "
                         "trained]",
                         default=None, show_default=False)
skip_bad = click.option("--skip-bad", is_flag=True,
                        help="Leave out bad rows, and listed files that do not exist, and name them.")
log = click.option("--log", type=FOLDER, metavar="DIR", help="Write curves for TensorBoard to this folder.")


class Group:
    """Several options; used as a decorator, it adds them to a command in this order.

    Parameters
    ----------
    *options : decorator
        As click.option returns them.
    """

    def __init__(self, *options: Decorator) -> None:
        self._options = options

    def __call__(self, command: Any) -> Any:
        for option in reversed(self._options):
            command = option(command)
        return command


def fill(kind: Any, given: dict[str, Any]) -> Any:
    """Make a dataclass from the options with the names of its fields.

    Parameters
    ----------
    kind : type
        The dataclass.
    given : dict
        The options of the command.

    Returns
    -------
    object
        Of type `kind`.
    """
    return kind(**{field.name: given[field.name] for field in fields(kind)})


def is_given(name: str) -> bool:
    """Tell whether the user gave an option of the running command.

    Parameters
    ----------
    name : str
        The name of the parameter, such as "as_json".

    Returns
    -------
    bool
    """
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def views_option(name: str, help: str) -> Decorator:
    """Return an option for views of the chip, separated by commas; the command gets a list.

    Parameters
    ----------
    name, help : str

    Returns
    -------
    decorator
    """
    return click.option(name, default="plain", show_default=True, metavar="LIST", help=help, callback=_split)


def _split(context: click.Context, option: click.Parameter, text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def parse_value(text: str) -> Any:
    """Turn a word of the command line into a value.

    Parameters
    ----------
    text : str

    Returns
    -------
    object
        A number or another Python literal, True, False or None; else the text itself.
    """
    import ast
    plain = {"true": True, "false": False, "none": None}
    if text.lower() in plain:
        return plain[text.lower()]
    try:
        return ast.literal_eval(text)
    except (MemoryError, RecursionError, SyntaxError, TypeError, ValueError):
        return text


def parse_params(context: click.Context | None, option: click.Parameter | None, values: Iterable[str]) -> dict[str, Any]:
    """Turn the K=V words of --param into a dict; the callback of the option.

    Parameters
    ----------
    context, option
        Of click.
    values : tuple of str

    Returns
    -------
    dict

    Raises
    ------
    click.BadParameter
    """
    params = {}
    for word in values:
        name, equals, value = word.partition("=")
        if not (name.isidentifier() and equals):
            raise click.BadParameter(f"{word!r} is not of the form name=value")
        params[name] = parse_value(value)
    return params


def params_option(help: str) -> Decorator:
    """Return the option --param, which may be repeated; the command gets a dict.

    Parameters
    ----------
    help : str

    Returns
    -------
    decorator
    """
    return click.option("--param", "params", multiple=True, callback=parse_params, metavar="K=V", help=help)


def repeat_given(command: click.Command, without: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the given options of the running command that another command has too, as arguments for that one.

    Parameters
    ----------
    command : click.Command
        The other command.
    without : set of str
        Names of parameters to leave out.

    Returns
    -------
    tuple of str
    """
    context = click.get_current_context()
    shared = {param.name for param in command.params} - set(without)
    given = [param for param in context.command.params if param.name in shared and is_given(param.name)]
    return tuple(word for param in given for word in (max(param.opts, key=len), str(context.params[param.name])))


def command_line() -> str:
    """Return the running command, as one would type it to make the same files where they do not exist yet."""
    return shlex.join(["featfer", *(word for word in sys.argv[1:] if word not in WITHOUT_EFFECT_ON_FILES)])
