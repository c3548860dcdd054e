"""featfer train"""

from __future__ import annotations

from typing import Any

import click
from featfer_cli import feature_options, options, training_jobs
from featfer_cli.params import show_params
from featfer_cli.training_options import (
    OBJECTIVE,
    USE,
    FaceOptions,
    NetworkOptions,
    ObjectiveOptions,
    TrainingOptions,
    UseOptions,
)
from featfer_cli.values import Choice, NameOrFile

from featfer.affect import REGRESSORS
from featfer.classifiers import CLASSIFIERS
from featfer.cnn import shipped_recipes
from featfer.cnn.networks import NETWORKS

ONE_OF = "give one of --clf NAME, --cnn NAME and --affect NAME"
OF_CLASSIFIERS = ("balance", "soft", "coarse_to_fine", "calibrate", "prior", "novelty", "grey")
NOT_FOR_AFFECT = ("recipe", "weights", "log", "labels", "limit", "views", "tta", *OF_CLASSIFIERS)


@click.command()
@click.option("--clf", type=Choice(CLASSIFIERS), metavar="NAME", is_eager=True,
              help=f"Classifier: {options.join_names(CLASSIFIERS)}.")
@click.option("--cnn", type=Choice(NETWORKS), metavar="NAME", is_eager=True,
              help=f"Or a convolutional network, on crops: {options.join_names(NETWORKS)}.")
@options.store
@options.out("FILE.joblib", "Where the bundle goes; its card goes beside it (.json).", required=True)
@options.params_option("A parameter of the classifier, or of the network and its recipe; repeatable.")
@click.option("--params", "list_params", is_flag=True, expose_value=False, callback=show_params,
              help="List the parameters of --clf, --cnn or --affect, and end.")
@click.option("--recipe", type=NameOrFile(shipped_recipes()), default="one-cycle", show_default=True, metavar="NAME",
              is_eager=True,
              help=f"How a network is trained: {', '.join(shipped_recipes())}, or a TOML file.")
@click.option("--weights", type=NameOrFile(["imagenet"]), metavar="FILE",
              help="Initial weights of a network from torchvision: a file, or imagenet, which "
                                                "torchvision downloads.")
@options.log
@options.labels
@options.seed
@options.overwrite
@options.score_test
@feature_options.features
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Train on N faces, chosen at random.")
@options.views_option("--views", "Views of the training faces, separated by commas, each a row of its own: plain, flip, turn:8 "
                                 "and so on, as extracted.")
@options.views_option("--tta", "Views over which predictions are averaged (test-time augmentation).")
@OBJECTIVE
@USE
@options.source
@options.as_json
@click.option("--affect", type=Choice(REGRESSORS), metavar="NAME", is_eager=True,
              help=f"Or a regressor of valence and arousal: {options.join_names(REGRESSORS)}.")
@click.option("--proxy", type=Choice(["votes"]),
              help="What a regressor learns if there are no ratings: a coarse valence computed from raters' votes.")
def train(clf: str | None, cnn: str | None, affect: str | None, proxy: str | None, **given: Any) -> None:
    """Train a recognizer on the train split of a store, and print its accuracy on val.

    \b
    featfer train --clf svm --store store --out svm.joblib
    featfer train --clf mlp --store fer2013 --out mlp.joblib --param hidden=512 --param epochs=30
    featfer train --clf svm --store store --out svm.joblib --features stage:128x8x8 --views plain,flip --tta plain,flip
    featfer train --clf mlp --store fer2013 --out balanced.joblib --balance weights
    featfer train --clf svm --store fer2013 --out coarse.joblib --coarse-to-fine
    featfer train --clf kernel-ridge --store store --out photos.joblib --prior uniform --novelty --grey
    featfer train --cnn groups9 --store store --out groups9.joblib --param epochs=12
    featfer train --affect ridge --store store --out affect.joblib

    When a stopped command is started again, the training of a network goes on after the last complete epoch, and that of a
    classifier begins anew. A model that took more than ten minutes to train is replaced only with --overwrite.
    """
    _check_options(clf, cnn, affect, proxy)
    training, features = options.fill(TrainingOptions, given), options.fill(feature_options.FeatureOptions, given)
    faces = options.fill(FaceOptions, given)
    if clf is not None:
        training_jobs.train_classifier(clf, training, faces, options.fill(ObjectiveOptions, given),
                                       options.fill(UseOptions, given), features)
    elif cnn is not None:
        training_jobs.train_network(cnn, training, faces, options.fill(NetworkOptions, given), features)
    elif affect is not None:
        training_jobs.train_affect(affect, training, proxy, features)


def _check_options(clf: str | None, cnn: str | None, affect: str | None, proxy: str | None) -> None:
    """Raise UsageError unless exactly one kind of model is asked for, with options of this kind only."""
    if proxy and affect is None:
        raise click.UsageError("--proxy is for --affect")
    if [clf, cnn, affect].count(None) != 2:
        raise click.UsageError(ONE_OF)
    if affect is not None and (names := _list_given(NOT_FOR_AFFECT)):
        raise click.UsageError(f"{names}: not for --affect, which learns numbers from faces as they are")
    if cnn is not None and (names := _list_given(OF_CLASSIFIERS)):
        raise click.UsageError(f"{names}: for --clf only; for a network, a recipe with weighted = true lets every expression "
                               "count alike")


def _list_given(names: tuple[str, ...]) -> str:
    """Return those of some options that the user gave, in words; "" for none."""
    return ", ".join(f"--{name.replace('_', '-')}" for name in names if options.is_given(name))
