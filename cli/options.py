"""The options that several commands share, and what stands on the line of the running command."""

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


def named(names, notes=None, last=" or "):
    """Return names as a list in words: "a, b or c"; notes: {name: what stands in its place}."""
    *others, final = [(notes or {}).get(name, name) for name in names]
    return f"{', '.join(others)}{last}{final}" if others else final


store = click.option("--store", required=True, metavar="PATH",
                     help="Folder of the feature store; to read: also a table (.npz), or fer2013, the one that ships.")
source = click.option("--source", metavar="NAME", help="Which source, when the store holds several.")
seed = click.option("--seed", default=0, show_default=True, help="Of all that is drawn at random.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
detector = click.option("--detector", default="hog", show_default=True, metavar="NAME",
                        help="What finds the faces: " + named(DETECTORS, {
                            "mmod": "mmod (turned faces too, slow)", "whole": "whole (the image is one face)"}) + ".")
model = click.option("--model", default="stages", show_default=True,
                     help=f"A bundle's file, or one that ships: {named(_MODELS or ['none here'])}.")
codes = click.option("--codes", metavar="SET", help="Whose numbers the labels are, where they are numbers: "
                     f"{', '.join(CODES)}, or {OWN}, which keeps them.")
smallest_face = click.option("--smallest-face", type=click.IntRange(20, 2000), metavar="PIXELS",
                             help="Look for faces from this width on in photos; a smaller one takes longer.  [default: of "
                                  "hog 100 in large photos, down to 40 in small ones]")
no_face = click.option("--no-face", type=click.Choice(["skip", "whole", "error"]), default="skip", show_default=True,
                       help="Where no face is found: skip the image and say so at the end, take the whole image for a face "
                            "(for those that were cut out before), or an error.")
labels = click.option("--labels", metavar="SET",
                      help=f"In the labels of another set: {', '.join(LABEL_SETS)}, or of a .toml file.")
overwrite = click.option("--overwrite", is_flag=True, help="Replace what --out names, also where it took long to make.")
no_verify = click.option("--no-verify", is_flag=True, help="Load a bundle whose sha256 is not its card's. Loading runs code "
                                                           "from the file: only for files that you trust.")


class Group:
    """Options that stand together; as a decorator it adds them to a command, in this order."""

    def __init__(self, *options):
        self._options = options

    def __call__(self, command):
        for option in reversed(self._options):
            command = option(command)
        return command


@dataclass(frozen=True)
class FeatureOptions:
    """The options that say which features, and how they are computed; `features` and `feature_sets` add them to a command.

    names: the words of --features, with commas; a tuple of such where it may be given several times
    The others have the names of their options and go to featfer.features.make_features.
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
        """Return the features for each of some views of the chip, one view after the other (list of Feature)."""
        from featfer.features import make_features
        return [feature for view in views for feature in make_features(
            self.names, align=self.align, view=view, network=self.network, backend=self.backend, precision=self.precision,
            superres=self.superres, smallest=self.smallest_face, device=self.device)]

    def make_sets(self):
        """Return {words: list of Feature} for each of several --features."""
        return {words: replace(self, names=words).make() for words in self.names}


_LISTING = "Features, with commas: " + named(FEATURES, {
    "stage": "stage:MAP (such as stage:128x8x8)", "bovw": "bovw:FILE (of `featfer codebook`)",
    "crop": "crop (for networks)"}, last=", ") + "."
_COMPUTED = Group(
    click.option("--align", default="5", show_default=True, help="Turn faces upright by 5 or 68 landmarks, or none."),
    click.option("--network", default="dlib", show_default=True, metavar="FILE",
                 help="Of stages: dlib's, or a backbone that `featfer finetune` made."),
    click.option("--backend", default="torch", show_default=True, help="Of the embedding: torch, or dlib (the reference)."),
    click.option("--precision", default="float32", show_default=True,
                 help="Of the embedding and the generator: float32 or bf16."),
    click.option("--superres", default="none", show_default=True, metavar="MODEL",
                 help=f"Enlarge images of up to 64 pixels four times first: {', '.join(SHIPPED)}, FILE.npz (of `featfer "
                      f"superres train`), {named(RESAMPLED)}."),
    click.option("--device", default="cpu", show_default=True, help="For torch: cpu, cuda or cuda:N."),
    smallest_face,
)
features = Group(
    click.option("--features", "names", default="embedding", show_default=True, metavar="LIST", help=_LISTING), _COMPUTED)
feature_sets = Group(
    click.option("--features", "names", default=["embedding"], multiple=True, show_default=True, metavar="LIST",
                 help=f"{_LISTING} Repeatable: each is a candidate."), _COMPUTED)


def fill(kind, given):
    """Return a dataclass made of those of a command's options (dict) that have the names of its fields."""
    return kind(**{field.name: given[field.name] for field in fields(kind)})


def is_given(name):
    """Say whether an option of the running command stands on its line."""
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def views(name, help):
    """Return an option that takes views of the chip, with commas; the command gets a list."""
    return click.option(name, default="plain", show_default=True, metavar="LIST", help=help, callback=_split)


def _split(context, option, text):
    return [part.strip() for part in text.split(",")]


def value_of(text):
    """Return what a word stands for: a number, true, false, none, a Python literal, or itself."""
    import ast
    plain = {"true": True, "false": False, "none": None}
    if text.lower() in plain:
        return plain[text.lower()]
    try:
        return ast.literal_eval(text)
    except (MemoryError, RecursionError, SyntaxError, TypeError, ValueError):
        return text


def parse_params(context, option, values):
    """Turn k=v words into a dict; numbers, true, false and none become what they are."""
    params = {}
    for word in values:
        name, equals, value = word.partition("=")
        if not (name.isidentifier() and equals):
            raise click.BadParameter(f"{word!r} is not of the form name=value")
        params[name] = value_of(value)
    return params


def params(help):
    """Return the option --param, which is repeatable; the command gets a dict."""
    return click.option("--param", "params", multiple=True, callback=parse_params, metavar="K=V", help=help)


def given_of(command, without=()):
    """Return the words of the running command's line for those of its options that another command has too."""
    context = click.get_current_context()
    shared = {param.name for param in command.params} - set(without)
    given = [param for param in context.command.params if param.name in shared and is_given(param.name)]
    return tuple(word for param in given for word in (param.opts[0], str(context.params[param.name])))


def command_line():
    """Return the command that is running, as a person would type it to make the same where there is none."""
    return shlex.join(["featfer", *(word for word in sys.argv[1:] if word != "--overwrite")])


