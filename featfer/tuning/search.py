"""Search over features, classifiers and their parameters, chosen on val."""

from __future__ import annotations

import functools
import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.classifiers import check_classifier
from featfer.errors import ParameterError, StoreError
from featfer.labels import find_labels
from featfer.store.opening import open_table
from featfer.training.classifier import require_labels, train
from featfer.tuning.spaces import Space
from featfer.tuning.study import import_optuna, is_complete, list_finished, make_leaderboard, open_study
from featfer.utils.progress import bar

if TYPE_CHECKING:
    import optuna

    from featfer.features.base import Feature
    from featfer.store.table import FeatureTable
    from featfer.typing import Path

OBJECTIVE = "accuracy on the images of val that have no copy in train"
TABLES_HELD = 2  # tables in memory: one of a stage takes half a gigabyte
MOST_REPEATS = 100  # repeats in a row after which everything has been tried


@dataclass(frozen=True)
class Search:
    """What to search, and on which data.

    Parameters
    ----------
    store : str
        As for `featfer.store.opening.open_table`.
    features : dict of str to list of Feature
        The candidates, by the words that name them on the command line.
    spaces : dict
        {classifier: {parameter: space}}, from `featfer.tuning.spaces.select_spaces`.
    source : str, optional
        The data set, in a store with several.
    seed : int
        Of the search and of every training.
    options : tuple of str
        Further options of the `featfer train` command that trains a setting again.
    labels : str, optional
        The label set to learn, as for `featfer.labels.find_labels`; by default the data set's own.
    """

    store: str
    features: dict[str, list[Feature]]
    spaces: dict[str, dict[str, Space]]
    source: str | None = None
    seed: int = 0
    options: tuple[str, ...] = ()
    labels: str | None = None

    def table(self, words: str) -> FeatureTable:
        """Open the train and val rows of a candidate; the search never sees test.

        Parameters
        ----------
        words : str
            A key of `features`.

        Returns
        -------
        FeatureTable
        """
        table = open_table(self.store, self.features[words], self.source)
        table = table.relabel(find_labels(self.labels)) if self.labels else table
        return table.rows(np.isin(table.splits, ("train", "val")))

    def suggest(self, trial: optuna.Trial, most: dict[str, int]) -> dict[str, Any]:
        """Let an optuna trial choose a setting.

        Parameters
        ----------
        trial : optuna.Trial
        most : dict of str to int
            The most principal components of each candidate.

        Returns
        -------
        dict
            features, classifier and params, as plain data.
        """
        words = trial.suggest_categorical("features", sorted(self.features))
        clf = trial.suggest_categorical("classifier", list(self.spaces))
        params = {name: space.suggest(trial, f"{clf}.{name}", most[words]) for name, space in self.spaces[clf].items()}
        return {"features": words, "classifier": clf, "params": params}


def tune(search: Search, path: Path, trials: int, minutes: float | None = None) -> dict[str, Any]:
    """Run a search, or continue it, until it has some number of trials.

    No setting is tried twice. One that cannot be trained counts as a trial. The search ends early when none is left.

    Parameters
    ----------
    search : Search
    path : path
        File of the study, which keeps every trial.
    trials : int
        Total number of trials, those before included.
    minutes : float, optional
        Start no trial after that time.

    Returns
    -------
    dict
        As from `featfer.tuning.study.leaderboard`.

    Raises
    ------
    StudyError, StoreError, ParameterError
        For a study of another search; for missing features or val; for an unknown parameter.

    Notes
    -----
    Settings are chosen by the tree-structured Parzen estimator (Bergstra et al. 2011).
    """
    import_optuna()
    for clf, space in search.spaces.items():
        check_classifier(clf, {name: values.first for name, values in space.items()})
    open_cached = functools.lru_cache(TABLES_HELD)(search.table)
    tables = {words: _describe_table(open_cached(words)) for words in search.features}
    most = {words: table["most"] for words, table in tables.items()}
    with open_study(path, _identify(search, tables)) as study:
        if study.user_attrs.get("options") != list(search.options):
            study.set_user_attr("options", list(search.options))
        _run_trials(study, functools.partial(_run_trial, study, search, open_cached, most), trials, minutes)
        return make_leaderboard(study, path)


def _describe_table(table: FeatureTable) -> dict[str, Any]:
    """Return what the search needs to know of a table; raise StoreError when nothing can be chosen on it."""
    train_rows, val = require_labels(table).split("train"), table.split("val")
    if table.find_train_duplicates(val).all():
        raise StoreError(f"{table.source}: every image of val is in train too; there is nothing to choose on")
    rows = "\n".join(map(str, zip(table.ids, table.labels.tolist(), table.splits, table.groups.tolist(), table.status,
                                  strict=True)))
    return {"source": table.source, "rows": hashlib.sha256(rows.encode()).hexdigest(),
            "fingerprints": table.fingerprints, "most": min(len(train_rows), table.features.shape[1])}


def _identify(search: Search, tables: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what identifies a study, as plain data: only an equal search may continue it."""
    spaces = {clf: {name: {"kind": type(space).__name__, **asdict(space)} for name, space in parameters.items()}
              for clf, parameters in search.spaces.items()}
    source, *_ = [table["source"] for table in tables.values()]
    return {"objective": OBJECTIVE, "source": source, "rows": sorted({table["rows"] for table in tables.values()}),
            "features": {words: table["fingerprints"] for words, table in tables.items()}, "spaces": spaces,
            "seed": search.seed}


def _run_trials(study: optuna.Study, run_trial: Callable[[], bool], trials: int, minutes: float | None) -> None:
    end = math.inf if minutes is None else time.monotonic() + 60 * minutes
    done, repeats = len(list_finished(study)), 0
    with bar(total=trials, initial=min(done, trials), desc="tuning", unit=" trials") as shown:
        while done < trials and repeats < MOST_REPEATS and time.monotonic() < end:
            is_new = run_trial()
            repeats = 0 if is_new else repeats + 1
            done += is_new
            shown.update(is_new)
            values = [trial.value for trial in list_finished(study) if trial.value is not None]
            shown.set_postfix_str(f"best {max(values):.2%}" if values else "")


def _run_trial(study: optuna.Study, search: Search, open_table_of: Callable[[str], FeatureTable], most: dict[str, int]) -> bool:
    """Train and score the next setting; return whether it was a new one."""
    from optuna.trial import TrialState

    study.sampler = _make_sampler(study, search.seed)
    trial = study.ask()
    setting = search.suggest(trial, most)
    if setting in [other.user_attrs["setting"] for other in list_finished(study)]:
        trial.set_user_attr("repeats", True)
        study.tell(trial, state=TrialState.FAIL)
        return False
    trial.set_user_attr("setting", setting)
    try:
        _, card = train(open_table_of(setting["features"]), setting["classifier"], setting["params"], search.seed)
    except ParameterError as error:
        trial.set_user_attr("result", {"reason": str(error)})
        study.tell(trial, state=TrialState.FAIL)
        return True
    figures = card["figures"]["val"]
    value = figures["copies"]["accuracy_without"]
    trial.set_user_attr("result", {"accuracy_without_copies": value, "accuracy": figures["accuracy"],
                                   "seconds": card["seconds"]})
    study.tell(trial, value)
    return True


def _make_sampler(study: optuna.Study, seed: int) -> optuna.samplers.BaseSampler:
    """Return the sampler of the next trial, seeded by the number of complete trials: a resumed search chooses the same."""
    from optuna.samplers import TPESampler

    before = sum(map(is_complete, study.get_trials(deepcopy=False)))
    return TPESampler(seed=int(np.random.SeedSequence([seed, before]).generate_state(1)[0]))
