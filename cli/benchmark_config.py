"""Models listed in a file, and the command that makes each.

The file is TOML; `{work}` in its words is the work folder, where the store, the fitted files and the bundles are:

    report = false                                        # or `featfer report` writes a page beside the file
    prepare = { "codebook.npz" = "codebook --words 64" }  # fitted files, by `featfer codebook` or `featfer finetune`
    models = [
        { name = "svm", clf = "svm", features = "--features stage:128x8x8 --views plain,flip", params = { pca = 512 } },
        { name = "bovw", clf = "svm", features = "--features bovw:{work}/codebook.npz", options = "--seed 1" },
        { name = "cnn", cnn = "groups9", recipe = "plain", params = { epochs = 12 } },
        { name = "lda", clf = "lda", store = "fer2013" },  # on a store or table that is there: nothing is extracted for it
        { name = "all", blend = ["svm", "cnn"], options = "--how stack" },
    ]
"""

import re
import shlex
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from annotated_types import MinLen

from featfer.errors import ParameterError
from featfer.faces import PLAIN
from featfer.utils.files import read_json
from featfer.utils.schemas import check, read_table

NAME = r"\w[\w.+-]{0,99}"
PREPARE = ("codebook", "finetune")
ENGINE = {"--align": "5", "--network": "dlib", "--backend": "torch", "--precision": "float32",
          "--superres": "none"}  # of features, by default
ELSEWHERE = ("--store", "--out", "--device", "--jobs", "--log")  # differ where the same model is made in another place
FILE = {"models": list[dict], "prepare": dict[str, str], "report": bool}
COMMON, TRAINED = {"name": str, "store": str, "options": str}, {"features": str, "params": dict}
KINDS = {"clf": COMMON | {"clf": str} | TRAINED, "cnn": COMMON | {"cnn": str, "recipe": str} | TRAINED,
         "blend": COMMON | {"blend": Annotated[list[str], MinLen(2)]}}


@dataclass(frozen=True)
class Pass:
    """One look at all images: options of the features {option: value}, their names and their views {name: None}, in order."""

    engine: dict
    features: dict
    views: dict

    def covers(self, other):
        """Say whether it extracts all that another does."""
        return (self.engine == other.engine and self.features.keys() >= other.features.keys()
                and self.views.keys() >= other.views.keys())

    def words(self):
        """Return its options for `featfer extract`."""
        views = ["--views", ",".join(self.views)] if self.views.keys() != {PLAIN} else []
        return ["--features", ",".join(self.features), *(word for pair in self.engine.items() for word in pair), *views]


@dataclass(frozen=True)
class Listing:
    """What the file at a path says, and where it is made.

    models: {name: its table}, members before their blends; prepare: {name of a fitted file: words}; report: whether a page
    is written; source, work: paths of the data set and of the work folder; device: of what trains a network, or None
    """

    path: Path
    models: dict
    prepare: dict
    report: bool
    source: str = ""
    work: Path = Path()
    device: str | None = None

    def bundle(self, name):
        """Return the path of a model's bundle."""
        return self.work / f"{name}.joblib"

    def members(self, name):
        """Return the names of the models that a model blends; none for others."""
        return self.models[name].get("blend", [])

    def words(self, name):
        """Return the words of the command that makes a model."""
        model = self.models[name]
        where = [*self.stores([name]), "--out", str(self.bundle(name)), "--score-test"]
        if "blend" in model:
            return ["blend", *(str(self.bundle(member)) for member in model["blend"]), *where, *self._text(model, "options")]
        params = _each("--param", (f"{key}={value}" for key, value in model.get("params", {}).items()))
        chosen = [*where, *self._text(model, "features"), *params, *self._text(model, "options")]
        if "clf" in model:
            return ["train", "--clf", model["clf"], *chosen]
        recipe = ["--recipe", model["recipe"]] if "recipe" in model else []
        return ["train", "--cnn", model["cnn"], *recipe, *chosen, *self._on_device()]

    def preparation(self, file):
        """Return the words of the command that makes a fitted file."""
        command, *options = self._text(self.prepare, file)
        on_device = self._on_device() if command == "finetune" else []
        return [command, self.source, "--out", str(self.work / file), *options, *on_device]

    def extraction(self, look):
        """Return the words of the command that makes a Pass."""
        return ["extract", self.source, "--store", self._store(), *look.words()]

    def named(self, words):
        """Return the names of the fitted files that some words name and that are not there."""
        return [file for file in self.prepare if not (self.work / file).exists()
                and any(str(self.work / file) in word for word in words)]

    def stores(self, names):
        """Return the words for the stores that have the features of some models, each once."""
        return _each("--store", dict.fromkeys(store for name in names for store in self._stores(name)))

    def passes(self, name):
        """Return the Passes that extract what a model is trained on."""
        model = self.models[name]
        if "blend" in model or "store" in model:
            return []
        given = dict(pairwise(self.words(name)))
        features = given.get("--features", "embedding" if "clf" in model else "crop")
        engine = {option: given[option] for option, default in ENGINE.items() if given.get(option, default) != default}
        views = f"{given.get('--tta', PLAIN)},{given.get('--views', PLAIN)}"
        looks = []
        if "recipe" in model:
            from featfer.cnn import load_recipe
            looks = load_recipe(model["recipe"]).looks
        besides = [(engine | ({"--superres": superres} if superres else {}), features) for features, superres in looks]
        return [Pass(engine, _parts(features), _parts(views)),
                *(Pass(engine, _parts(features), _parts(PLAIN)) for engine, features in besides)]

    def is_of(self, card, name):
        """Say whether a card (path) is of a model as the file has it, made here or elsewhere; a blend's: of such members."""
        try:
            card = read_json(card)
            commands = [card["command"], *(member["command"] for member in card.get("members", []))]
            names = [name, *self.members(name)]
            return all(self._makes(command, name) for command, name in zip(commands, names, strict=True))
        except (IndexError, KeyError, OSError, TypeError, ValueError):  # no card, or not of a command of this kind
            return False

    def _makes(self, command, name):
        words = _split(str(command))[1:]
        there = replace(self, work=Path(words[words.index("--out") + 1]).parent)
        return _essence(words) == _essence(there.words(name))

    def _stores(self, name):
        if "store" in self.models[name]:
            return [self._placed(self.models[name]["store"])]
        return [store for member in self.members(name) for store in self._stores(member)] or [self._store()]

    def _store(self):
        return str(self.work / "store")

    def _text(self, table, key):
        return [self._placed(word) for word in _split(table.get(key, ""))]

    def _placed(self, word):
        return word.replace("{work}", str(self.work))

    def _on_device(self):
        return ["--device", self.device] if self.device else []


def read_listing(path):
    """Return the Listing in a TOML file; raise ParameterError, with the model and what is allowed, for what is not right."""
    path = Path(path)
    if path.suffix != ".toml":
        raise ParameterError(f"{path}: the name of a list of models ends in .toml")
    data = read_table(path, path)
    check(FILE, data, path)
    if not data.get("models"):
        raise ParameterError(f"{path}: it lists no models, models = [{{ name = ... }}, ...]")
    prepare, models = data.get("prepare", {}), {}
    for file, text in prepare.items():
        _check_prepared(f"{path}: prepare {file!r:.80}", file, text)
    for number, model in enumerate(data["models"], 1):
        name = _name(f"{path}: model {number}", model, [*models, *prepare, *(Path(file).stem for file in prepare)])
        _check_model(f"{path}: model {name!r}", model, list(models))
        models[name] = model
    return Listing(path, models, prepare, data.get("report", True))


def _check_prepared(where, file, text):
    if not re.fullmatch(NAME, file):
        raise ParameterError(f"{where}: the name of a fitted file is of letters, digits, _, ., + and -")
    if text.partition(" ")[0] not in PREPARE:
        raise ParameterError(f"{where}: {text!r} does not start with {' or '.join(PREPARE)}")
    _check_words(where, text)


def _name(where, model, taken):
    name = model.get("name")
    if not (isinstance(name, str) and re.fullmatch(NAME, name)):
        raise ParameterError(f"{where}: name {name!r:.80} is not one of letters, digits, _, ., + and -")
    if name in taken:
        raise ParameterError(f"{where}: name {name!r} is taken by another model or fitted file; each has its own")
    return name


def _check_model(where, model, before):
    kinds = [kind for kind in KINDS if kind in model]
    if len(kinds) != 1:
        raise ParameterError(f"{where}: it has {' and '.join(kinds) or 'none'} of {', '.join(KINDS)}; give one")
    check(KINDS[kinds[0]], model, where)
    for key in ("features", "options"):
        _check_words(f"{where}: {key}", model.get(key, ""))
    if model.get("params") and "clf" in model:
        _check_params(where, model["clf"], model["params"])
    for member in model.get("blend", []):
        if member not in before:
            raise ParameterError(f"{where}: blend of {member!r}, which is none of the models before it: {', '.join(before)}")


def _check_params(where, clf, params):
    from featfer.classifiers import check_classifier
    try:
        check_classifier(clf, params)
    except ParameterError as error:
        raise ParameterError(f"{where}: {error}") from None


def _check_words(where, text):
    try:
        _split(text)
    except ValueError as error:
        raise ParameterError(f"{where} {text!r}: {error}") from None


def _split(text):
    """Return the words of a text as a shell has them, --option=value as two."""
    return [part for word in shlex.split(text) for part in (word.split("=", 1) if word.startswith("--") else [word])]


def _each(option, values):
    return [word for value in values for word in (option, str(value))]


def _parts(text):
    return dict.fromkeys(part.strip() for part in text.split(","))


def _essence(words):
    """Return a command's words without the options that say where, not what."""
    kept, words = [], iter(words)
    for word in words:
        if word in ELSEWHERE:
            next(words, None)
        else:
            kept.append(word)
    return kept
