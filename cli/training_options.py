"""What `featfer train` is told, in groups."""

from dataclasses import dataclass
from pathlib import Path

import click
from featfer_cli import files, options

OBJECTIVE = options.Group(
    click.option("--balance", type=click.Choice(["weights", "sampling"]),
                 help="Let every expression count alike: by weights of its faces, or by drawing those of rare ones again."),
    click.option("--soft", is_flag=True, help="Learn how raters' votes are shared, where the source has votes."),
    click.option("--coarse-to-fine", is_flag=True, help="Tell positive, neutral and negative apart, then the expressions."),
    click.option("--calibrate", type=click.Choice(["temperature", "sigmoid", "none"]), default="temperature",
                 show_default=True, help="How probabilities are set right on val."),
)


@dataclass(frozen=True)
class TrainingOptions:
    """What every training is told: what to learn from, with which parameters, and where the bundle goes."""

    store: str
    source: str | None
    out: str
    params: dict
    seed: int
    score_test: bool
    overwrite: bool
    as_json: bool

    def check_out(self):
        """Return the bundle's Path; raise FeatferError, before long work, where it or its card cannot be written."""
        return files.check_bundle(self.out, self.overwrite)

    def settings(self):
        """Return what the library's functions that train all take (dict)."""
        return {"params": self.params, "seed": self.seed, "score_test": self.score_test, "command": options.command_line()}

    def keep(self, recognizer, card, name):
        """Save what was trained under the name of a classifier, network or regressor, and print its figures or its card."""
        files.keep(recognizer, card, Path(self.out), f"Trained {name} on {card['data']['rows']:,} faces", self.as_json)


@dataclass(frozen=True)
class FaceOptions:
    """Which faces of the training split expressions are learnt from, in which labels and which views."""

    labels: str | None
    limit: int | None
    views: list
    tta: list


@dataclass(frozen=True)
class ObjectiveOptions:
    """What a classifier learns of the labels, and how its probabilities are set right; OBJECTIVE adds them to a command."""

    balance: str | None
    soft: bool
    coarse_to_fine: bool
    calibrate: str

    def settings(self):
        """Return what featfer.training.classifier.train takes of them (dict)."""
        from featfer.classifiers import Objective
        return {"objective": Objective(self.balance, self.soft, self.coarse_to_fine), "calibrate": self.calibrate}


@dataclass(frozen=True)
class NetworkOptions:
    """How a network is trained."""

    recipe: str
    weights: str | None
    log: str | None
