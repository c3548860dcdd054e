"""featfer train"""

import functools

import click
from featfer_cli import options
from featfer_cli.stopping import NOTHING, epochs_kept, keeping

ONE_OF = "give one of --clf NAME, --cnn NAME and --affect NAME"
NOT_FOR_AFFECT = ("recipe", "weights", "log", "labels", "limit", "views", "tta", "balance", "soft", "coarse_to_fine",
                  "calibrate")


def parse_params(context, option, values):
    """Turn k=v words into a dict; numbers, true, false and none become what they are."""
    params = {}
    for word in values:
        name, equals, value = word.partition("=")
        if not (name.isidentifier() and equals):
            raise click.BadParameter(f"{word!r} is not of the form name=value")
        params[name] = options.value_of(value)
    return params


def _learning(command):
    """Add to a command the options of what a classifier learns; it gets `learning`, a function that returns them as parameters
    of featfer.training.classifier.train, and refuses them for a network."""
    @click.option("--balance", type=click.Choice(["weights", "sampling"]),
                  help="Let every expression count alike: by weights of its faces, or by drawing those of rare ones again.")
    @click.option("--soft", is_flag=True, help="Learn how raters' votes are shared, where the source has votes.")
    @click.option("--coarse-to-fine", is_flag=True, help="Tell positive, neutral and negative apart, then the expressions.")
    @click.option("--calibrate", type=click.Choice(["temperature", "sigmoid", "none"]), default="temperature",
                  show_default=True, help="How probabilities are set right on val.")
    @functools.wraps(command)
    def with_learning(balance, soft, coarse_to_fine, calibrate, **given):
        def learning():
            from featfer.classifiers import Objective
            return {"objective": Objective(balance, soft, coarse_to_fine), "calibrate": calibrate}
        if given["cnn"] and any(map(options.is_given, ("balance", "soft", "coarse_to_fine", "calibrate"))):
            raise click.UsageError("--balance, --soft, --coarse-to-fine and --calibrate are for --clf; for a network, a recipe "
                                   "with weighted = true lets every expression count alike")
        return command(learning=learning, **given)
    return with_learning


def _affect(command):
    """Add to a command the options of training on valence and arousal, which is then done in its place."""
    @click.option("--affect", metavar="NAME", help="Or a regressor of valence and arousal: ridge, svr or mlp.")
    @click.option("--proxy", type=click.Choice(["votes"]),
                  help="What a regressor learns where there are no ratings: a coarse valence made of raters' votes.")
    @functools.wraps(command)
    def with_affect(affect, proxy, **given):
        if affect is None:
            if proxy:
                raise click.UsageError("--proxy is for --affect")
            return command(**given)
        if given["clf"] or given["cnn"]:
            raise click.UsageError(ONE_OF)
        if others := [f"--{name.replace('_', '-')}" for name in NOT_FOR_AFFECT if options.is_given(name)]:
            raise click.UsageError(f"{', '.join(others)}: not for --affect, which learns numbers from faces as they are")
        wanted = ("store", "out", "params", "seed", "score_test", "overwrite", "features", "source", "as_json")
        _train_affect(affect, proxy, **{name: given[name] for name in wanted})
    return with_affect


def _train_affect(affect, proxy, store, out, params, seed, score_test, overwrite, features, source, as_json):
    from featfer.affect.regressors import check_regressor
    from featfer.affect.training import train_affect
    from featfer.store.opening import open_table

    out = options.check_bundle(out, overwrite)
    check_regressor(affect, params)
    table = open_table(store, features(), source)
    with keeping(NOTHING):
        recognizer, card = train_affect(table, affect, params, seed, score_test, options.command_line(), proxy)
        options.keep(recognizer, card, out, f"Trained {affect} on {card['data']['rows']:,} faces", as_json)


@click.command()
@click.option("--clf", metavar="NAME",
              help="Classifier: svm, rf, mlp, linear-svm, logistic, nystroem, knn, lda, boosting or local-svm.")
@click.option("--cnn", metavar="NAME", help="Or a network, on crops: residual, blocks15, groups9, widening, "
                                            "deep-minus-shallow, resnet18 and others.")
@options.store
@click.option("--out", required=True, metavar="FILE.joblib", help="Where the bundle goes; its card goes beside it (.json).")
@click.option("--param", "params", multiple=True, callback=parse_params, metavar="K=V",
              help="Of the classifier, or of the network and its recipe; repeatable.")
@click.option("--recipe", default="one-cycle", show_default=True, metavar="NAME",
              help="How a network is trained: adversarial, adversarial-long, adversarial-short, augmented, four-steps, "
                   "growing, one-cycle, plain, sgd-decay, short, or a TOML file.")
@click.option("--weights", metavar="FILE", help="What a network of torchvision starts from: a file, or imagenet, which "
                                                   "torchvision downloads.")
@click.option("--log", metavar="DIR", help="Where TensorBoard finds a network's curves and graph.")
@options.labels
@options.seed
@options.overwrite
@click.option("--score-test", is_flag=True, help="Score the test split too, into the card. Choose models on val; do this once.")
@options.features
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Train on so many faces, drawn at random.")
@options.views("--views", "Of the training faces, with commas; each is a row: plain, flip, turn:8 and so on, as extracted.")
@options.views("--tta", "Views that predictions are averaged over (test-time augmentation).")
@_learning
@options.source
@options.as_json
@_affect
def train(clf, cnn, store, out, params, recipe, weights, log, labels, seed, overwrite, score_test, limit, features, views, tta,
          learning, source, as_json):
    """Train a recognizer on a store's training split; prints its accuracy on val.

    \b
    featfer train --clf svm --store store --out svm.joblib
    featfer train --clf mlp --store fer2013 --out mlp.joblib --param hidden=512 --param epochs=30
    featfer train --clf svm --store store --out svm.joblib --features stage:128x8x8 --views plain,flip --tta plain,flip
    featfer train --clf mlp --store fer2013 --out balanced.joblib --balance weights
    featfer train --clf svm --store fer2013 --out coarse.joblib --coarse-to-fine
    featfer train --cnn groups9 --store store --out groups9.joblib --param epochs=12
    featfer train --affect ridge --store store --out affect.joblib

    A network's training goes on from its last whole epoch when it is started again after a stop, a classifier's begins anew. A
    model that took more than ten minutes to make is replaced with --overwrite only.
    """
    from featfer.labels import find_labels
    from featfer.store.opening import open_table
    from featfer.training.classifier import stacked_views

    _check(clf, cnn, recipe, params)
    out = options.check_bundle(out, overwrite)
    label_set = find_labels(labels) if labels else None
    crops = "crop" if cnn and not options.is_given("names") else None
    table = open_table(store, features(stacked_views(views, tta), crops), source)
    if label_set:
        table = table.labelled(label_set)
    common = {"params": params, "seed": seed, "score_test": score_test, "command": options.command_line(), "tta": tta,
              "limit": limit}
    with keeping(NOTHING if clf else functools.partial(epochs_kept, checkpoint_of(out))):
        if clf:
            from featfer.training.classifier import train as train_classifier
            recognizer, card = train_classifier(table, clf, views=views, **learning(), **common)
        else:
            from featfer.training.cnn import open_others, train_cnn
            recognizer, card = train_cnn(
                table, cnn, recipe, weights=weights, device=options.device(), log=log, checkpoint=checkpoint_of(out),
                others=open_others(recipe, lambda *look: open_table(store, features(["plain"], *look), source)), **common)
        options.keep(recognizer, card, out, f"Trained {clf or cnn} on {card['data']['rows']:,} faces", as_json)
    checkpoint_of(out).unlink(missing_ok=True)


def _check(clf, cnn, recipe, params):
    """Raise the errors of what cannot be trained whatever the data, which may take long to load."""
    if (clf is None) == (cnn is None):
        raise click.UsageError(ONE_OF)
    if clf:
        from featfer.classifiers import check_classifier
        check_classifier(clf, params)
    else:
        from featfer.training.cnn import check_network
        check_network(cnn, recipe, params, options.device())


def checkpoint_of(out):
    """Return where a network's training keeps what it needs to go on."""
    return out.with_suffix(".checkpoint")
