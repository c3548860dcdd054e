"""What is saved: a trained recognizer, with a card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from featfer.errors import wrap_library_errors
from featfer.face_model import FaceModel
from featfer.recognizer import Recognizer
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
    is_recognizer = isinstance(recognizer, Recognizer)
    own = {"labels": {"set": recognizer.label_set.name, "names": list(recognizer.output_names)}, "prior": recognizer.prior,
           "classifier": recognizer.describe()["classifier"]} if is_recognizer else {"outputs": list(recognizer.output_names)}
    return {**own, "features": [feature.fingerprint for feature in recognizer.features], **describe_origin()}
