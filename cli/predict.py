"""featfer predict"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click
from featfer_cli import options, printing
from featfer_cli.stopping import NOTHING, report_on_stop
from featfer_cli.values import FILE

if TYPE_CHECKING:
    from featfer.prediction.run import PredictionRun


@click.command()
@click.argument("sources", metavar="PATH...", nargs=-1, required=True, type=FILE)
@options.model
@options.detector
@options.smallest_face
@options.no_face
@click.option("--every", type=click.IntRange(min=1), metavar="N",
              help="Predict every Nth frame of a video  [default: the first of each second]")
@click.option("--csv", "table", type=FILE, metavar="FILE.csv",
              help="Write a table with a row for each face, as the predictions come.")
@options.table_format
@options.out("DIR", "Write annotated images, with boxes and bars, to this folder.")
@click.option("--action-units", is_flag=True,
              help="Estimate from the landmarks how strong facial action units are, from 0 to 5.")
@options.reject
@options.labels
@options.estimable_prior
@options.no_verify
@options.device
@options.model_precision
@options.as_json_lines
def predict(sources: tuple[str, ...], model: str, detector: str, smallest_face: int | None, no_face: str, every: int | None,
            table: str | None, form: str, out: str | None, action_units: bool, reject: float, labels: str | None,
            prior: str | None, no_verify: bool, device: str, precision: str | None, as_json: bool) -> None:
    """Recognize the expressions of the faces in photos and videos.

    PATH is a photo, a video, a folder (searched with all its subfolders) or a pattern in quotes. Prints a line for each face:
    where it is, and the probabilities of its expressions; several faces are numbered, best detection first. Files that cannot
    be read and damaged videos are named at the end, when all others are done, and the exit code is then 1. Pictures without a
    face, and files in folders that are neither photos nor videos, are counted there. Annotated pictures keep the folders of
    PATH below DIR.

    \b
    featfer predict photo.jpg --action-units
    featfer predict photos --csv expressions.csv
    featfer predict photos/*.jpg --json > expressions.jsonl
    featfer predict video.mp4 --every 5 --out annotated
    featfer predict group.jpg --smallest-face 40
    featfer predict photos --csv expressions.csv --reject 0.5 --prior estimate
    featfer predict video.mp4 --every 1 --csv video.csv --format openface
    """
    from featfer.bundle.persist import load, load_recognizer
    from featfer.prediction.run import PredictionRun
    from featfer.recognizer import ESTIMATE

    run = PredictionRun(sources, detector, smallest_face, no_face, every, table, out, action_units, reject, model, form)
    is_estimated = prior == ESTIMATE
    recognizer = (load_recognizer(model, not no_verify, labels, None if is_estimated else prior, device, precision)
                  if labels or prior is not None else load(model, not no_verify, device, precision))
    run.check(recognizer, model)
    with report_on_stop(_describe_kept, run):
        if is_estimated:
            recognizer = run.estimate_prior(recognizer)
            printing.echo_note(f"estimated shares: {printing.describe_shares(recognizer.prior or {})}")
        with closing(run.predict(recognizer)) as predictions:
            _print_predictions(predictions, as_json)
    _print_end(run, as_json)


def _print_predictions(predictions: Iterable[Any], as_json: bool) -> None:
    from featfer.prediction.predict import as_dict, describe_picture
    from featfer.utils.progress import hide_bars
    if as_json:
        return printing.print_json_lines(as_dict(picture, expressions) for picture, expressions in predictions)
    for picture, expressions in predictions:
        with hide_bars():
            for line in describe_picture(picture, expressions):
                printing.echo_line(line)


def _print_end(run: PredictionRun, as_json: bool) -> None:
    """Print what was written, skipped and without a face, and what failed; exit with 1 if something failed."""
    if run.written:
        printing.echo_line(run.written, err=as_json)
    for sentence in run.remarks:
        printing.echo_note(sentence)
    for reason in run.failed:
        printing.echo_line(f"Error: {reason}", err=True)
    if run.failed:
        raise click.exceptions.Exit(1)


def _describe_kept(run: PredictionRun) -> str:
    return run.kept or NOTHING
