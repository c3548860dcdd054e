"""featfer codebook"""

import click
from featfer_cli import options
from featfer_cli.stopping import NOTHING, keeping


@click.command()
@click.argument("source")
@click.option("--out", required=True, metavar="FILE.npz", help="Where the codebook goes.")
@click.option("--words", type=click.IntRange(min=1), default=128, show_default=True, help="Visual words; 100 columns each.")
@click.option("--images", type=click.IntRange(min=1), default=3000, show_default=True, help="Training images to learn from.")
@options.overwrite
@options.seed
def codebook(source, out, words, images, overwrite, seed):
    """Learn visual words from training images, for the feature bovw.

    SOURCE as for extract; only its training split is looked at. Takes about two minutes.

    \b
    featfer codebook fer2013.csv --out codebook.npz
    featfer extract fer2013.csv --store store --features bovw:codebook.npz
    featfer train --clf svm --param pca=512 --store store --features bovw:codebook.npz --out bovw.joblib
    """
    from featfer.features.visual_words.learning import make_codebook

    with keeping(NOTHING):
        learnt, faces = make_codebook(source, out, words, seed, images, overwrite)
    click.echo(f"Wrote {out}: {words:,} words from {faces:,} faces; bovw:{out} has {learnt.size:,} columns")
