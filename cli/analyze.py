"""featfer analyze"""

from __future__ import annotations

from typing import Any

import click
from featfer_cli import options, printing
from featfer_cli.stopping import report_on_stop
from featfer_cli.values import FILE

from featfer.utils.words import count


@click.command()
@click.argument("films", metavar="FILM...", nargs=-1, required=True, type=FILE)
@options.out("DIR", "Folder for the tables and pages; it also keeps what was measured.", required=True)
@click.option("--fps", type=click.FloatRange(min=0, min_open=True), metavar="N",
              help="Analyze N frames of each second.  [default: every frame]")
@options.model
@click.option("--affect", type=FILE, metavar="FILE",
              help="A model of valence and arousal, besides, which `featfer train --affect` makes.")
@options.table_format
@click.option("--landmarks", is_flag=True, help="Add the 68 landmarks to the tables.")
@click.option("--annotate", is_flag=True, help="Also write a copy of each film with the box, number and bars of each face.")
@click.option("--blur", is_flag=True, help="Also write such a copy in which faces are blurred beyond recognition.")
@click.option("--points", is_flag=True, help="Also write a copy that shows nothing but the 68 landmarks of each face.")
@click.option("--smallest-face", type=click.IntRange(20, 2000), metavar="PIXELS",
              help="Width of the smallest faces to find; smaller ones take longer.  [default: an eighth of the frame's shorter "
                   "side]")
@options.reject
@options.labels
@options.prior
@options.jobs(", for as many films at once; each uses two cores.  [default: one for every two cores]")
@options.no_verify
@options.device
@options.model_precision
@options.as_json
def analyze(films: tuple[str, ...], out: str, fps: float | None, model: str, affect: str | None, form: str, landmarks: bool,
            annotate: bool, blur: bool, points: bool, smallest_face: int | None, reject: float, labels: str | None,
            prior: str | None, jobs: int | None, no_verify: bool, device: str, precision: str | None,
            as_json: bool) -> None:
    """Measure every face in every frame of films.

    FILM is a video, a folder of videos or a pattern in quotes. Writes a table for each film, as csv and as Parquet: a row for
    each face in each frame, with its time, track and person, expression, action units, head pose, eyes and blinks, and a row
    for a frame without a face; and a page that plays the film beside its timeline. Persons are the same over all films of the
    command. Stopped at any moment, the same command goes on where it stopped. Films that cannot be read are named at the end,
    when all others are done, and the exit code is then 1.

    \b
    featfer analyze interview.mp4 --out study
    featfer analyze a.mp4 b.mp4 --out study --fps 10
    featfer analyze films --out study --blur
    featfer analyze interview.mp4 --out study --format openface
    """
    from featfer.analysis.run import AnalysisRun
    from featfer.analysis.settings import AnalysisSettings

    settings = AnalysisSettings(model, affect, fps, smallest_face, labels, prior, not no_verify, device, precision)
    styles = [style for style, is_wanted in (("boxes", annotate), ("annotated blur", blur), ("points", points)) if is_wanted]
    run = AnalysisRun(films, out, settings, reject, landmarks, form, styles)
    with report_on_stop(f"What was measured is kept in {out}; the same command goes on from there."):
        summaries = run.run(jobs)
    if as_json:
        printing.print_json({"films": summaries, "failed": run.failed})
    else:
        for summary in summaries:
            printing.echo_line(_describe(summary))
    for reason in run.failed:
        printing.echo_line(f"Error: {reason}", err=True)
    if run.failed:
        raise click.exceptions.Exit(1)


def _describe(summary: dict[str, Any]) -> str:
    persons, seconds = summary["persons"], summary["seconds"]
    faceless = f", no face in {summary['faceless']:,}" if summary["faceless"] else ""
    return (f"{summary['film']}: {count(summary['frames'], 'frame')}, {seconds:,.1f} s{faceless}; "
            f"{count(len(persons), 'person')}; wrote {', '.join(summary['written'])}")
