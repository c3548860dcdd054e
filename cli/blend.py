"""featfer blend"""

import click
from featfer_cli import files, options


@click.command()
@click.argument("models", nargs=-1, required=True)
@click.option("--store", "stores", required=True, multiple=True, metavar="PATH",
              help="Feature store, table (.npz), or fer2013; repeatable: each model takes the first that has its features.")
@click.option("--how", default="vote", show_default=True, help="vote: mean of probabilities; stack: a classifier on them.")
@click.option("--weight", "weights", type=float, multiple=True, metavar="W", help="Of a model in the vote; one for each.")
@click.option("--out", required=True, metavar="FILE.joblib", help="Where the bundle goes; its card goes beside it (.json).")
@options.overwrite
@click.option("--score-test", is_flag=True, help="Score the test split too, into the card. Choose models on val; do this once.")
@options.source
@options.labels
@options.no_verify
@options.as_json
def blend(models, stores, how, weights, out, overwrite, score_test, source, labels, no_verify, as_json):
    """Blend trained models into one; prints its accuracy on val.

    A stack is fitted on val, and its figures on val are of faces that it was not fitted on.

    \b
    featfer blend svm.joblib mlp.joblib --store store --out blend.joblib
    featfer blend svm.joblib rf.joblib mlp.joblib --store store --how stack --out stack.joblib
    """
    from featfer.store.opening import open_matching
    from featfer.training.blend import blend as run

    out = files.check_bundle(out, overwrite)
    loaded = files.loaded(models, labels, no_verify)
    recognizer, card = run(loaded, lambda recognizer: open_matching(stores, recognizer, source), how, weights or None,
                           score_test, options.command_line())
    files.keep(recognizer, card, out, f"Blended {', '.join(member['name'] for member in card['members'])} by {how}", as_json)
