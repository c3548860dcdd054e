"""featfer evaluate"""

from __future__ import annotations

import click
from featfer_cli import layout, options, printing
from featfer_cli.values import NameOrFile


@click.command()
@click.argument("model", type=options.model_type)
@options.store
@options.choice("--split", ["train", "val", "test"], "The split to score: train, val or test.", default="test")
@click.option("--dedup", type=NameOrFile(["exact"]), is_flag=False, flag_value="exact", metavar="[exact|FILE]",
              help="Leave out images that are exact duplicates of a training image; with FILE, the copies.csv of `featfer "
                   "data --out`, near duplicates too.")
@options.source
@options.labels
@options.estimable_prior
@options.no_verify
@options.device
@options.as_json
def evaluate(model: str, store: str, split: str, dedup: str | None, source: str | None, labels: str | None, prior: str | None,
             no_verify: bool, device: str, as_json: bool) -> None:
    """Score a model on a split: accuracy, and precision, recall, F1 and support of each class.

    MODEL is the file of a bundle, or the name of a model that ships with featfer, such as svm, rf or mlp.

    \b
    featfer evaluate svm.joblib --store store
    featfer evaluate svm --store fer2013 --split val --json
    featfer evaluate svm --store fer2013 --dedup
    featfer evaluate svm --store fer2013 --labels fer6
    featfer evaluate svm --store fer2013 --prior estimate
    """
    from featfer.bundle.persist import load_recognizer
    from featfer.datasets.duplicates import drop_duplicates
    from featfer.evaluation.scoring import assume_estimated_prior
    from featfer.evaluation.scoring import evaluate as run
    from featfer.recognizer import ESTIMATE
    from featfer.store.opening import open_table

    is_estimated = prior == ESTIMATE
    recognizer = load_recognizer(model, not no_verify, labels, None if is_estimated else prior, device)
    table = open_table(store, recognizer.features, source)
    table = drop_duplicates(table, split, dedup) if dedup else table
    if is_estimated:
        recognizer = assume_estimated_prior(recognizer, table, split)
        printing.echo_note(f"estimated shares: {printing.describe_shares(recognizer.prior or {})}")
    result = run(recognizer, table, split)
    if as_json:
        return printing.print_json(result)
    layout.echo_wrapped(printing.describe_figures(result))
    rows = {**result["classes"], "macro": result["macro"], "weighted": result["weighted"]}
    width = max(12, 2 + max(map(len, rows)))
    click.echo(f"\n{'':{width}}precision  recall      F1  support")
    for name, row in rows.items():
        figures = (f"{row[metric]:.2%}" if row["support"] else "-" for metric in ("precision", "recall", "f1-score"))
        printing.echo_line(f"{name:{width}}" + "{:>9}{:>8}{:>8}".format(*figures) + f"{row['support']:9,.0f}")
