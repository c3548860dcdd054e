"""The `featfer extract` commands that compute missing features, for error messages."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from featfer.faces import PLAIN
from featfer.features.embedding import FORMER
from featfer.superres import SHIPPED
from featfer.superres.generators import find_generator_file
from featfer.utils.fitted_files import PREFIX, reference_of
from featfer.utils.fitted_files import SHIPPED as FITTED

if TYPE_CHECKING:
    from featfer.features.base import Feature
    from featfer.typing import Path

DEFAULTS = {"align": "5", "network": "dlib", "backend": "featfer", "precision": "float32", "superres": "none",
            "smallest-face": "none", "device": "cpu"}
# Of files of which only the digest is known.
FILES = {"network": "BACKBONE.npz", "codebook": "CODEBOOK.npz", "superres": "GENERATOR.npz"}


def format_extract_commands(features: Sequence[Feature], store: Path, source: Sequence[str] = ("SOURCE",)) -> str:
    """Return the commands that compute some features into a store, for a sentence: quoted for a shell, joined by "and".

    Parameters
    ----------
    features : list of Feature
    store : str or Path
        The store's folder.
    source : sequence of str
        Arguments that name the source, and its own options.

    Returns
    -------
    str
    """
    groups: list[tuple[dict[str, str], dict[str, list[str]]]] = []  # (options, {view: names})
    for feature in features:
        options = _find_options(feature)
        found = next((group for group in groups if all(group[0].get(k, v) == v for k, v in options.items())), None)
        if found is None:
            groups.append(found := ({}, {}))
        found[0].update(options)
        found[1].setdefault(getattr(feature, "view", PLAIN), []).append(_format_name(feature))
    words = [[*source, "--store", str(store), *_format_options(options, names, views)]
             for options, names_by_view in groups or [({}, {})] for names, views in _group_views(names_by_view)]
    return " and ".join(f"`{shlex.join(['featfer', 'extract', *command])}`" for command in words)


def format_source(meta: Mapping[str, Any]) -> list[str]:
    """Return the arguments of `featfer extract` that extract a source again (list of str).

    Parameters
    ----------
    meta : dict
        The record of the source in a store.

    Returns
    -------
    list of str
        Its path, if known, and the options that give the same rows. The path of FER+'s votes is not recorded: the file has the
        name under which it is published.
    """
    path = meta.get("path", "fer2013.csv" if meta["name"].startswith("ferplus-") else meta["name"])
    mode = "" if meta["name"] == os.path.basename(path) else meta["name"].partition("ferplus-")[2]
    return [os.path.relpath(path) if path.startswith(os.getcwd() + os.sep) else path,
            *(["--votes", "fer2013new.csv", "--vote-mode", mode] if mode else []), *(["--skip-bad"] if meta["skipped"] else [])]


def _group_views(names_by_view: dict[str, list[str]]) -> list[tuple[tuple[str, ...], list[str]]]:
    """Return (feature names, views) pairs: the views that have the same features."""
    found: dict[tuple[str, ...], list[str]] = {}
    for view, names in names_by_view.items():
        found.setdefault(tuple(dict.fromkeys(names)), []).append(view)
    return list(found.items()) or [((), [PLAIN])]


def _format_options(options: dict[str, str], names: Sequence[str], views: list[str]) -> list[str]:
    changed = [word for name, value in options.items() if value != DEFAULTS[name] for word in (f"--{name}", value)]
    return [*(["--features", ",".join(names)] if names else []), *(["--views", ",".join(views)] if views != [PLAIN] else []),
            *changed]


def _find_options(feature: Feature) -> dict[str, str]:
    """Return {option: value} for the options of `featfer extract` that apply to a feature."""
    params, enlarged = feature.get_params(deep=False), feature.enlargement
    options = {name: _format_file(name, str(params[name])) for name in DEFAULTS if name in params and name != "superres"}
    if options.get("backend") in FORMER:
        options["backend"] = FORMER[options["backend"]]
    options["smallest-face"] = f"{feature.smallest:g}" if feature.smallest else DEFAULTS["smallest-face"]
    if enlarged is None:
        return {**options, "superres": DEFAULTS["superres"]}
    superres = _format_generator(str(enlarged.model))
    return {"precision": enlarged.precision, **options, "superres": superres, "device": enlarged.device}


def _format_name(feature: Feature) -> str:
    if feature.argument is None:
        return feature.name
    return f"{feature.name}:{_format_file(feature.argument, str(getattr(feature, feature.argument)))}"


def _format_generator(model: str) -> str:
    shipped = (name for name in SHIPPED if model.startswith(PREFIX) and reference_of(find_generator_file(name)) == model)
    return next(shipped, _format_file("superres", model))


def _format_file(name: str, value: str) -> str:
    if name not in FILES or not value.startswith(PREFIX):
        return value
    return next((shipped for shipped in FITTED if reference_of(shipped) == value), FILES[name])
