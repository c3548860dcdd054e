"""A search over features, classifiers and their parameters, chosen on val."""

import functools
import hashlib
import math
import time
from dataclasses import asdict, dataclass

import numpy as np

from featfer.classifiers import check_classifier
from featfer.errors import ParameterError, StoreError
from featfer.labels import find_labels
from featfer.store.opening import open_table
from featfer.training.classifier import require_labels, train
from featfer.tuning.study import board, finished, import_optuna, is_counted, open_study
from featfer.utils.progress import bar

OBJECTIVE = "accuracy on the images of val that have no copy in train"
TABLES_HELD = 2  # a table of a stage takes half a gigabyte
MOST_REPEATS = 100  # in a row: then everything has been tried


@dataclass(frozen=True)
class Search:
    """What is searched, and on what.

    store, source: as open_table takes them; features: {words: list of Feature}, each a candidate
    spaces: {classifier: {parameter: space}}, as featfer.tuning.spaces.spaces_of gives them
    seed: of what is drawn, in the search and in every training
    labels: those to learn, as featfer.labels.find_labels takes them; None: the source's own
    options: further words of the `featfer train` that trains a setting again
    """

    store: str
    features: dict
    spaces: dict
    source: str | None = None
    seed: int = 0
    options: tuple = ()
    labels: str | None = None

    def table(self, words):
        """Return the rows of train and val of a candidate's FeatureTable; those of test stay out of a search's hands."""
        table = open_table(self.store, self.features[words], self.source)
        table = table.relabel(find_labels(self.labels)) if self.labels else table
        return table.rows(np.isin(table.splits, ("train", "val")))

    def draw(self, trial, most):
        """Return the setting that an optuna trial takes: features, classifier and params, as plain data.

        most: {words: how many principal components that candidate can have}
        """
        words = trial.suggest_categorical("features", sorted(self.features))
        clf = trial.suggest_categorical("classifier", list(self.spaces))
        params = {name: space.suggest(trial, f"{clf}.{name}", most[words]) for name, space in self.spaces[clf].items()}
        return {"features": words, "classifier": clf, "params": params}


def tune(search, path, trials, minutes=None):
    """Return the leaderboard (see featfer.tuning.study.leaderboard) of a Search gone on with until it has so many trials.

    The tree-structured Parzen estimator (Bergstra et al. 2011) chooses what is tried next. Nothing is tried twice, and a
    setting that cannot be trained is a trial too, with its reason; it ends early where nothing is left to try.

    path: of the study's file, which keeps every trial; minutes: start no trial after that many. Raises StudyError for a
    study of another search, StoreError where a candidate's features or val are not there, ParameterError for a parameter
    that there is not.
    """
    import_optuna()
    for clf, space in search.spaces.items():
        check_classifier(clf, {name: values.first for name, values in space.items()})
    opened = functools.lru_cache(TABLES_HELD)(search.table)
    tables = {words: _described(opened(words)) for words in search.features}
    most = {words: table["most"] for words, table in tables.items()}
    with open_study(path, _identity(search, tables)) as study:
        if study.user_attrs.get("options") != list(search.options):
            study.set_user_attr("options", list(search.options))
        _go_on(study, functools.partial(_try_one, study, search, opened, most), trials, minutes)
        return board(study, path)


def _described(table):
    """Return what a search must know of a table before it starts; raise StoreError where nothing can be chosen on it."""
    train_rows, val = require_labels(table).split("train"), table.split("val")
    if table.find_train_duplicates(val).all():
        raise StoreError(f"{table.source}: every image of val is in train too; there is nothing to choose on")
    rows = "\n".join(map(str, zip(table.ids, table.labels.tolist(), table.splits, table.groups.tolist(), table.status,
                                  strict=True)))
    return {"source": table.source, "rows": hashlib.sha256(rows.encode()).hexdigest(),
            "fingerprints": table.fingerprints, "most": min(len(train_rows), table.features.shape[1])}


def _identity(search, tables):
    """Return what a study is about, as plain data: studies that differ in it cannot go on with each other's trials."""
    spaces = {clf: {name: {"kind": type(space).__name__, **asdict(space)} for name, space in parameters.items()}
              for clf, parameters in search.spaces.items()}
    source, *_ = [table["source"] for table in tables.values()]
    return {"objective": OBJECTIVE, "source": source, "rows": sorted({table["rows"] for table in tables.values()}),
            "features": {words: table["fingerprints"] for words, table in tables.items()}, "spaces": spaces,
            "seed": search.seed}


def _go_on(study, try_one, trials, minutes):
    end = math.inf if minutes is None else time.monotonic() + 60 * minutes
    done, repeats = len(finished(study)), 0
    with bar(total=trials, initial=min(done, trials), desc="tuning", unit=" trials") as shown:
        while done < trials and repeats < MOST_REPEATS and time.monotonic() < end:
            is_new = try_one()
            repeats = 0 if is_new else repeats + 1
            done += is_new
            shown.update(is_new)
            values = [trial.value for trial in finished(study) if trial.value is not None]
            shown.set_postfix_str(f"best {max(values):.2%}" if values else "")


def _try_one(study, search, opened, most):
    """Train and score the next setting; return whether it was a new one."""
    from optuna.trial import TrialState

    study.sampler = _sampler(study, search.seed)
    trial = study.ask()
    setting = search.draw(trial, most)
    if setting in [other.user_attrs["setting"] for other in finished(study)]:
        trial.set_user_attr("repeats", True)
        study.tell(trial, state=TrialState.FAIL)
        return False
    trial.set_user_attr("setting", setting)
    try:
        _, card = train(opened(setting["features"]), setting["classifier"], setting["params"], search.seed)
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


def _sampler(study, seed):
    """Return the sampler of the next trial, seeded by how many there were, less those that a kill cut short: a search that
    was stopped goes on to try what it would have tried."""
    from optuna.samplers import TPESampler

    before = sum(map(is_counted, study.get_trials(deepcopy=False)))
    return TPESampler(seed=int(np.random.SeedSequence([seed, before]).generate_state(1)[0]))
