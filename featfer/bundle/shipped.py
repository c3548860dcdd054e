"""The models that ship with featfer, as their cards describe them."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from featfer.bundle.persist import DEFAULT, find_bundle, read_card
from featfer.superres import SHIPPED
from featfer.superres.generators import read_card as read_generator_card


def list_shipped() -> list[dict[str, Any]]:
    """Describe the models that ship, from their cards; no model is loaded.

    Returns
    -------
    list of dict
        For each model name, kind ("recognizer" or "generator"), is_default, purpose, uses, not_for, label_set and labels (None
        of a generator), features (list of str), scores ({split: {"images", and "accuracy" or "psnr" in dB}}), source (the data
        set of the scores), bytes and file. The default model comes first, then by size; generators last.

    Raises
    ------
    BundleError
        If a card is not valid.
    """
    names = [file.name.removesuffix(".joblib") for file in files("featfer_models").iterdir() if file.name.endswith(".joblib")]
    models = sorted(map(_describe_model, names), key=lambda model: (not model["is_default"], -model["bytes"]))
    return models + [_describe_generator(name) for name in SHIPPED]


def _describe_model(name: str) -> dict[str, Any]:
    card = read_card(name)
    scores = {split: {"images": of["images"], "accuracy": of["accuracy"]} for split, of in card["figures"].items()}
    return {"name": name, "kind": "recognizer", "is_default": name == DEFAULT, **_describe_use(card),
            "label_set": card["labels"]["set"], "labels": card["labels"]["names"],
            "features": list(dict.fromkeys(map(_name_feature, card["features"]))), "scores": scores,
            "source": card["data"]["source"], "bytes": card["bytes"], "file": str(find_bundle(name))}


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
