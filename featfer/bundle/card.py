"""The card of a trained recognizer: what is saved with it, and whether a card is that of a recognizer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from featfer.errors import BundleError, wrap_library_errors
from featfer.face_model import FaceModel
from featfer.recognizer import Recognizer
from featfer.shares import are_shares
from featfer.typing import Path
from featfer.utils.provenance import describe_origin
from featfer.utils.requiring import require


def check_saved(recognizer: Any, card: Any) -> None:
    """Raise ParameterError for what cannot be saved, or could not be loaded again.

    Parameters
    ----------
    recognizer : FaceModel
    card : dict
    """
    require(recognizer, FaceModel, "model", "a Recognizer, such as the first thing that featfer.train returns")
    require(card, Mapping, "card", "a dict, such as the second thing that featfer.train returns")
    if isinstance(recognizer, Recognizer):
        _ = recognizer.known_labels  # raises if it is not trained
    with wrap_library_errors("the card cannot be written", "give a dict of plain data"):
        json.dumps(card)


def make_card(recognizer: FaceModel) -> dict[str, Any]:
    """Make a card that says what a recognizer is made of, for one that was not trained on a table.

    Parameters
    ----------
    recognizer : FaceModel

    Returns
    -------
    dict
        With classifier, labels and prior, or outputs; features, date, machine and versions.
    """
    own: dict[str, Any] = {"outputs": list(recognizer.output_names)}
    if isinstance(recognizer, Recognizer):
        own = {"labels": {"set": recognizer.label_set.name, "names": own["outputs"]}, "prior": recognizer.prior,
               "classifier": recognizer.describe()["classifier"]}
    return {**own, "features": [feature.fingerprint for feature in recognizer.features], **describe_origin()}


def check_names(recognizer: FaceModel, card: Mapping[str, Any], path: Path) -> None:
    """Raise BundleError when the card names other labels, or outputs, than the model predicts."""
    named = card.get("labels", {}).get("names") if isinstance(recognizer, Recognizer) else card.get("outputs")
    if named is not None and named != list(recognizer.output_names):
        raise BundleError(f"{path}: its card names {', '.join(named):.200}; the model answers in "
                          f"{', '.join(recognizer.output_names):.200}: it is not the card of this model")


def read_prior(recognizer: Recognizer, card: Mapping[str, Any], path: Path) -> dict[str, float] | None:
    """Return the prior in a card, or None; raise BundleError when it is not one of the labels that the model knows."""
    prior, known = card.get("prior"), [recognizer.label_set.names[label] for label in recognizer.classifier.classes_]
    if prior is not None and not are_shares(prior, known):
        raise BundleError(f"{path}: prior in its card is {prior!r:.200}; the model knows {', '.join(known):.200}: it is not "
                          "the card of this model")
    return prior and dict(prior)


def describe_data(card: Mapping[str, Any]) -> str | None:
    """Return the data that a card says the model was trained on, in words; None when it does not say so."""
    data = card.get("data") or {}
    return f"{data['source']}, {data['rows']:,} faces" if {"source", "rows"} <= data.keys() else None
