"""featfer finetune"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from featfer_cli import options, printing
from featfer_cli.stopping import describe_kept_epochs, report_on_stop
from featfer_cli.values import FILE


@click.command()
@click.argument("source", type=FILE)
@options.out("FILE.npz", "Where the backbone goes; its card goes beside it (.json).", required=True)
@options.params_option("A value of the recipe, such as epochs=12, lr=5e-4 or frozen=1 (lower levels that are not trained); "
                       "repeatable.")
@options.align
@options.device
@options.overwrite
@options.labels
@click.option("--votes", type=FILE, metavar="FILE.csv",
              help="The votes of FER+ on the rows of fer2013.csv, which are learnt beside the labels.")
@options.choice("--stage", ["256x2x2", "256x4x4", "128x8x8", "64x17x17", "32x35x35"],
                "The last stage that the backbone keeps; the file is the smaller for it.")
@options.seed
@options.as_json
def finetune(source: str, out: str, params: dict[str, Any], align: str, device: str, labels: str | None,
             votes: str | None, stage: str, seed: int, overwrite: bool, as_json: bool) -> None:
    """Fine-tune dlib's face network for expressions; the result is a backbone for the stage features.

    An epoch takes about 4 minutes on one core. Stopped at any moment, the same command goes on after the last complete epoch.

    \b
    featfer finetune fer2013.csv --out backbone.npz
    featfer extract fer2013.csv --store store --features stage:256x2x2 --network backbone.npz
    featfer train --clf svm --store store --features stage:256x2x2 --network backbone.npz --out svm.joblib
    """
    from featfer.finetuning import finetune as run
    from featfer.finetuning import make_recipe

    recipe = make_recipe(**{"seed": seed} | params)
    with report_on_stop(describe_kept_epochs, Path(out).with_suffix(".checkpoint")):
        card = run(source, out, recipe, align, device, options.command_line(), labels, overwrite, votes, stage)
    if as_json:
        return printing.print_json(card)
    for epoch in card["history"]:
        val = f", val {epoch['val']:.2%}, without copies {epoch['val_without_copies']:.2%}" if "val" in epoch else ""
        click.echo(f"epoch {epoch['epoch']}: loss {epoch['loss']:.3f}{val}")
    click.echo(f"Wrote {out}")
