"""The three kinds of model that `featfer train` trains: classifier, network, regressor of valence and arousal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from featfer_cli import options
from featfer_cli.feature_options import FeatureOptions
from featfer_cli.stopping import NOTHING, describe_kept_epochs, report_on_stop
from featfer_cli.training_options import FaceOptions, NetworkOptions, ObjectiveOptions, TrainingOptions, UseOptions


def train_classifier(clf: str, training: TrainingOptions, faces: FaceOptions, objective: ObjectiveOptions, use: UseOptions,
                     features: FeatureOptions) -> None:
    """Train a classifier on features, and save it.

    Parameters
    ----------
    clf : str
        Name of the classifier.
    training : TrainingOptions
    faces : FaceOptions
    objective : ObjectiveOptions
    use : UseOptions
    features : featfer_cli.feature_options.FeatureOptions
    """
    from featfer.classifiers import check_classifier
    from featfer.training.classifier import train

    check_classifier(clf, training.params)
    out = training.check_out()
    table = _open_table(training, faces, features)
    with report_on_stop(NOTHING):
        recognizer, card = train(table, clf, views=faces.views, tta=faces.tta, limit=faces.limit, **training.settings(),
                                 **objective.settings(), **use.settings())
        training.save(recognizer, card, clf)
    _find_checkpoint(out).unlink(missing_ok=True)


def train_network(cnn: str, training: TrainingOptions, faces: FaceOptions, network: NetworkOptions,
                  features: FeatureOptions) -> None:
    """Train a network on crops, or on the features that are given, and save it.

    Parameters
    ----------
    cnn : str
        Name of the network.
    training : TrainingOptions
    faces : FaceOptions
    network : NetworkOptions
    features : featfer_cli.feature_options.FeatureOptions
    """
    from featfer.training.cnn import check_network, train_cnn

    check_network(cnn, network.recipe, training.params, features.device)
    out = training.check_out()
    table = _open_table(training, faces, features if options.is_given("names") else replace(features, names="crop"))
    checkpoint = _find_checkpoint(out)
    with report_on_stop(describe_kept_epochs, checkpoint):
        recognizer, card = train_cnn(
            table, cnn, network.recipe, weights=network.weights, device=features.device, tta=faces.tta, limit=faces.limit,
            others=_open_other_inputs(training, network.recipe, features), checkpoint=checkpoint, log=network.log,
            **training.settings())
        training.save(recognizer, card, cnn)
    checkpoint.unlink(missing_ok=True)


def train_affect(regressor: str, training: TrainingOptions, proxy: str | None, features: FeatureOptions) -> None:
    """Train a regressor of valence and arousal on features, and save it.

    Parameters
    ----------
    regressor : str
        Name of the regressor.
    training : TrainingOptions
    proxy : str or None
        What it learns if there are no ratings.
    features : featfer_cli.feature_options.FeatureOptions
    """
    from featfer.affect import check_regressor
    from featfer.affect.training import train_affect
    from featfer.store.opening import open_table

    training.check_out()
    check_regressor(regressor, training.params)
    table = open_table(training.store, features.make(), training.source)
    with report_on_stop(NOTHING):
        recognizer, card = train_affect(table, regressor, proxy=proxy, **training.settings())
        training.save(recognizer, card, regressor)


def _open_table(training: TrainingOptions, faces: FaceOptions, features: FeatureOptions) -> Any:
    """Return the FeatureTable to train on, with the labels asked for."""
    from featfer.labels import find_labels
    from featfer.store.opening import open_table
    from featfer.training.views import combine_views

    label_set = find_labels(faces.labels) if faces.labels else None
    table = open_table(training.store, features.make(combine_views(faces.views, faces.tta)), training.source)
    return table.relabel(label_set) if label_set else table


def _open_other_inputs(training: TrainingOptions, recipe: str, features: FeatureOptions) -> dict[Any, Any]:
    """Return the FeatureTables of the other inputs of a recipe, by (features, superres)."""
    from featfer.cnn import load_recipe
    from featfer.store.opening import open_table

    tables = {}
    for names, superres in load_recipe(recipe).inputs:
        chosen = replace(features, names=names, superres=superres or features.superres)
        tables[names, superres] = open_table(training.store, chosen.make(), training.source)
    return tables


def _find_checkpoint(out: Path) -> Path:
    """Return the path of the checkpoint of a network's training."""
    return out.with_suffix(".checkpoint")
