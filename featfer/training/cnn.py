"""A feature table of crops in, a recognizer around a trained network and its card out."""

import time
import zlib
from dataclasses import fields

from featfer.classifiers import ViewAverage
from featfer.cnn import CNN, Recipe, Step, load_recipe
from featfer.errors import ParameterError, StoreError, wrap_library_errors
from featfer.faces import PLAIN
from featfer.training.classifier import check_classes, finish, require_labels, select_views, subsample
from featfer.utils.environment import check_device


def train_cnn(table, network, recipe="one-cycle", params=None, seed=0, weights=None, device="cpu", score_test=False,
              command=None, tta=(PLAIN,), limit=None, others=None, checkpoint=None, log=None):
    """Return (Recognizer, card) of a network trained on the train split of a FeatureTable of crops, calibrated on val.

    network: a name in featfer.cnn.networks.NETWORKS; recipe: a name, or a TOML file; params: changes of the recipe, over all of
    its steps, and parameters of the network; weights: "imagenet" or a file, to start from; device: where torch trains
    seed, score_test, command, tta, limit: as for `featfer.train`
    others: FeatureTables of the same faces, by what steps of the recipe are trained on besides: (features, superres)
    checkpoint: Path, written after each epoch; where it is there, training goes on from it; log: folder for TensorBoard

    Raises StoreError when the table has no labelled training rows or its features are no crops, ParameterError for what
    cannot be trained, MissingError for what is not installed.
    """
    start = time.perf_counter()
    tta = list(tta)
    plain = select_views(require_labels(table), [PLAIN], tta) if PLAIN in tta else None
    if plain is None or {f["feature"] for f in table.fingerprints} != {"crop"} or len(table.fingerprints) != len(tta):
        raise StoreError(f"{table.source}: a network is trained on one crop (--features crop or crop:SIDE), with plain among "
                         "the views it is averaged over")
    rows = check_classes(subsample(plain.split("train"), limit, seed))
    check_network(network, recipe, params or {}, device)
    changes, options = _sorted_out(params or {})
    cnn = CNN(network, recipe, channels_of(table.fingerprints[0]), weights, options, changes, seed, device)
    classifier = ViewAverage(cnn, 1, len(tta)) if len(tta) > 1 else cnn
    others = {look: subsample(other.relabel(table.label_set).split("train"), limit, seed).features
              for look, other in (others or {}).items()}
    with wrap_library_errors(f"network {network} cannot be trained", "set another --param, such as batch, or another --recipe, "
                             "or train on larger crops (--features crop:SIDE) or more faces"):
        classifier.fit(rows.features, rows.labels, val=_val(plain), others=others, checkpoint=checkpoint, log=log,
                       run={"rows": len(rows), "labels": table.label_set.name, "crops": zlib.crc32(rows.features.tobytes())})
    cnn = classifier.estimator_ if len(tta) > 1 else classifier
    head = {"classifier": "cnn", "params": {"network": network, "recipe": str(recipe), **(params or {})}, "seed": seed,
            "command": command, "views": {"trained": [PLAIN], "averaged": tta}, "cnn": cnn.card()}
    return finish(classifier, select_views(table, tta, tta), len(rows), start, head, score_test)


def check_network(network, recipe, params, device="cpu"):
    """Raise the errors of what `train_cnn` cannot do on any data: ParameterError for a network, a recipe, a parameter or a
    value that there is not, MissingError for a device that torch cannot use."""
    from featfer.cnn.networks import parameters_of
    changes, options = _sorted_out(params)
    known = [name for name in parameters_of(network) if name not in ("weights", "trainable")]
    if unknown := options.keys() - set(known):
        shared = [field.name for kind in (Recipe, Step) for field in fields(kind) if field.name not in ("name", "steps")]
        raise ParameterError(f"network {network!r} has no parameter {min(unknown)!r}; it takes {', '.join(known) or 'none'}, "
                             f"and its recipe {', '.join(shared)}")
    load_recipe(recipe, **changes)
    check_device(device)


def channels_of(fingerprint):
    """Return how many channels the crops of this fingerprint have: 1 for grey, 3 for colour."""
    return 3 if fingerprint["params"]["crop"].endswith("/rgb") else 1


def _sorted_out(params):
    """Return (changes of the recipe, options of the network)."""
    recipe = {field.name for kind in (Recipe, Step) for field in fields(kind)}
    return {k: v for k, v in params.items() if k in recipe}, {k: v for k, v in params.items() if k not in recipe}


def _val(table):
    """Return what every epoch is measured on: (crops, labels, copied) of val; None where there is no val."""
    if not table.has_split("val"):
        return None
    val = table.split("val")
    return val.features, val.labels, table.find_train_duplicates(val)
