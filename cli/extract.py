"""featfer extract"""

import click
from featfer_cli import options, printing
from featfer_cli.stopping import keeping

NAMED = 3  # of the images that failed


@click.command()
@click.argument("source")
@options.store
@options.features
@options.views("--views", "Of the chip, with commas: plain, flip, turn:8, zoom:110, shift:3:-2, jitter:1, flip+turn:8 ...")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes  [default: one for each core]")
@click.option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster that computes instead, such as tcp://host:8786.")
@click.option("--shard", default="1/1", metavar="I/N", help="Compute only the I-th of N parts; the first is 1/N.")
@click.option("--skip-bad", is_flag=True, help="Leave out and list bad rows, and listed files that are not there.")
@click.option("--votes", metavar="FILE", help="fer2013new.csv of FER+: its raters' labels for the rows of fer2013.csv.")
@click.option("--vote-mode", default="majority", show_default=True, help="Of FER+: majority, probability or plurality.")
@options.codes
@click.option("--split", metavar="SHARES", help="Draw train, val and test for a source without, such as 80/10/10 (per cent).")
@click.option("--by", default="image", show_default=True, help="Of --split: what is in one split only, image or subject.")
@options.seed
@options.as_json
def extract(source, store, views, jobs, scheduler, shard, skip_bad, votes, vote_mode, codes, split, by, seed, as_json,
            **features):
    """Find faces and cache their features.

    SOURCE is fer2013.csv (or icml_face_data.csv), a csv of path,label, a folder of class folders, the folder of AffectNet,
    RAF-DB, FER+, CK+ or JAFFE, an image, or a folder of images; docs/data.md has all forms. What it was taken for, and what in
    it was not taken, is said on standard error. Stopped at any moment, the same command goes on where it was. Images that
    cannot be read or computed at this time are named at the end; the exit code is then 1, and the same command tries again.
    Machines share the work as workers of a Dask cluster (--scheduler) or as jobs of a batch system (--shard).

    \b
    featfer extract fer2013.csv --store store
    featfer extract fer2013.csv --store store --features embedding,landmarks --align 68
    featfer extract fer2013.csv --store store --features stage:128x8x8 --views plain,flip
    featfer extract fer2013.csv --store store --votes fer2013new.csv
    featfer extract CK+48 --store store --split 80/10/10 --by subject
    featfer extract fer2013.csv --store store --scheduler tcp://host:8786
    featfer extract fer2013.csv --store part2 --shard 2/4
    """
    from dataclasses import asdict

    from featfer.datasets import find_dataset, with_votes
    from featfer.datasets.splitting import make_split_plan
    from featfer.errors import ParameterError
    from featfer.extraction.chunks import parse_shard
    from featfer.extraction.run import extract as run

    if votes and codes:
        raise ParameterError(f"codes {codes}: of a source whose labels are taken, and --votes gives others")
    dataset = with_votes(source, votes, vote_mode) if votes else find_dataset(source, codes, vote_mode)
    with keeping("What was finished is kept."):
        plan = make_split_plan(split, by, seed) if split else None
        summary = run(source, store, options.FeatureOptions(**features).make(views), jobs, skip_bad, dataset, plan,
                      parse_shard(shard), scheduler, _say)
    if as_json:
        printing.print_json(asdict(summary))
    else:
        _print(summary, shard)
    if summary.failed:
        click.echo(_failures(summary.failed), err=True)
        raise click.exceptions.Exit(1)


def _failures(failed):
    """Return a line about the images that failed, with the reasons of the first."""
    from itertools import islice

    from featfer.errors import to_one_line
    first = "; ".join(to_one_line(f"{name} ({reason})") for name, reason in islice(failed.items(), NAMED))
    others = f" and {len(failed) - NAMED:,} more" if len(failed) > NAMED else ""
    absent = any(reason.endswith(": no such file") for reason in failed.values())
    return (f"Error: {len(failed):,} images could not be computed and are missing in the store: {first}{others}. Run the same "
            "command again when what hinders them is mended, or take them out of the source"
            f"{', or with --skip-bad, which leaves out files of a list that are not there' if absent else ''}")


def _say(sentences):
    for sentence in sentences:
        click.echo(sentence, err=True)


def _print(summary, shard):
    others = summary.missing - len(summary.failed)
    if summary.computed:
        click.echo(f"Extracted {summary.computed:,} distinct images in {summary.seconds:.1f} s "
                   f"({summary.computed / summary.seconds:.0f} images/s).")
    elif not summary.missing:
        click.echo(f"Nothing to do: all {summary.images:,} images are in the store.")
    if others > 0:
        click.echo(f"Done {shard}: {summary.images - summary.missing:,} of {summary.images:,} images are in this store, "
                   f"{others:,} are missing yet. Run the others, then `featfer store merge` where each has a store of "
                   "its own, or the same command without --shard.")
    click.echo(f"{summary.images - summary.missing:,} images: {summary.found:,} faces found, {summary.whole_image:,} without a "
               f"found face (whole image taken), {len(summary.unreadable):,} unreadable, {len(summary.skipped):,} bad rows "
               "left out.")
    if summary.label_set:
        counts = [f"{count:,} {split}" for split, count in summary.splits.items()] or ["no splits (--split draws them)"]
        printing.echo_line(f"Labels {summary.label_set}: {', '.join(counts)}; {summary.unlabelled:,} without a label.")
    for reason in [*summary.unreadable.values(), *summary.skipped]:
        printing.echo_line(f"  {reason}")
    for sentence in summary.damaged:
        printing.echo_line(f"Warning: {sentence}.", err=True)
