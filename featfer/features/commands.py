"""The `featfer extract` that computes features: what an error says where they are not there."""

import os
import shlex

from featfer.faces import PLAIN
from featfer.superres import SHIPPED
from featfer.superres.generators import generator_file
from featfer.utils.fitted_files import PREFIX, reference_of

DEFAULTS = {"align": "5", "network": "dlib", "backend": "torch", "precision": "float32", "superres": "none",
            "smallest-face": "none", "device": "cpu"}
FILES = {"network": "BACKBONE.npz", "codebook": "CODEBOOK.npz", "superres": "GENERATOR.npz"}  # where a digest alone is known


def extract_commands(features, store, source=("SOURCE",)):
    """Return in words, to be pasted into a shell, the commands that compute some features into a store.

    features: list of Feature; store: its folder; source: the words that name the source, and options of the source's own
    """
    groups = []  # (options, {view: names})
    for feature in features:
        options = _options(feature)
        found = next((group for group in groups if all(group[0].get(k, v) == v for k, v in options.items())), None)
        if found is None:
            groups.append(found := ({}, {}))
        found[0].update(options)
        found[1].setdefault(getattr(feature, "view", PLAIN), []).append(_name(feature))
    words = [[*source, "--store", str(store), *_words(options, names, views)]
             for options, looks in groups or [({}, {})] for names, views in _by_names(looks)]
    return " and ".join(f"`{shlex.join(['featfer', 'extract', *command])}`" for command in words)


def source_words(meta):
    """Return the words of `featfer extract` that name a source again, by what its record in a store says (dict).

    They are its path, where that is known, and the options that make the same rows of it. Where the votes of FER+ were, no
    record says: their file is called as it ships.
    """
    path = meta.get("path", "fer2013.csv" if meta["name"].startswith("ferplus-") else meta["name"])
    mode = "" if meta["name"] == os.path.basename(path) else meta["name"].partition("ferplus-")[2]
    return [os.path.relpath(path) if path.startswith(os.getcwd() + os.sep) else path,
            *(["--votes", "fer2013new.csv", "--vote-mode", mode] if mode else []), *(["--skip-bad"] if meta["skipped"] else [])]


def _by_names(looks):
    """Return (names, views) pairs: the views of which the same names are wanted."""
    found = {}
    for view, names in looks.items():
        found.setdefault(tuple(dict.fromkeys(names)), []).append(view)
    return list(found.items()) or [((), [PLAIN])]


def _words(options, names, views):
    changed = [word for name, value in options.items() if value != DEFAULTS[name] for word in (f"--{name}", value)]
    return [*(["--features", ",".join(names)] if names else []), *(["--views", ",".join(views)] if views != [PLAIN] else []),
            *changed]


def _options(feature):
    """Return {option: value} of those options of `featfer extract` that a feature knows."""
    params, enlarged = feature.get_params(), feature.enlargement
    options = {name: _file(name, str(params[name])) for name in DEFAULTS if name in params}
    options["smallest-face"] = f"{feature.smallest:g}" if feature.smallest else DEFAULTS["smallest-face"]
    if enlarged is None:
        return {**options, "superres": DEFAULTS["superres"]}
    return {**options, "superres": _generator(enlarged.model), "precision": enlarged.precision, "device": enlarged.device}


def _name(feature):
    if feature.argument is None:
        return feature.name
    return f"{feature.name}:{_file(feature.argument, str(getattr(feature, feature.argument)))}"


def _generator(model):
    shipped = (name for name in SHIPPED if model.startswith(PREFIX) and reference_of(generator_file(name)) == model)
    return next(shipped, _file("superres", model))


def _file(name, value):
    return FILES[name] if name in FILES and value.startswith(PREFIX) else value
