"""featfer codebook"""

from __future__ import annotations

import click
from featfer_cli import options
from featfer_cli.stopping import NOTHING, report_on_stop
from featfer_cli.values import FILE, Option

from featfer.utils.words import count


@click.command()
@click.argument("source", type=FILE)
@options.out("FILE.npz", "Where the codebook goes.", required=True)
@click.option("--words", type=click.IntRange(min=1), default=128, show_default=True, metavar="N",
              help="Number of visual words; each gives 100 columns.")
@click.option("--limit", "images", cls=Option, aliases=("--images",), type=click.IntRange(min=1), default=3000,
              show_default=True, metavar="N", help="Train on N faces, chosen at random.")
@options.overwrite
@options.seed
def codebook(source: str, out: str, words: int, images: int, overwrite: bool, seed: int) -> None:
    """Learn visual words from training images, for the feature bovw.

    SOURCE is a data set, as for `featfer extract`; only its training split is used. Takes about two minutes.

    \b
    featfer codebook fer2013.csv --out codebook.npz
    featfer extract fer2013.csv --store store --features bovw:codebook.npz
    featfer train --clf svm --param pca=512 --store store --features bovw:codebook.npz --out bovw.joblib
    """
    from featfer.features.visual_words.learning import make_codebook

    with report_on_stop(NOTHING):
        learnt, faces = make_codebook(source, out, words, seed, images, overwrite)
    click.echo(f"Wrote {out}: {count(words, 'word')} from {count(faces, 'face')}; bovw:{out} has {learnt.size:,} columns")
