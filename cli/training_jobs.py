"""The three jobs of `featfer train`: a classifier, a network, a regressor of valence and arousal."""

from dataclasses import replace

from featfer_cli import options
from featfer_cli.stopping import NOTHING, epochs_kept, keeping


def train_classifier(clf, training, faces, objective, features):
    """Train a classifier on features, and keep it."""
    from featfer.classifiers import check_classifier
    from featfer.training.classifier import train

    check_classifier(clf, training.params)
    out = training.check_out()
    table = _open(training, faces, features)
    with keeping(NOTHING):
        recognizer, card = train(table, clf, views=faces.views, tta=faces.tta, limit=faces.limit, **training.settings(),
                                 **objective.settings())
        training.keep(recognizer, card, clf)
    _checkpoint_of(out).unlink(missing_ok=True)


def train_network(cnn, training, faces, network, features):
    """Train a network on crops, which are its features unless others stand on the line, and keep it."""
    from featfer.training.cnn import check_network, train_cnn

    check_network(cnn, network.recipe, training.params, features.device)
    out = training.check_out()
    table = _open(training, faces, features if options.is_given("names") else replace(features, names="crop"))
    checkpoint = _checkpoint_of(out)
    with keeping(epochs_kept, checkpoint):
        recognizer, card = train_cnn(
            table, cnn, network.recipe, weights=network.weights, device=features.device, tta=faces.tta, limit=faces.limit,
            others=_open_others(training, network.recipe, features), checkpoint=checkpoint, log=network.log,
            **training.settings())
        training.keep(recognizer, card, cnn)
    checkpoint.unlink(missing_ok=True)


def train_affect(regressor, training, proxy, features):
    """Train a regressor of valence and arousal on features, and keep it."""
    from featfer.affect import check_regressor
    from featfer.affect.training import train_affect
    from featfer.store.opening import open_table

    training.check_out()
    check_regressor(regressor, training.params)
    table = open_table(training.store, features.make(), training.source)
    with keeping(NOTHING):
        recognizer, card = train_affect(table, regressor, proxy=proxy, **training.settings())
        training.keep(recognizer, card, regressor)


def _open(training, faces, features):
    """Return the FeatureTable to learn expressions from, in the labels asked for."""
    from featfer.labels import find_labels
    from featfer.store.opening import open_table
    from featfer.training.classifier import combine_views

    label_set = find_labels(faces.labels) if faces.labels else None
    table = open_table(training.store, features.make(combine_views(faces.views, faces.tta)), training.source)
    return table.relabel(label_set) if label_set else table


def _open_others(training, recipe, features):
    """Return the FeatureTables that steps of a recipe are trained on besides, by what they look at: (features, superres)."""
    from featfer.cnn import load_recipe
    from featfer.store.opening import open_table

    tables = {}
    for names, superres in load_recipe(recipe).looks:
        chosen = replace(features, names=names, superres=superres or features.superres)
        tables[names, superres] = open_table(training.store, chosen.make(), training.source)
    return tables


def _checkpoint_of(out):
    """Return where a network's training keeps what it needs to go on."""
    return out.with_suffix(".checkpoint")
