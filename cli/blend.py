"""featfer blend"""

from __future__ import annotations

from functools import partial
from typing import Any

import click
from featfer_cli import files, options
from featfer_cli.training_options import USE, UseOptions


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...", type=options.model_type)
@options.stores
@options.choice("--how", ["vote", "stack"], "vote: mean of probabilities; stack: a classifier on them.")
@click.option("--weight", "weights", type=float, multiple=True, metavar="W",
              help="Weight of a model in the vote; repeat it for each model, in order.")
@options.out("FILE.joblib", "Where the bundle goes; its card goes beside it (.json).", required=True)
@options.overwrite
@options.score_test
@options.source
@options.labels
@USE
@options.no_verify
@options.device
@options.as_json
def blend(models: tuple[str, ...], stores: tuple[str, ...], how: str, weights: tuple[float, ...], out: str, overwrite: bool,
          score_test: bool, source: str | None, labels: str | None, no_verify: bool, device: str, as_json: bool,
          **use: Any) -> None:
    """Combine trained models into one, and print its accuracy on val.

    A stack is fitted on val; its figures on val come from cross-validation, so from faces that it was not fitted on.

    \b
    featfer blend svm.joblib mlp.joblib --store store --out blend.joblib
    featfer blend svm.joblib rf.joblib mlp.joblib --store store --how stack --out stack.joblib
    featfer blend svm.joblib mlp.joblib --store store --prior uniform --novelty --grey --out photos.joblib
    """
    from featfer.store.opening import open_matching
    from featfer.training.blend import blend as run

    bundle = files.check_bundle(out, overwrite)
    loaded = files.load_models(models, labels, no_verify, device)
    recognizer, card = run(loaded, partial(open_matching, stores, source=source), how, weights or None, score_test,
                           options.command_line(), **options.fill(UseOptions, use).settings())
    names = ", ".join(member["name"] for member in card["members"])
    files.save_and_print(recognizer, card, bundle, f"Blended {names} by {how}", as_json)
