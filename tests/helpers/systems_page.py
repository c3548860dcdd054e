"""The program of the page on five published systems, and cards for it."""

import re

import numpy as np

from benchmarks.systems import page as systems
from benchmarks.systems import published, tables
from featfer.evaluation.metrics import compute_figures
from featfer.labels import FER7

__all__ = ["LISTING", "best_tuned", "cells", "made_card", "published", "row_of", "scored", "shallow_cards", "systems", "tables",
           "tuned_network"]
LISTING = systems.LISTING


def scored(labels, right):
    """Return the figures of 20 predictions for each class, this share of them right, the others the next class."""
    truth = np.repeat(np.arange(len(labels)), 20)
    predicted = np.where(np.arange(len(truth)) % 20 < 20 * right, truth, (truth + 1) % len(labels))
    result = compute_figures(truth, np.eye(len(labels))[predicted], labels.names)
    copies = {"images": 4, "accuracy": 1.0, "images_without": len(truth) - 4, "accuracy_without": right - 0.01}
    return {**result, "unreadable": 3, "copies": copies}


def made_card(name, labels=FER7, right=0.7, views=("plain", "flip"), network="own", **params):
    """Return the card of a network that was trained for two epochs, the second of which took 100 s."""
    history = [{"step": 1, "epoch": i, "rate": 0.1, "loss": 2 / i, "train": 0.3 * i, "seconds": 50.0 * i, "val": 0.4,
                "val_without_copies": 0.35, "val_loss": 1.5} for i in (1, 2)]
    return {
        "classifier": "cnn", "params": {"network": network, "recipe": "short", **params}, "command": f"featfer train {name}",
        "labels": {"set": labels.name, "names": list(labels.names)}, "views": {"trained": ["plain"], "averaged": list(views)},
        "data": {"rows": 28709}, "figures": {"val": scored(labels, right - 0.1), "test": scored(labels, right)},
        "seconds": 170.0, "date": "2026-01-02", "machine": "a machine", "versions": {"torch": "2.9"}, "bytes": 20_682_571,
        "cnn": {"network": network, "recipe": {}, "parameters": 3_400_000, "multiply_adds": 173_000_000, "side": 48,
                "channels": 1, "device": "cuda", "history": history}}


def shallow_cards():
    """Return a card for each of the shallow models, and for the members of the blends among them."""
    cards = {row.card: made_card(row.card) for key in systems.SHALLOW for row in systems.SYSTEMS[key][1]}
    cards["study/other"], tuned = made_card("other"), {row.card for row in systems.SYSTEMS["tuned"][1]}
    for name, card in cards.items():
        del card["cnn"]
        card |= {"classifier": "svm", "params": {"pca": 384}, "seconds": 60.0 * len(cards)}
        card["features"] = [{"params": {"network": "sha256:0"} if name in tuned else {}}]
        card["views"]["averaged"] = ["plain"] if "embedding" in name else ["plain", "flip"]
    for blend, members in {"study/stages": ("default-svm", "other"), best_tuned(): ("backbone-mlp", "other")}.items():
        views = {"averaged": ["plain", "flip"]}
        cards[blend] |= {
            "classifier": "blend", "params": {"how": "vote"}, "members": [{"name": name, "views": views} for name in members],
            "views": {}}
    return cards


def best_tuned():
    """Return the name of the card of the best vote with dlib's network trained on."""
    return systems.SYSTEMS["tuned"][1][-1].card


def tuned_network():
    """Return the card of dlib's network trained on for three epochs."""
    return {"history": [{"epoch": i} for i in (1, 2, 3)], "device": "cuda", "command": "featfer finetune fer2013.csv"}


def cells(text, first):
    """Return the cells of the first line of a table that begins with a cell."""
    lines = (re.split(r"(?<!\\)\|", line.strip()[1:-1]) for line in text.splitlines() if line.startswith("|"))
    return next([cell.strip() for cell in line] for line in lines if line[0].strip() == first)


def row_of(text, card):
    """Return the line of the first table on a model, by the heads of its columns."""
    words = next(row.words for _, rows in systems.SYSTEMS.values() for row in rows if row.card == card)
    head = text.partition("## Every system")[2]
    return dict(zip(cells(head, ""), cells(head, words), strict=True))
