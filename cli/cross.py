"""featfer cross"""

import click
from featfer_cli import options, printing


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@options.store
@click.option("--clf", default="svm", show_default=True, help="Classifier, as for `featfer train`.")
@options.params_option("A parameter of the classifier; repeatable.")
@options.labels
@options.features
@options.views_option("--views", "Views of the training faces, separated by commas; they must have been extracted.")
@options.views_option("--tta", "Views over which predictions are averaged (test-time augmentation).")
@options.seed
@options.as_json
def cross(sources, store, clf, params, labels, views, tta, seed, as_json, **features):
    """Train on each of several data sets, test on all of them, and print the accuracies as a table.

    SOURCE is the name of a data set that was extracted into the store. The labels of a test set are mapped to those of the
    model; images whose label has no counterpart there are left out, and counted.

    \b
    featfer extract fer2013.csv --store store
    featfer extract affectnet --store store
    featfer cross fer2013.csv affectnet --store store --clf svm --labels fer7
    """
    from featfer.classifiers import check_classifier
    from featfer.errors import ParameterError
    from featfer.labels import find_labels
    from featfer.store.opening import open_table
    from featfer.training.classifier import combine_views
    from featfer.training.cross import as_markdown
    from featfer.training.cross import cross as run

    if len(set(sources)) < max(2, len(sources)):
        raise ParameterError(f"sources {', '.join(sources)}: name two or more different ones")
    check_classifier(clf, params)
    label_set = find_labels(labels) if labels else None
    chosen = options.FeatureOptions(**features).make(combine_views(views, tta))
    tables = [open_table(store, chosen, source) for source in sources]
    if label_set:
        tables = [table.relabel(label_set) for table in tables]
    pairs = run(tables, clf, params, seed, views, tta)
    if as_json:
        return printing.print_json(pairs)
    click.echo(as_markdown(pairs))
    for pair in pairs:
        if pair["left_out"]:
            printing.echo_line(f"{pair['tested']}: {pair['left_out']:,} images have no place among the labels of "
                               f"{pair['trained']}")
