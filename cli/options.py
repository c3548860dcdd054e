"""Options that several commands share, and tools to read the command line."""

import shlex
import sys
from dataclasses import dataclass, fields, replace
from pathlib import Path

import click
import featfer_models

from featfer.datasets.codes import CODES, OWN
from featfer.faces.detectors import DETECTORS
from featfer.features import FEATURES
from featfer.labels import LABEL_SETS
from featfer.superres import RESAMPLED, SHIPPED

_MODELS = sorted(path.stem for path in Path(featfer_models.__file__).parent.glob("*.joblib"))


def join_names(names, notes=None, last=" or "):
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


store = click.option("--store", required=True, metavar="PATH",
                     help="Folder of the feature store; commands that only read also take a table (.npz), or fer2013, which "
                          "ships with featfer.")
source = click.option("--source", metavar="NAME", help="Which data set, if the store holds several.")
seed = click.option("--seed", default=0, show_default=True, help="Seed of all random numbers.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
detector = click.option("--detector", default="hog", show_default=True, metavar="NAME",
                        help="What finds the faces: " + join_names(DETECTORS, {
                            "hog": "hog (and mmod where it finds none in a photo)",
                            "mmod": "mmod (turned faces too, slow)", "whole": "whole (the image is one face)"}) + ".")
model = click.option("--model", default="photos", show_default=True,
                     help=f"File of a bundle, or a model that ships: {join_names(_MODELS or ['none here'])}.")
codes = click.option("--codes", metavar="SET", help="For labels that are numbers, the data set whose codes they are: "
                     f"{', '.join(CODES)}, or {OWN}, which keeps the numbers.")
smallest_face = click.option("--smallest-face", type=click.IntRange(20, 2000), metavar="PIXELS",
                             help="Width of the smallest faces to find in photos; smaller ones take longer.  [default: for "
                                  "hog 100 in large photos, down to 40 in small ones]")
no_face = click.option("--no-face", type=click.Choice(["skip", "whole", "error"]), default="skip", show_default=True,
                       help="If no face is found: skip the image and say so at the end, treat the whole image as a face (for "
                            "faces that are already cut out), or report an error.")
reject = click.option("--reject", type=click.FloatRange(0, 1), default=0.0, metavar="P",
                      help="Call a face \"unsure\" whose likeliest expression has a probability below P, from 0 to 1.  "
                           "[default: 0, none]")
labels = click.option("--labels", metavar="SET",
                      help=f"Use the labels of another set: {', '.join(LABEL_SETS)}, or a .toml file.")
_PRIOR = ("The shares of the expressions where the model is used: {}uniform, NAME=SHARE for each, separated by commas, or a "
          ".toml or .json file.  [default: what the model assumes, see `featfer info`]")
prior = click.option("--prior", metavar="SHARES", help=_PRIOR.format(""))
estimable_prior = click.option("--prior", metavar="SHARES",
                               help=_PRIOR.format("estimate, which finds them from all faces together; "))
overwrite = click.option("--overwrite", is_flag=True, help="Replace the --out file even if it took long to make.")
no_verify = click.option("--no-verify", is_flag=True, help="Load a bundle although its sha256 differs from its card. Loading "
                                                           "runs code from the file: only for files that you trust.")


class Group:
    """Several options; used as a decorator, it adds them to a command in this order.

    Parameters
    ----------
    *options : decorator
        As click.option returns them.
    """

    def __init__(self, *options):
        self._options = options

    def __call__(self, command):
        for option in reversed(self._options):
            command = option(command)
        return command


@dataclass(frozen=True)
class FeatureOptions:
    """The options that choose features and how they are computed; `features` and `feature_sets` add them to a command.

    Attributes
    ----------
    names : str or tuple of str
        The value of --features; a tuple if it may be repeated.
    align, network, backend, precision, superres, device, smallest_face
        The options of these names, as featfer.features.make_features takes them.
    """

    names: str | tuple
    align: str
    network: str
    backend: str
    precision: str
    superres: str
    device: str
    smallest_face: int | None

    def make(self, views=("plain",)):
        """Make the features for some views of the chip.

        Parameters
        ----------
        views : list of str

        Returns
        -------
        list of Feature
            For one view after the other.
        """
        from featfer.features import make_features
        return [feature for view in views for feature in make_features(
            self.names, align=self.align, view=view, network=self.network, backend=self.backend, precision=self.precision,
            superres=self.superres, smallest=self.smallest_face, device=self.device)]

    def make_sets(self):
        """Return {value: list of Feature} for each value of a repeated --features."""
        return {words: replace(self, names=words).make() for words in self.names}


_LISTING = "Features, separated by commas: " + join_names(FEATURES, {
    "stage": "stage:MAP (such as stage:128x8x8)", "bovw": "bovw:FILE (of `featfer codebook`)",
    "crop": "crop (for networks)"}, last=", ") + "."
_COMPUTING = Group(
    click.option("--align", default="5", show_default=True, help="Align faces by 5 or 68 landmarks, or none."),
    click.option("--network", default="dlib", show_default=True, metavar="FILE",
                 help="The network of stages: dlib's, or a backbone that `featfer finetune` made."),
    click.option("--backend", default="torch", show_default=True,
                 help="What computes the embedding: torch, or dlib (the reference)."),
    click.option("--precision", default="float32", show_default=True,
                 help="Precision of the embedding and the generator: float32 or bf16."),
    click.option("--superres", default="none", show_default=True, metavar="MODEL",
                 help=f"First enlarge images of up to 64 pixels four times, with {', '.join(SHIPPED)}, FILE.npz (of `featfer "
                      f"superres train`), {join_names(RESAMPLED)}."),
    click.option("--device", default="cpu", show_default=True, help="Where torch computes: cpu, cuda or cuda:N."),
    smallest_face,
)
features = Group(
    click.option("--features", "names", default="embedding", show_default=True, metavar="LIST", help=_LISTING), _COMPUTING)
feature_sets = Group(
    click.option("--features", "names", default=["embedding"], multiple=True, show_default=True, metavar="LIST",
                 help=f"{_LISTING} Repeatable: each is a candidate."), _COMPUTING)


def fill(kind, given):
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


def is_given(name):
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


def views_option(name, help):
    """Return an option for views of the chip, separated by commas; the command gets a list.

    Parameters
    ----------
    name, help : str

    Returns
    -------
    decorator
    """
    return click.option(name, default="plain", show_default=True, metavar="LIST", help=help, callback=_split)


def _split(context, option, text):
    return [part.strip() for part in text.split(",")]


def parse_value(text):
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


def parse_params(context, option, values):
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


def params_option(help):
    """Return the option --param, which may be repeated; the command gets a dict.

    Parameters
    ----------
    help : str

    Returns
    -------
    decorator
    """
    return click.option("--param", "params", multiple=True, callback=parse_params, metavar="K=V", help=help)


def repeat_given(command, without=()):
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
    return tuple(word for param in given for word in (param.opts[0], str(context.params[param.name])))


def command_line():
    """Return the running command, as one would type it to make the same files where they do not exist yet."""
    return shlex.join(["featfer", *(word for word in sys.argv[1:] if word != "--overwrite")])
