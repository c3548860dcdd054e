"""featfer extract"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import click
from featfer_cli import feature_options, options, printing
from featfer_cli.stopping import report_on_stop
from featfer_cli.values import FILE

from featfer.utils.words import count

NAMED = 3  # failed images that are named


@click.command()
@click.argument("source", type=FILE)
@options.store
@feature_options.features
@options.views_option("--views", "Views of the chip, separated by commas: plain, flip, turn:8, zoom:110, shift:3:-2, jitter:1, "
                                 "flip+turn:8 ...")
@options.jobs(".  [default: one for each core]")
@click.option("--scheduler", metavar="ADDRESS",
              help="Compute on a Dask cluster with its scheduler at this address, such as tcp://host:8786.")
@click.option("--shard", default="1/1", show_default=True, metavar="I/N",
              help="Compute only the I-th of N parts of the work, from 1/N to N/N.")
@options.skip_bad
@click.option("--votes", type=FILE, metavar="FILE.csv",
              help="fer2013new.csv of FER+: its raters' labels for the rows of fer2013.csv.")
@options.choice("--vote-mode", ["majority", "probability", "plurality"], "How the votes of FER+ become a label.")
@options.codes
@click.option("--split", metavar="PERCENT",
              help="Split a data set that has no splits into train, val and test at random, such as 80/10/10 (percent).")
@options.choice("--by", ["image", "subject"], "With --split, what must not be in two splits.")
@options.seed
@options.as_json
def extract(source: str, store: str, views: list[str], jobs: int | None, scheduler: str | None, shard: str, skip_bad: bool,
            votes: str | None, vote_mode: str, codes: str | None, split: str | None, by: str, seed: int, as_json: bool,
            **features: Any) -> None:
    """Find faces and cache their features.

    SOURCE is fer2013.csv (or icml_face_data.csv), a csv of path,label, a folder of class folders, the folder of AffectNet,
    RAF-DB, FER+, CK+ or JAFFE, an image, or a folder of images; docs/data.md describes all forms. Which form was recognized,
    and what was skipped, is printed on standard error. Stopped at any moment, the same command goes on where it stopped.
    Images that fail are named at the end and the exit code is 1; the same command tries them again. Several machines can share
    the work, as workers of a Dask cluster (--scheduler) or as jobs of a batch system (--shard).

    \b
    featfer extract fer2013.csv --store store
    featfer extract fer2013.csv --store store --features embedding,landmarks --align 68
    featfer extract fer2013.csv --store store --features stage:128x8x8 --views plain,flip
    featfer extract fer2013.csv --store store --votes fer2013new.csv
    featfer extract CK+48 --store store --split 80/10/10 --by subject
    featfer extract fer2013.csv --store store --scheduler tcp://host:8786
    featfer extract fer2013.csv --store part2 --shard 2/4
    """
    from featfer.datasets import find_dataset, with_votes
    from featfer.datasets.splitting import make_split_plan
    from featfer.errors import ParameterError
    from featfer.extraction.chunks import parse_shard
    from featfer.extraction.run import extract as run

    if votes and codes:
        raise ParameterError(f"codes {codes}: of a source whose labels are taken, and --votes gives others")
    dataset = with_votes(source, votes, vote_mode) if votes else find_dataset(source, codes, vote_mode)
    with report_on_stop("What was finished is kept."):
        plan = make_split_plan(split, by, seed) if split else None
        summary = run(source, store, feature_options.FeatureOptions(**features).make(views), jobs, skip_bad, dataset, plan,
                      parse_shard(shard), scheduler, _print_notes)
    if as_json:
        printing.print_json(asdict(summary))
    else:
        _print_summary(summary, shard)
    if summary.failed:
        click.echo(_describe_failures(summary.failed), err=True)
        raise click.exceptions.Exit(1)


def _describe_failures(failed: dict[str, str]) -> str:
    """Describe the images that failed, in one line with the reasons of the first few."""
    from itertools import islice

    from featfer.errors import to_one_line
    first = "; ".join(to_one_line(f"{name} ({reason})") for name, reason in islice(failed.items(), NAMED))
    others = f" and {len(failed) - NAMED:,} more" if len(failed) > NAMED else ""
    absent = any(reason.endswith(": no such file") for reason in failed.values())
    is_or_are = "is" if len(failed) == 1 else "are"
    return (f"Error: {count(len(failed), 'image')} could not be computed and {is_or_are} missing in the store: {first}{others}"
            ". Run the same command again when what hinders them is mended, or take them out of the source"
            f"{', or with --skip-bad, which leaves out files of a list that are not there' if absent else ''}")


def _print_notes(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        printing.echo_note(sentence)


def _print_summary(summary: Any, shard: str) -> None:
    others = summary.missing - len(summary.failed)
    if summary.computed:
        click.echo(f"Extracted {count(summary.computed, 'distinct image')} in {summary.seconds:.1f} s "
                   f"({summary.computed / summary.seconds:.0f} images/s).")
    elif not summary.missing:
        click.echo(f"Nothing to do: all {count(summary.images, 'image is', 'images are')} in the store.")
    if others > 0:
        click.echo(f"Done {shard}: {summary.images - summary.missing:,} of {count(summary.images, 'image')} are in this store, "
                   f"{others:,} are missing yet. Run the others, then `featfer store merge` where each has a store of "
                   "its own, or the same command without --shard.")
    faint = f"{count(summary.faint, 'faint face')}, " if summary.faint else ""
    click.echo(f"{count(summary.images - summary.missing, 'image')}: {count(summary.found, 'face')} found, {faint}"
               f"{summary.whole_image:,} without a found face (whole image taken), {len(summary.unreadable):,} unreadable, "
               f"{count(len(summary.skipped), 'bad row')} left out.")
    if summary.label_set:
        counts = [f"{count:,} {split}" for split, count in summary.splits.items()] or ["no splits (--split draws them)"]
        printing.echo_line(f"Labels {summary.label_set}: {', '.join(counts)}; {summary.unlabelled:,} without a label.")
    for reason in [*summary.unreadable.values(), *summary.skipped]:
        printing.echo_line(f"  {reason}")
    for sentence in summary.damaged:
        printing.echo_line(f"Warning: {sentence}.", err=True)
