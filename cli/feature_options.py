"""The options that choose features and how they are computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click
from featfer_cli import options
from featfer_cli.options import Group, join_names
from featfer_cli.values import NameOrFile, Words

from featfer.features import FEATURES
from featfer.superres import RESAMPLED, SHIPPED

if TYPE_CHECKING:
    from featfer.features import Feature


@dataclass(frozen=True)
class FeatureOptions:
    """The options that choose features and how they are computed; `features` and `feature_sets` add them to a command.

    Attributes
    ----------
    names : str or tuple of str
        The value of --features; a tuple if it may be repeated.
    align, network, backend, precision, superres, device, smallest_face
        The options of these names, as featfer.features.make_features takes them.
    """

    names: str | tuple[str, ...]
    align: str
    network: str
    backend: str
    precision: str
    superres: str
    device: str
    smallest_face: int | None

    def make(self, views: Sequence[str] = ("plain",)) -> list[Feature]:
        """Make the features for some views of the chip.

        Parameters
        ----------
        views : list of str

        Returns
        -------
        list of Feature
            For one view after the other.
        """
        from featfer.features import make_features
        return [feature for view in views for feature in make_features(
            self.names, align=self.align, view=view, network=self.network, backend=self.backend, precision=self.precision,
            superres=self.superres, smallest=self.smallest_face, device=self.device)]

    def make_sets(self) -> dict[str, list[Feature]]:
        """Return {value: list of Feature} for each value of a repeated --features."""
        return {words: replace(self, names=words).make() for words in self.names}


_LISTING = "Features, separated by commas: " + join_names(FEATURES, {
    "stage": "stage:MAP (such as stage:128x8x8)", "bovw": "bovw:FILE (of `featfer codebook`)",
    "crop": "crop (for networks)"}, last=", ") + "."
_COMPUTING = Group(
    options.align,
    click.option("--network", type=NameOrFile(["dlib", "expression"]), default="dlib", show_default=True,
                 metavar="FILE", help="The network of stages: dlib's; expression, which is dlib's fine-tuned on FER2013 and "
                                      "ends at the stage 128x8x8; or a backbone that `featfer finetune` made."),
    options.choice("--backend", ["featfer", "dlib"], "What computes the embedding: featfer, or dlib itself (the reference).",
                   former={"torch": "featfer"}),
    options.precision,
    click.option("--superres", type=NameOrFile([*SHIPPED, *RESAMPLED, "none"]), default="none", show_default=True,
                 metavar="MODEL",
                 help=f"First enlarge images of up to 64 pixels four times, with {', '.join(SHIPPED)}, FILE.npz (of `featfer "
                      f"superres train`), {join_names(RESAMPLED)}."),
    options.device,
    options.smallest_face,
)
features = Group(
    click.option("--features", "names", type=Words(FEATURES, is_closed=True), default="embedding", show_default=True,
                 metavar="LIST", help=_LISTING), _COMPUTING)
feature_sets = Group(
    click.option("--features", "names", type=Words(FEATURES, is_closed=True), default=["embedding"], multiple=True,
                 show_default=True, metavar="LIST", help=f"{_LISTING} Repeatable: each is a candidate."), _COMPUTING)
