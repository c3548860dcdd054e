"""featfer superres"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from featfer_cli import options, printing
from featfer_cli.stopping import describe_kept_epochs, report_on_stop
from featfer_cli.values import FILE, NameOrFile

from featfer.superres import RESAMPLED, SHIPPED
from featfer.utils.words import count

_precision = options.choice("--precision", ["float32", "bf16"],
                            "Precision of the generator; bf16 is faster where the processor supports it.")


@click.group()
def superres() -> None:
    """Enlarge small faces four times by a neural network (Ledig et al. 2017).

    \b
    featfer superres apply photos --out enlarged --model srgan
    featfer superres train fer2013.csv --out generator.npz
    """


@superres.command()
@click.argument("source", type=FILE)
@options.out("FILE.npz", "Where the generator goes; its card goes beside it (.json).", required=True)
@click.option("--epochs", default=30, show_default=True, metavar="N",
              help="Epochs with the squared error alone as loss (SRResNet).")
@click.option("--adversarial", default=0, show_default=True, metavar="N",
              help="Further epochs, in which a discriminator adds to the loss (SRGAN).")
@click.option("--start", type=NameOrFile(SHIPPED), metavar="MODEL",
              help=f"A generator to start from: {', '.join(SHIPPED)} or a FILE.npz.")
@click.option("--side", default=48, show_default=True, metavar="PIXELS",
              help="Side of the original faces in pixels; they are shrunk to a quarter.")
@options.params_option("A value of the recipe, such as lr=5e-4, batch=16, width=48, blocks=12 or weight=1e-2; repeatable.")
@_precision
@options.device
@options.log
@options.overwrite
@options.score_test
@options.seed
@options.as_json
def train(source: str, out: str, epochs: int, adversarial: int, start: str | None, side: int, params: dict[str, Any],
          precision: str, device: str, log: str | None, overwrite: bool, score_test: bool, seed: int, as_json: bool) -> None:
    """Train a generator to restore your faces from shrunk ones.

    It is trained on the train split only, and measured on val. FER2013's faces have 48 pixels, so the generator learns to
    enlarge from 12 to 48; `apply` and `featfer extract --superres` enlarge from 48 to 192, which it has never seen. The loss is
    the squared error of pixels, not of the feature maps of a VGG network. Stopped at any moment, the same command goes on after
    the last complete epoch.

    \b
    featfer superres train fer2013.csv --out srresnet.npz
    featfer superres train fer2013.csv --out srgan.npz --start srresnet.npz --epochs 0 --adversarial 2
    """
    from featfer.superres.recipe import make_recipe
    from featfer.superres.run import train as run

    given = {"epochs": epochs, "adversarial": adversarial, "side": side, "precision": precision, "seed": seed}
    recipe = make_recipe(**given | params)
    with report_on_stop(describe_kept_epochs, Path(out).with_suffix(".checkpoint")):
        card = run(source, out, recipe, start, device, log, score_test, options.command_line(), overwrite)
    if as_json:
        return printing.print_json(card)
    for split, figures in card["figures"].items():
        for name in ("generator", "bicubic", "lanczos"):
            click.echo(f"{split}: {name} PSNR {figures[name]['psnr']:.2f} dB, SSIM {figures[name]['ssim']:.4f}")
    click.echo(f"Trained on {count(card['rows'], 'face')} in {card['seconds']:.0f} s: {out} ({card['bytes'] / 1e6:.1f} MB)")


@superres.command()
@click.argument("source", type=FILE)
@options.out("DIR", "Where the enlarged images go, as PNG files.", required=True)
@click.option("-m", "--model", type=NameOrFile([*SHIPPED, *RESAMPLED]), default="srresnet", show_default=True, metavar="MODEL",
              help=options.join_names([*SHIPPED, "a FILE.npz of `train`", *RESAMPLED], {
                  "srresnet": "srresnet (nearest to the truth)", "srgan": "srgan (sharper)"}) + ".")
@_precision
@options.device
@options.jobs(".  [default: one for each core]")
@options.skip_bad
@options.as_json
def apply(source: str, out: str, model: str, precision: str, device: str, jobs: int | None, skip_bad: bool,
          as_json: bool) -> None:
    """Enlarge images four times: photos, folders, or a data set such as fer2013.csv.

    The generators that ship were trained to enlarge faces from 12 to 48 pixels. They enlarge FER2013's faces from 48 to 192
    pixels by what they learnt at a quarter of the size: edges become sharper, but no missing detail is recovered. An image may
    have a million pixels at most. Stopped at any moment, the same command goes on where it stopped.

    \b
    featfer superres apply fer2013.csv --out enlarged
    featfer superres apply photos --out enlarged --model srgan
    featfer superres apply face.png --out enlarged --model bicubic
    """
    from dataclasses import asdict

    from featfer.superres.applying import apply as run
    from featfer.superres.enlarging import Enlargement

    with report_on_stop(f"The images that are in {out} are kept; the same command makes the rest."):
        applied = run(source, out, Enlargement(model, precision, device), jobs, skip_bad)
    if as_json:
        printing.print_json(asdict(applied))
    else:
        existing = f", {count(applied.there, 'image was', 'images were')} there already" if applied.there else ""
        click.echo(f"Enlarged {count(applied.made, 'image')} into {out}{existing}.")
    for reason in applied.failed:
        click.echo(f"Error: {reason}", err=True)
    if applied.failed:
        raise click.exceptions.Exit(1)
