"""The models that ship with featfer, as their cards describe them."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from featfer.bundle.persist import DEFAULT, find_bundle, read_card
from featfer.superres import SHIPPED
from featfer.superres.generators import read_card as read_generator_card
from featfer.utils.fitted_files import PREFIX, find_fitted_file, reference_of
from featfer.utils.fitted_files import SHIPPED as FITTED


def list_shipped() -> list[dict[str, Any]]:
    """Describe the models that ship, from their cards; no model is loaded.

    Returns
    -------
    list of dict
        For each model name, kind ("recognizer", "network" or "generator"), is_default, purpose, uses, not_for, label_set and
        labels (None but for recognizers), features (list of str), scores ({split: {"images", and "accuracy" or "psnr" in dB}};
        of a network by the last layer that it was trained with), source (the data set of the scores), bytes and file. The
        default model comes first, then by size; then networks, generators last.

    Raises
    ------
    BundleError
        If a card is not valid.
    """
    names = [file.name.removesuffix(".joblib") for file in files("featfer_models").iterdir() if file.name.endswith(".joblib")]
    models = sorted(map(_describe_model, names), key=lambda model: (not model["is_default"], -model["bytes"]))
    return models + [_describe_network(name) for name in FITTED] + [_describe_generator(name) for name in SHIPPED]


def _describe_model(name: str) -> dict[str, Any]:
    card = read_card(name)
    scores = {split: {"images": of["images"], "accuracy": of["accuracy"]} for split, of in card["figures"].items()}
    return {"name": name, "kind": "recognizer", "is_default": name == DEFAULT, **_describe_use(card),
            "label_set": card["labels"]["set"], "labels": card["labels"]["names"],
            "features": list(dict.fromkeys(map(_name_feature, card["features"]))), "scores": scores,
            "source": card["data"]["source"], "bytes": card["bytes"], "file": str(find_bundle(name))}


def read_network_card(name: str) -> tuple[Path, dict[str, Any]]:
    """Read the card of a network that ships.

    Parameters
    ----------
    name : str
        Such as "expression".

    Returns
    -------
    path : Path
        Of the network.
    card : dict
        With the digest of the network's file as "sha256".
    """
    path = Path(find_fitted_file(name))
    return path, json.loads(path.with_suffix(".json").read_text()) | {"sha256": reference_of(name).removeprefix(PREFIX)}


def _describe_network(name: str) -> dict[str, Any]:
    path, card = read_network_card(name)
    scores = {split: {"images": of["images"], "accuracy": of["accuracy"]} for split, of in card["figures"].items()}
    return {"name": name, "kind": "network", "is_default": False, **_describe_use(card), "label_set": None, "labels": None,
            "features": [], "scores": scores, "source": card["source"], "bytes": card["bytes"], "file": str(path)}


def _describe_generator(name: str) -> dict[str, Any]:
    path, card = read_generator_card(name)
    scores = {split: {"images": of["images"], "psnr": of["generator"]["psnr"]} for split, of in card["figures"].items()}
    return {"name": name, "kind": "generator", "is_default": False, **_describe_use(card), "label_set": None, "labels": None,
            "features": [], "scores": scores, "source": card["source"], "bytes": card["bytes"], "file": str(path)}


def _describe_use(card: dict[str, Any]) -> dict[str, str]:
    return {key: card.get(key, "") for key in ("purpose", "uses", "not_for")}


def _name_feature(fingerprint: dict[str, Any]) -> str:
    """Return the name of a feature, such as "stage:128x8x8"."""
    stage = fingerprint["params"].get("stage")
    return f"{fingerprint['feature']}:{stage}" if stage else str(fingerprint["feature"])
