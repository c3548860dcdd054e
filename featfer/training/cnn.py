"""From a feature table of crops to a recognizer with a trained network, and its card."""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from featfer.classifiers import ViewAverage
from featfer.cnn import CNN, Recipe, Step, load_recipe
from featfer.errors import ParameterError, StoreError, wrap_library_errors
from featfer.faces import PLAIN
from featfer.training.classifier import finish, list_classes, require_labels, subsample
from featfer.training.labelled import require_label_set
from featfer.training.views import select_views
from featfer.utils.environment import check_device
from featfer.utils.parameters import suggest

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from featfer.recognizer import Recognizer
    from featfer.store.table import FeatureTable
    from featfer.typing import Fingerprint, Floats, Integers, Mask
    from featfer.typing import Path as AnyPath


def train_cnn(table: FeatureTable, network: str, recipe: AnyPath = "one-cycle", params: dict[str, Any] | None = None,
              seed: int = 0, weights: AnyPath | None = None, device: str = "cpu", score_test: bool = False,
              command: str | None = None, tta: Sequence[str] = (PLAIN,), limit: int | None = None,
              others: dict[Any, FeatureTable] | None = None, checkpoint: Path | None = None,
              log: AnyPath | None = None) -> tuple[Recognizer, dict[str, Any]]:
    """Train a network on the train split of a table of crops and calibrate it on val.

    Parameters
    ----------
    table : FeatureTable
        With one crop for each view in `tta`.
    network, recipe : str
        A name in `featfer.cnn.networks.NETWORKS`; the name of a recipe or a TOML file.
    params : dict, optional
        Changes of the recipe, for all of its steps, and parameters of the network.
    seed, weights, device, score_test, command, tta, limit
        `weights` is "imagenet" or a file to start from, `device` where torch trains; the others are as for `featfer.train`.
    others, checkpoint, log : dict, Path, Path
        Further tables of the same faces for steps of the recipe, by (features, superres); file that is written after each
        epoch, and resumed from if it exists; folder for TensorBoard.

    Returns
    -------
    tuple (Recognizer, dict)
        The model and its card.

    Raises
    ------
    StoreError, ParameterError, MissingError
        When the table has no labelled training rows or no crops; for what cannot be trained; for what is not installed.
    """
    start, tta, params = time.perf_counter(), list(tta), params or {}
    plain = _select_plain(table, tta)
    list_classes(rows := subsample(plain.split("train"), limit, seed))
    classifier = _make_classifier(network, recipe, params, table, weights, seed, device, len(tta))
    _fit(classifier, network, rows, plain, _select_others(others or {}, table, limit, seed), checkpoint, log)
    cnn = classifier.estimator_ if isinstance(classifier, ViewAverage) else classifier
    head = {"classifier": "cnn", "params": {"network": network, "recipe": str(recipe), **params}, "seed": seed,
            "command": command, "views": {"trained": [PLAIN], "averaged": tta}, "cnn": cnn.card()}
    return finish(classifier, select_views(table, tta, tta), len(rows), start, head, score_test)


def _select_plain(table: FeatureTable, tta: list[str]) -> FeatureTable:
    """Return the part of a table with the plain view; raise StoreError when it is no table of one crop."""
    plain = select_views(require_labels(table), [PLAIN], tta) if PLAIN in tta else None
    if plain is None or {f["feature"] for f in table.fingerprints} != {"crop"} or len(table.fingerprints) != len(tta):
        raise StoreError(f"{table.source}: a network is trained on one crop (--features crop or crop:SIDE), with plain among "
                         "the views it is averaged over")
    return plain


def _make_classifier(network: str, recipe: AnyPath, params: dict[str, Any], table: FeatureTable, weights: AnyPath | None,
                     seed: int, device: str, averaged: int) -> CNN | ViewAverage:
    check_network(network, recipe, params, device)
    changes, options = _split_params(params)
    cnn = CNN(network, recipe, count_channels(table.fingerprints[0]), weights, options, changes, seed, device)
    return ViewAverage(cnn, 1, averaged) if averaged > 1 else cnn


def _select_others(others: dict[Any, FeatureTable], table: FeatureTable, limit: int | None,
                   seed: int) -> dict[Any, NDArray[Any]]:
    """Return the training crops of further tables, by the same keys."""
    return {key: subsample(other.relabel(require_label_set(table)).split("train"), limit, seed).features
            for key, other in others.items()}


def _fit(classifier: CNN | ViewAverage, network: str, rows: FeatureTable, plain: FeatureTable, others: dict[Any, NDArray[Any]],
         checkpoint: Path | None, log: AnyPath | None) -> None:
    run = {"rows": len(rows), "labels": require_label_set(rows).name, "crops": zlib.crc32(rows.features.tobytes())}
    way_out = ("set another --param, such as batch, or another --recipe, or train on larger crops (--features crop:SIDE) or "
               "more faces")
    with wrap_library_errors(f"network {network} cannot be trained", way_out):
        classifier.fit(rows.features, rows.labels, val=_validation_data(plain), others=others, checkpoint=checkpoint, log=log,
                       run=run)


def check_network(network: str, recipe: AnyPath, params: dict[str, Any], device: str = "cpu") -> None:
    """Check what `train_cnn` cannot do with any data.

    Parameters
    ----------
    network, recipe : str
    params : dict
    device : str

    Raises
    ------
    ParameterError
        For an unknown network, recipe, parameter or value.
    MissingError
        For a device that torch cannot use.
    """
    from featfer.cnn.parameters import list_network_parameters, list_recipe_parameters
    changes, options = _split_params(params)
    known, shared = list_network_parameters(network), list_recipe_parameters()
    if unknown := options.keys() - set(known):
        name, of_network, of_recipe = min(unknown), ", ".join(known) or "none", ", ".join(shared)
        raise ParameterError(f"network {network!r} has no parameter {name!r}{suggest(name, known + shared)}; it takes "
                             f"{of_network}, and its recipe {of_recipe}; see `featfer params {network}`")
    load_recipe(recipe, **changes)
    check_device(device)


def count_channels(fingerprint: Fingerprint) -> int:
    """Return the number of channels of a crop feature: 1 for grey, 3 for RGB.

    Parameters
    ----------
    fingerprint : dict

    Returns
    -------
    int
    """
    return 3 if fingerprint["params"]["crop"].endswith("/rgb") else 1


def _split_params(params: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the changes of the recipe, and the parameters of the network."""
    recipe = {field.name for kind in (Recipe, Step) for field in fields(kind)}
    return {k: v for k, v in params.items() if k in recipe}, {k: v for k, v in params.items() if k not in recipe}


def _validation_data(table: FeatureTable) -> tuple[Floats, Integers, Mask] | None:
    """Return the crops, labels and duplicates in train of val, or None without val."""
    if not table.has_split("val"):
        return None
    val = table.split("val")
    return val.features, val.labels, table.find_train_duplicates(val)
