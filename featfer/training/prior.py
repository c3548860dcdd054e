"""The shares of the labels that the probabilities of a trained classifier assume."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from featfer.training.labelled import count_labels, require_label_set

if TYPE_CHECKING:
    from featfer.recognizer import Recognizer
    from featfer.store.table import FeatureTable


def find_prior(recognizer: Recognizer, table: FeatureTable, balanced: bool = False, split: str = "train") -> dict[str, float]:
    """Find the shares of the labels that a recognizer's probabilities assume: those of the faces that it learnt from.

    Parameters
    ----------
    recognizer : Recognizer
    table : FeatureTable
        The one it was trained on.
    balanced : bool
        Whether each class had the same weight in the training: all labels then have the same share.
    split : {"train", "val"}
        With these faces.

    Returns
    -------
    dict of str to float
        The labels that the recognizer knows; they sum to 1.

    Raises
    ------
    StoreError
        When the rows of the table have no labels.
    """
    known = [recognizer.label_set.names[label] for label in recognizer.classifier.classes_]
    names = require_label_set(table).names
    counts = Counter({names[label]: count for label, count in count_labels(table, split).items()})
    shares = {name: 1 if balanced else counts[name] for name in known}
    return {name: share / sum(shares.values()) for name, share in shares.items()}


def is_balanced(card: dict[str, Any]) -> bool:
    """Say whether each class had the same weight in a training.

    Parameters
    ----------
    card : dict
        Of the model: its objective, params and cnn are read.

    Returns
    -------
    bool
        For a network: in the last step of its recipe.
    """
    steps = card.get("cnn", {}).get("recipe", {}).get("steps", [{}])
    return bool((card.get("objective") or {}).get("balance") or card.get("params", {}).get("class_weight") == "balanced"
                or steps[-1].get("weighted"))
