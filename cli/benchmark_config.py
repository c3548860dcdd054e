"""The list of models of `featfer benchmark`, and the command that makes each model.

The list is a TOML file. `{work}` in it stands for the work folder, where the store, the fitted files and the bundles are:

    report = false                                        # by default, `featfer report` writes a page beside the file
    prepare = { "codebook.npz" = "codebook --words 64" }  # fitted files, by `featfer codebook` or `featfer finetune`
    models = [
        { name = "svm", clf = "svm", features = "--features stage:128x8x8 --views plain,flip", params = { pca = 512 } },
        { name = "bovw", clf = "svm", features = "--features bovw:{work}/codebook.npz", options = "--seed 1" },
        { name = "cnn", cnn = "groups9", recipe = "plain", params = { epochs = 12 } },
        { name = "lda", clf = "lda", store = "fer2013" },  # an existing store or table: nothing is extracted for this model
        { name = "all", blend = ["svm", "cnn"], options = "--how stack" },
    ]
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from annotated_types import MinLen

from featfer.errors import ParameterError
from featfer.faces import PLAIN
from featfer.utils.files import read_json
from featfer.utils.schemas import check, read_table

NAME = r"\w[\w.+-]{0,99}"
PREPARE = ("codebook", "finetune")
ENGINE = {"--align": "5", "--network": "dlib", "--backend": "featfer", "--precision": "float32",
          "--superres": "none"}  # options of features, with their defaults
PLACES = ("--store", "--out", "--device", "--jobs", "--log")  # options that differ when the same model is made elsewhere
FILE = {"models": list[dict], "prepare": dict[str, str], "report": bool}
COMMON, TRAINED = {"name": str, "store": str, "options": str}, {"features": str, "params": dict}
KINDS: dict[str, dict[str, Any]] = {
    "clf": COMMON | {"clf": str} | TRAINED, "cnn": COMMON | {"cnn": str, "recipe": str} | TRAINED,
    "blend": COMMON | {"blend": Annotated[list[str], MinLen(2)]}}


@dataclass(frozen=True)
class Extraction:
    """What one `featfer extract` computes.

    Attributes
    ----------
    engine : dict
        {option: value} of the options in ENGINE that differ from their defaults.
    features, views : dict
        Their names as keys, in order.
    """

    engine: dict
    features: dict
    views: dict

    def contains(self, other: Extraction) -> bool:
        """Tell whether this computes everything that another Extraction does."""
        return (self.engine == other.engine and self.features.keys() >= other.features.keys()
                and self.views.keys() >= other.views.keys())

    def list_options(self) -> list[str]:
        """Return the options of `featfer extract`, a list of str."""
        views = ["--views", ",".join(self.views)] if self.views.keys() != {PLAIN} else []
        return ["--features", ",".join(self.features), *(word for pair in self.engine.items() for word in pair), *views]


@dataclass(frozen=True)
class Listing:
    """The content of a list of models, and the places where the models are made.

    Attributes
    ----------
    path : Path
        The file.
    models : dict
        {name: table of the file}; members come before the blends of them.
    prepare : dict
        {name of a fitted file: command}
    report : bool
        Whether a report is written.
    source : str
        Path of the data set.
    work : Path
        The work folder.
    device : str or None
        Where networks are trained.
    """

    path: Path
    models: dict
    prepare: dict
    report: bool
    source: str = ""
    work: Path = Path()
    device: str | None = None

    def find_bundle(self, name: str) -> Path:
        """Return the path of a model's bundle."""
        return self.work / f"{name}.joblib"

    def list_members(self, name: str) -> list[str]:
        """Return the names of the models in a blend; of other models, none."""
        return self.models[name].get("blend", [])

    def list_arguments(self, name: str) -> list[str]:
        """Return the arguments of the command that makes a model, after `featfer` (list of str)."""
        model = self.models[name]
        places = [*self.list_stores([name]), "--out", str(self.find_bundle(name)), "--score-test"]
        if "blend" in model:
            return ["blend", *(str(self.find_bundle(member)) for member in model["blend"]), *places,
                    *self._split_text(model, "options")]
        params = _repeat("--param", (f"{key}={value}" for key, value in model.get("params", {}).items()))
        chosen = [*places, *self._split_text(model, "features"), *params, *self._split_text(model, "options")]
        if "clf" in model:
            return ["train", "--clf", model["clf"], *chosen]
        recipe = ["--recipe", model["recipe"]] if "recipe" in model else []
        return ["train", "--cnn", model["cnn"], *recipe, *chosen, *self._list_device()]

    def list_preparation(self, file: str) -> list[str]:
        """Return the arguments of the command that makes a fitted file (list of str)."""
        command, *options = self._split_text(self.prepare, file)
        device = self._list_device() if command == "finetune" else []
        return [command, self.source, "--out", str(self.work / file), *options, *device]

    def list_extraction(self, extraction: Extraction) -> list[str]:
        """Return the arguments of the command that carries out an Extraction (list of str)."""
        return ["extract", self.source, "--store", self._find_store(), *extraction.list_options()]

    def find_missing_files(self, arguments: Iterable[str]) -> list[str]:
        """Return the names of the fitted files that some arguments name and that do not exist."""
        return [file for file in self.prepare if not (self.work / file).exists()
                and any(str(self.work / file) in word for word in arguments)]

    def list_stores(self, names: Iterable[str]) -> list[str]:
        """Return the options for the stores that have the features of some models, each once (list of str)."""
        return _repeat("--store", dict.fromkeys(store for name in names for store in self._find_stores(name)))

    def find_extractions(self, name: str) -> list[Extraction]:
        """Return the Extractions whose features a model is trained on."""
        model = self.models[name]
        if "blend" in model or "store" in model:
            return []
        given = dict(pairwise(self.list_arguments(name)))
        features = given.get("--features", "embedding" if "clf" in model else "crop")
        engine = {option: given[option] for option, default in ENGINE.items() if given.get(option, default) != default}
        views = f"{given.get('--tta', PLAIN)},{given.get('--views', PLAIN)}"
        inputs = []
        if "recipe" in model:
            from featfer.cnn import load_recipe
            inputs = load_recipe(model["recipe"]).inputs
        return [Extraction(engine, _split_list(features), _split_list(views)),
                *(Extraction(engine | ({"--superres": superres} if superres else {}), _split_list(names), _split_list(PLAIN))
                  for names, superres in inputs)]

    def is_current(self, card: Path, name: str) -> bool:
        """Tell whether a card (path) is of a model that was made as the file says, here or elsewhere, members included."""
        try:
            made = read_json(card)
            commands = [made["command"], *(member["command"] for member in made.get("members", []))]
            names = [name, *self.list_members(name)]
            return all(self._is_command_of(command, name) for command, name in zip(commands, names, strict=True))
        except (IndexError, KeyError, OSError, TypeError, ValueError):  # not a card, or the card of another kind of command
            return False

    def _is_command_of(self, command, name):
        arguments = _split(str(command))[1:]
        elsewhere = replace(self, work=Path(arguments[arguments.index("--out") + 1]).parent)
        return _drop_places(arguments) == _drop_places(elsewhere.list_arguments(name))

    def _find_stores(self, name):
        if "store" in self.models[name]:
            return [self._fill_in(self.models[name]["store"])]
        return [store for member in self.list_members(name) for store in self._find_stores(member)] or [self._find_store()]

    def _find_store(self):
        return str(self.work / "store")

    def _split_text(self, table, key):
        return [self._fill_in(word) for word in _split(table.get(key, ""))]

    def _fill_in(self, word):
        return word.replace("{work}", str(self.work))

    def _list_device(self):
        return ["--device", self.device] if self.device else []


def read_listing(path: str | Path) -> Listing:
    """Read a list of models.

    Parameters
    ----------
    path : str or Path
        The TOML file.

    Returns
    -------
    Listing

    Raises
    ------
    ParameterError
        If something in it is not valid; the message names the model and what is allowed.
    """
    path = Path(path)
    if path.suffix != ".toml":
        raise ParameterError(f"{path}: the name of a list of models ends in .toml")
    data = read_table(path, path)
    check(FILE, data, path)
    if not data.get("models"):
        raise ParameterError(f"{path}: it lists no models, models = [{{ name = ... }}, ...]")
    prepare, models = data.get("prepare", {}), dict[str, dict[str, Any]]()
    for file, text in prepare.items():
        _check_prepared(f"{path}: prepare {file!r:.80}", file, text)
    for number, model in enumerate(data["models"], 1):
        name = _check_name(f"{path}: model {number}", model, [*models, *prepare, *(Path(file).stem for file in prepare)])
        _check_model(f"{path}: model {name!r}", model, list(models))
        models[name] = model
    return Listing(path, models, prepare, data.get("report", True))


def _check_prepared(where, file, text):
    if not re.fullmatch(NAME, file):
        raise ParameterError(f"{where}: the name of a fitted file is of letters, digits, _, ., + and -")
    if text.partition(" ")[0] not in PREPARE:
        raise ParameterError(f"{where}: {text!r} does not start with {' or '.join(PREPARE)}")
    _check_quotes(where, text)


def _check_name(where, model, used):
    name = model.get("name")
    if not (isinstance(name, str) and re.fullmatch(NAME, name)):
        raise ParameterError(f"{where}: name {name!r:.80} is not one of letters, digits, _, ., + and -")
    if name in used:
        raise ParameterError(f"{where}: name {name!r} is taken by another model or fitted file; each has its own")
    return name


def _check_model(where, model, before):
    kinds = [kind for kind in KINDS if kind in model]
    if len(kinds) != 1:
        raise ParameterError(f"{where}: it has {' and '.join(kinds) or 'none'} of {', '.join(KINDS)}; give one")
    check(KINDS[kinds[0]], model, where)
    for key in ("features", "options"):
        _check_quotes(f"{where}: {key}", model.get(key, ""))
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


def _check_quotes(where, text):
    try:
        _split(text)
    except ValueError as error:
        raise ParameterError(f"{where} {text!r}: {error}") from None


def _split(text):
    """Split a text into arguments as a shell does, --option=value into two."""
    return [part for word in shlex.split(text) for part in (word.split("=", 1) if word.startswith("--") else [word])]


def _repeat(option, values):
    return [word for value in values for word in (option, str(value))]


def _split_list(text):
    return dict.fromkeys(part.strip() for part in text.split(","))


def _drop_places(arguments):
    """Return arguments without the options that say where a model is made, and not which."""
    kept, arguments = [], iter(arguments)
    for word in arguments:
        if word in PLACES:
            next(arguments, None)
        else:
            kept.append(word)
    return kept
