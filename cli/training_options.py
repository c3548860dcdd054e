"""The options of `featfer train`, in groups."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from featfer_cli import files, options
from featfer_cli.values import Choice

from featfer.utils.words import count

if TYPE_CHECKING:
    from featfer.face_model import FaceModel

OBJECTIVE = options.Group(
    click.option("--balance", type=Choice(["weights", "sampling"]),
                 help="Give every expression the same weight: by weighting faces, or by sampling rare expressions more often."),
    click.option("--soft", is_flag=True, help="Learn the distribution of raters' votes, if the data set has votes."),
    click.option("--coarse-to-fine", is_flag=True,
                 help="First classify positive, neutral and negative, then the expressions of each."),
    options.choice("--calibrate", ["temperature", "sigmoid", "none"], "How probabilities are calibrated on val."),
)


USE = options.Group(
    options.prior,
    click.option("--novelty", is_flag=True, help="Let the model say how unlike the training faces a face is."),
    click.option("--grey", is_flag=True, help="Let the model read photos without colours: for training images that have none."),
)


@dataclass(frozen=True)
class TrainingOptions:
    """Options of every training.

    Attributes
    ----------
    store, source : str
        What to train on.
    out : str
        Where the bundle goes.
    params : dict
        Parameters of the model.
    seed : int
    score_test, overwrite, as_json : bool
    """

    store: str
    source: str | None
    out: str
    params: dict[str, Any]
    seed: int
    score_test: bool
    overwrite: bool
    as_json: bool

    def check_out(self) -> Path:
        """Return the path of the bundle; raise FeatferError, before long work, if it or its card cannot be written."""
        return files.check_bundle(self.out, self.overwrite)

    def settings(self) -> dict[str, Any]:
        """Return the arguments that all training functions of the library take (dict)."""
        return {"params": self.params, "seed": self.seed, "score_test": self.score_test, "command": options.command_line()}

    def save(self, recognizer: FaceModel, card: dict[str, Any], name: str) -> None:
        """Save a trained model, and print its figures or its card.

        Parameters
        ----------
        recognizer : Recognizer or AffectRecognizer
        card : dict
        name : str
            Name of the classifier, network or regressor.
        """
        summary = f"Trained {name} on {count(card['data']['rows'], 'face')}"
        files.save_and_print(recognizer, card, Path(self.out), summary, self.as_json)


@dataclass(frozen=True)
class FaceOptions:
    """Options for the training faces of expression models.

    Attributes
    ----------
    labels : str or None
        The label set.
    limit : int or None
        How many faces.
    views, tta : list of str
        Views in training and in prediction.
    """

    labels: str | None
    limit: int | None
    views: list[str]
    tta: list[str]


@dataclass(frozen=True)
class ObjectiveOptions:
    """Options for what a classifier learns, and for its calibration; OBJECTIVE adds them to a command.

    Attributes
    ----------
    balance : str or None
    soft, coarse_to_fine : bool
    calibrate : str
    """

    balance: str | None
    soft: bool
    coarse_to_fine: bool
    calibrate: str

    def settings(self) -> dict[str, Any]:
        """Return the arguments that featfer.training.classifier.train takes for them (dict)."""
        from featfer.classifiers import Objective
        return {"objective": Objective(self.balance, self.soft, self.coarse_to_fine), "calibrate": self.calibrate}


@dataclass(frozen=True)
class UseOptions:
    """Options for where a model will be used; USE adds them to a command.

    Attributes
    ----------
    prior : str or None
    novelty, grey : bool
    """

    prior: str | None
    novelty: bool
    grey: bool

    def settings(self) -> dict[str, Any]:
        """Return the argument that featfer.training's functions take for them (dict)."""
        from featfer.training.use import Use
        return {"use": Use(self.prior, self.novelty, self.grey)}


@dataclass(frozen=True)
class NetworkOptions:
    """Options for the training of a network.

    Attributes
    ----------
    recipe : str
        A name or a TOML file.
    weights : str or None
        The initial weights.
    log : str or None
        Folder for TensorBoard.
    """

    recipe: str
    weights: str | None
    log: str | None
