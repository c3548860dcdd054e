"""featfer train"""

import click
from featfer_cli import options


def parse_params(context, option, values):
    """Turn k=v words into a dict; numbers, true, false and none become what they are."""
    params = {}
    for word in values:
        name, equals, value = word.partition("=")
        if not (name.isidentifier() and equals):
            raise click.BadParameter(f"{word!r} is not of the form name=value")
        params[name] = options.value_of(value)
    return params


@click.command()
@click.option("--clf", required=True, metavar="NAME",
              help="Classifier: svm, rf, mlp, linear-svm, logistic, nystroem, knn, lda, boosting or local-svm.")
@options.store
@click.option("--out", required=True, metavar="FILE.joblib", help="Where the bundle goes; its card goes beside it (.json).")
@click.option("--param", "params", multiple=True, callback=parse_params, metavar="K=V", help="Of the classifier; repeatable.")
@options.seed
@click.option("--score-test", is_flag=True, help="Score the test split too, into the card. Choose models on val; do this once.")
@options.features
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Train on so many faces, drawn at random.")
@options.views("--views", "Of the training faces, with commas; each is a row: plain, flip, turn:8 and so on, as extracted.")
@options.views("--tta", "Views that predictions are averaged over (test-time augmentation).")
@options.source
@options.as_json
def train(clf, store, out, params, seed, score_test, limit, features, views, tta, source, as_json):
    """Train a recognizer on a store's training split; prints its accuracy on val.

    \b
    featfer train --clf svm --store store --out svm.joblib
    featfer train --clf mlp --store fer2013 --out mlp.joblib --param hidden=512 --param epochs=30
    featfer train --clf svm --store store --out svm.joblib --features stage:128x8x8 --views plain,flip --tta plain,flip
    """
    from featfer.bundle import bundle_path, save
    from featfer.training import open_table, side_by_side
    from featfer.training import train as run

    out = bundle_path(out)
    table = open_table(store, features(side_by_side(views, tta)), source)
    recognizer, card = run(table, clf, params, seed, score_test, options.command_line(), views, tta, limit)
    card = save(recognizer, out, card)
    if as_json:
        return options.print_json(card)
    click.echo(f"Trained {clf} on {card['data']['rows']:,} faces in {card['seconds']:.1f} s: "
               f"{out} ({card['bytes'] / 1e6:.1f} MB)")
    for result in card["figures"].values():
        click.echo(options.describe(result))
