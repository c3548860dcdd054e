"""featfer tune"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click
from featfer_cli import feature_options, options
from featfer_cli.leaderboard import print_leaderboard
from featfer_cli.stopping import report_on_stop
from featfer_cli.train import train
from featfer_cli.values import FILE, Choice

from featfer.classifiers import CLASSIFIERS

if TYPE_CHECKING:
    from featfer.tuning.spaces import Choices, Range


def parse_vary(context: Any, option: Any, words: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Turn the words of --vary into spaces; the callback of the option.

    Parameters
    ----------
    context, option
        Of click.
    words : tuple of str
        Such as "svm.C=1:100:log" or "svm.pca=none,64".

    Returns
    -------
    dict
        {classifier: {parameter: Range or Choices}}

    Raises
    ------
    click.BadParameter
    """
    vary: dict[str, dict[str, Any]] = {}
    for word in words:
        target, equals, text = word.partition("=")
        clf, dot, name = target.rpartition(".")
        if not (clf and dot and name.isidentifier() and equals and text):
            raise click.BadParameter(f"{word!r} is not of the form CLF.PARAM=LOW:HIGH[:log] or CLF.PARAM=a,b,c")
        vary.setdefault(clf, {})[name] = _range(word, text) if ":" in text else _choices(word, text)
    return vary


def _range(word: str, text: str) -> Range:
    from featfer.errors import ParameterError
    from featfer.tuning.spaces import Range
    low, high, *rest = text.split(":")
    ends = options.parse_value(low), options.parse_value(high)
    if rest not in ([], ["log"]) or any(type(end) not in (int, float) for end in ends):
        raise click.BadParameter(f"{word!r}: a range is LOW:HIGH or LOW:HIGH:log, of two numbers")
    try:
        return Range(ends[0], ends[1], log=bool(rest))
    except ParameterError as error:
        raise click.BadParameter(f"{word!r}: {error}") from None


def _choices(word: str, text: str) -> Choices:
    from featfer.tuning.spaces import Choices
    values = tuple(options.parse_value(part) for part in text.split(","))
    if "" in values or any(isinstance(value, (tuple, list, dict, set, bytes)) for value in values):
        raise click.BadParameter(f"{word!r}: choices are numbers, words, true, false or none, with commas")
    return Choices(values)


@click.command()
@options.store
@feature_options.feature_sets
@click.option("--clf", "clfs", type=Choice(CLASSIFIERS), multiple=True, required=True, metavar="NAME",
              help="Classifier; repeatable, each is a candidate.")
@click.option("--study", type=FILE, required=True, metavar="FILE",
              help="File in which all trials are kept; the same command continues it.")
@click.option("--trials", default=40, show_default=True, type=click.IntRange(min=1), metavar="N",
              help="Number of trials that the study has at the end.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="MINUTES",
              help="Start no trial after this time.")
@click.option("--vary", multiple=True, callback=parse_vary, metavar="CLF.PARAM=...",
              help="The range or choices of a parameter: LOW:HIGH, LOW:HIGH:log or a,b,c; repeatable.")
@options.labels
@options.seed
@options.source
@options.as_json
def tune(store: str, clfs: tuple[str, ...], study: str, trials: int, timeout: float | None, vary: dict[str, Any],
         labels: str | None, seed: int, source: str | None, as_json: bool, **features: Any) -> None:
    """Search for the features, classifier and parameters that are most accurate on val.

    Accuracy is measured on the images of val that have no duplicate in train; test is not used. Stopped at any moment, the
    same command goes on where it stopped, until the study has the number of trials. Prints the leaderboard, and the `featfer
    train` command for the best trial.

    \b
    featfer tune --store store --features embedding --features stage:128x8x8 --clf svm --clf mlp --study tune.db
    featfer tune --store fer2013 --clf svm --study svm.db --trials 20 --vary svm.C=1:100:log --vary svm.pca=none,64
    """
    from featfer.tuning.search import Search
    from featfer.tuning.search import tune as run
    from featfer.tuning.spaces import select_spaces

    given = options.repeat_given(train, {"names", "as_json"})
    chosen = feature_options.FeatureOptions(**features).make_sets()
    search = Search(store, chosen, select_spaces(clfs, vary), source, seed, given, labels)
    with report_on_stop(f"The trials that ended are kept in {study}; the same command goes on."):
        board = run(search, study, trials, timeout)
    print_leaderboard(board, as_json)
