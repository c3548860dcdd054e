"""featfer cross"""

from __future__ import annotations

from typing import Any

import click
from featfer_cli import feature_options, files, layout, options, outside_options, printing
from featfer_cli.stopping import NOTHING, report_on_stop
from featfer_cli.values import FILE

from featfer.classifiers import CLASSIFIERS
from featfer.utils.words import count

TRAINING = {"store": "--store", "clf": "--clf", "params": "--param", "views": "--views", "tta": "--tta", "names": "--features",
            "align": "--align", "network": "--network", "backend": "--backend", "precision": "--precision",
            "superres": "--superres"}
SCORING = {"shares": "--shares", "classes": "--classes", "draws": "--bootstrap", "no_face": "--no-face", "codes": "--codes",
           "detector": "--detector", "no_verify": "--no-verify", "table": "--csv", "out": "--out"}


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", type=FILE)
@click.option("-m", "--model", "models", multiple=True, type=options.model_type, metavar="MODEL",
              help="Score this bundle, or model that ships, on the pictures; repeatable: the first is compared with each "
                   "other.")
@click.option("--shares", type=FILE, metavar="SHARES", help="The share of each class where the models are to be used, such as "
              "neutral=50,happy=42,sad=8; or a .toml or .json file.")
@outside_options.scoring
@click.option("--csv", "table", type=FILE, metavar="FILE.csv", help="Write what was predicted for each picture.")
@options.out("FILE.md", "Write a page; its pictures go into a folder beside it.")
@outside_options.answering
@click.option("--store", type=FILE, metavar="PATH", help="Train instead: folder of the feature store, or a table (.npz).")
@options.choice("--clf", CLASSIFIERS, "Classifier to train, as for `featfer train`.", metavar="NAME")
@options.params_option("A parameter of the classifier; repeatable.")
@feature_options.features
@options.views_option("--views", "Views of the training faces, separated by commas; they must have been extracted.")
@options.views_option("--tta", "Views over which predictions are averaged (test-time augmentation).")
@options.seed
@options.as_json
def cross(sources: tuple[str, ...], models: tuple[str, ...], **given: Any) -> None:
    """Score models on data sets that they were not trained on.

    With --model: score finished models on labelled pictures (class folders, a csv of path and label, or what else `featfer
    extract` reads); no store is needed. With --store: train on each of several data sets that were extracted into the store,
    test on all of them, and print the accuracies as a table.

    The labels of the pictures are mapped to those of the model; those that have no place there are left out, and counted.

    \b
    featfer cross photos.csv --model photos --model svm.joblib
    featfer cross photos.csv --model photos --shares neutral=50,happy=42,sad=8 --classes neutral,happy,sad --out page.md
    featfer cross fer2013.csv affectnet --store store --clf svm --labels fer7
    """
    from featfer.errors import ParameterError

    if not models and given["store"] is None:
        raise ParameterError("give --model FILE to score a finished model, or --store PATH to train on each source")
    if wrong := [word for name, word in (TRAINING if models else SCORING).items() if options.is_given(name)]:
        mode = "with --model nothing is trained" if models else "they are for finished models, which --model names"
        raise ParameterError(f"{', '.join(wrong)}: {mode}")
    return _score(sources, models, given) if models else _train_and_test(sources, given)


def _score(sources: tuple[str, ...], models: tuple[str, ...], given: dict[str, Any]) -> None:
    from featfer.evaluation.answer_tables import write_answers
    from featfer.evaluation.answering import find_common_labels
    from featfer.evaluation.outside import score_outside
    from featfer.reports.outside import check_page, write_page
    from featfer.shares import read_shares
    from featfer.utils.outputs import ANSWERS

    if given["out"]:
        check_page(given["out"], len(sources))
    if given["table"]:
        files.check_output(given["table"], ANSWERS)
    loaded = outside_options.load_models(models, given["labels"], given["no_verify"], given["device"])
    shares = read_shares(given["shares"], find_common_labels(loaded)) if given["shares"] else None
    with report_on_stop(NOTHING):
        scored = [outside_options.answer(source, loaded, given) for source in sources]
        results = [score_outside(*of, given["classes"], shares, given["draws"], given["seed"]) for of in scored]
    if given["table"]:
        write_answers(given["table"], scored)
    if given["out"]:
        write_page(results, given["out"], options.command_line())
    return printing.print_json(results) if given["as_json"] else _print_results(results, given)


def _print_results(results: list[dict[str, Any]], given: dict[str, Any]) -> None:
    from featfer.reports.outside import describe_scoring, format_figures, format_pairs, format_recalls
    for result in results:
        layout.echo_wrapped(f"{result['source']}: {' '.join(describe_scoring(result))}")
        for table in filter(None, (format_figures(result), format_recalls(result), format_pairs(result))):
            click.echo("")
            layout.echo_table(table)
    for path in filter(None, (given["table"], given["out"])):
        printing.echo_line(f"Wrote {path}")


def _train_and_test(sources: tuple[str, ...], given: dict[str, Any]) -> None:
    from featfer.classifiers import check_classifier
    from featfer.errors import ParameterError
    from featfer.labels import find_labels
    from featfer.store.opening import open_table
    from featfer.training.cross import as_markdown, cross
    from featfer.training.views import combine_views

    if len(set(sources)) < max(2, len(sources)):
        raise ParameterError(f"sources {', '.join(sources)}: name two or more different ones")
    clf, params, views, tta = (given[name] for name in ("clf", "params", "views", "tta"))
    check_classifier(clf, params)
    label_set = find_labels(given["labels"]) if given["labels"] else None
    chosen = options.fill(feature_options.FeatureOptions, given).make(combine_views(views, tta))
    tables = [open_table(given["store"], chosen, source) for source in sources]
    if label_set:
        tables = [table.relabel(label_set) for table in tables]
    pairs = cross(tables, clf, params, given["seed"], views, tta)
    if given["as_json"]:
        return printing.print_json(pairs)
    layout.echo_table(as_markdown(pairs))
    for pair in pairs:
        if pair["left_out"]:
            printing.echo_line(f"{pair['tested']}: {count(pair['left_out'], 'image has', 'images have')} no place among the "
                               f"labels of {pair['trained']}")
