"""Options of the commands that score finished models on labelled pictures, and how these commands load and answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from featfer_cli import options

if TYPE_CHECKING:
    from featfer.evaluation.photographs import Answers, Photographs
    from featfer.recognizer import Recognizer


def _split(context: click.Context, option: click.Parameter, text: str | None) -> list[str] | None:
    return [part.strip() for part in text.split(",")] if text else None


answering = options.Group(
    options.detector,
    options.choice("--no-face", ["skip", "whole"],
                   "If no face is found: the picture counts as wrong, or treat the whole picture as a face."),
    options.codes,
    options.labels,
    options.no_verify,
)
scoring = options.Group(
    click.option("--classes", metavar="LIST", callback=_split,
                 help="The classes that are scored, separated by commas.  [default: all that have pictures]"),
    options.bootstrap("the subjects, or of the pictures where no subjects are known"),
)


def load_models(names: Sequence[str], labels: str | None, no_verify: bool, device: str = "cpu") -> dict[str, Recognizer]:
    """Load recognizers by their names; equal names of files are numbered.

    Parameters
    ----------
    names : list of str
        Files of bundles, or names of models that ship.
    labels : str or None
        The label set in which they are to predict.
    no_verify : bool
    device : str
        Where torch computes.

    Returns
    -------
    dict of str to Recognizer
    """
    from pathlib import Path

    from featfer.bundle.persist import load_recognizer
    from featfer.utils.files import make_distinct
    titles = make_distinct([Path(name).stem for name in names])
    return {title: load_recognizer(name, not no_verify, labels, device=device)
            for title, name in zip(titles, names, strict=True)}


def answer(source: str, models: dict[str, Recognizer], given: dict[str, Any], columns: Sequence[str] = ()
           ) -> tuple[Photographs, dict[str, Answers]]:
    """Have models answer on a data set, as the options `answering` say.

    Parameters
    ----------
    source : str
    models : dict of str to Recognizer
    given : dict
        The options of the command.
    columns : sequence of str
        Further columns of the data set to read.

    Returns
    -------
    tuple (Photographs, dict of str to Answers)
    """
    from featfer.evaluation.answering import answer_source
    return answer_source(source, models, given["detector"], given["no_face"], given["smallest_face"], given["codes"],
                         columns)
