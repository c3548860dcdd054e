"""featfer extract"""

import click
from featfer_cli import options


@click.command()
@click.argument("source")
@options.store
@options.features
@options.views("--views", "Of the chip, with commas: plain, flip, turn:8, zoom:110, shift:3:-2, jitter:1, flip+turn:8 ...")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes  [default: one for each core]")
@click.option("--skip-bad", is_flag=True, help="Leave bad rows out, and list them, instead of stopping at the first.")
@options.as_json
def extract(source, store, features, views, jobs, skip_bad, as_json):
    """Find faces and cache their features.

    SOURCE is fer2013.csv (or icml_face_data.csv), a folder with train/ and test/ class folders, an image, or a folder of
    images. Stopped at any moment, the same command goes on where it was.

    \b
    featfer extract fer2013.csv --store store
    featfer extract fer2013.csv --store store --features embedding,landmarks --align 68
    featfer extract fer2013.csv --store store --features stage:128x8x8 --views plain,flip
    """
    from dataclasses import asdict

    from featfer.extraction import extract as run

    summary = run(source, store, features(views), jobs, skip_bad)
    if as_json:
        return options.print_json(asdict(summary))
    _print(summary)


def _print(summary):
    if summary.computed:
        click.echo(f"Extracted {summary.computed:,} distinct images in {summary.seconds:.1f} s "
                   f"({summary.computed / summary.seconds:.0f} images/s).")
    else:
        click.echo(f"Nothing to do: all {summary.images:,} images are in the store.")
    click.echo(f"{summary.images:,} images: {summary.found:,} faces found, {summary.whole_image:,} without a found face "
               f"(whole image taken), {len(summary.unreadable):,} unreadable, {len(summary.skipped):,} bad rows left out.")
    for reason in [*summary.unreadable.values(), *summary.skipped]:
        click.echo(f"  {reason}")
