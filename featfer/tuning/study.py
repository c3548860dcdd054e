"""The trials of a search on disk: an optuna study in a journal, which only grows, and so outlives a kill."""

import json
import os
import shlex
from contextlib import contextmanager
from pathlib import Path

from featfer.errors import MissingError, StudyError, WriteError
from featfer.features.base import upgraded
from featfer.utils.files import open_regular
from featfer.utils.npz import reason_of
from featfer.utils.outputs import naming, place_of

NAME = "featfer tune"
PARTS = {"objective": "another objective", "source": "images of another source", "rows": "other images, labels or splits",
         "features": "other features", "spaces": "other classifiers or parameters", "seed": "another seed"}


def import_optuna():
    """Return the module optuna, made silent; raise MissingError where it is not installed."""
    try:
        import optuna
    except ImportError as error:
        raise MissingError("tuning needs optuna; pip install 'featfer[tune]'") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


@contextmanager
def open_study(path, identity):
    """Open the optuna study in a file, made where there is none, to go on with it; no other process can meanwhile.

    identity: plain data by the names in PARTS, what the search is about. Raises StudyError for a study about something
    else or a file that is no study, WriteError where it cannot be made.
    """
    optuna = import_optuna()
    with _held(path) as file:
        _mend(path, file)
        storage = _storage(path)
        if storage.get_all_studies():
            study = optuna.load_study(study_name=NAME, storage=storage)
        else:
            study = optuna.create_study(study_name=NAME, storage=storage, direction="maximize")
        board(study, path)  # says so where it is damaged
        _claim(study, path, json.loads(json.dumps(identity)))
        _ask_again(study)
        with _kept(path, file):
            yield study


@contextmanager
def _kept(path, file):
    """Raise StudyError where a study's open file has another name, or none, when the block ends or fails."""
    try:
        yield
    except Exception:
        if _is_at(path, file):
            raise
    if not _is_at(path, file):
        raise StudyError(f"{path}: removed or replaced while it was written to; what was tried is lost, the same command "
                         "begins anew")


def _is_at(path, file):
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except OSError:
        return False


@contextmanager
def _held(path):
    """Open the file of a study, made where there is none, for this process alone; a kill lets go of it."""
    import fcntl  # only Unix has it

    path = Path(path)
    with naming(path):
        if place_of(path).is_stream:
            raise StudyError(f"{path}: a pipe or a device, not a file; name another --study")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise WriteError(error.errno, error.strerror or str(error), str(path)) from error
    with os.fdopen(handle, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StudyError(f"{path}: another `featfer tune` is at work on it; name another --study") from None
        yield file


def _mend(path, file):
    """Cut off the last line where a kill left it unfinished: what is written next would be joined to it."""
    file.seek(0)
    content = file.read()
    if content:
        _check_journal(path, content)
        file.truncate(content.rfind(b"\n") + 1)


def _claim(study, path, identity):
    """Write into a new study what it is about; raise StudyError where it is about something else."""
    held = study.user_attrs.get("identity")
    if held and "features" in held:
        held = {**held, "features": {words: list(map(upgraded, prints)) for words, prints in held["features"].items()}}
    if held is None:
        study.set_user_attr("identity", identity)
    elif held != identity:
        differing = " and ".join(text for part, text in PARTS.items() if held.get(part) != identity.get(part))
        raise StudyError(f"{path}: a study with {differing or 'something else'}; go on with the command that made it, or name "
                         "another --study")


def _check_journal(path, content):
    try:
        if "op_code" in json.loads(content.partition(b"\n")[0]):
            return
    except (RecursionError, TypeError, ValueError):
        pass
    raise StudyError(f"{path}: not a study; name another --study")


def _storage(path):
    """Return the optuna storage in a file; raise StudyError when it is something else."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    try:
        storage = JournalStorage(JournalFileBackend(str(path)))
        names = [study.study_name for study in storage.get_all_studies()]
    except (AssertionError, LookupError, OSError, RecursionError, TypeError, ValueError, AttributeError) as error:
        raise StudyError(f"{path}: not a study, or damaged ({reason_of(error)}); name another --study") from error
    if names not in ([], [NAME]):
        raise StudyError(f"{path}: holds the study {names[0]!r}, not one of `featfer tune`; name another --study")
    return storage


def _ask_again(study):
    """Mark the trials that a kill left running as failed, and put their settings in line to be tried first."""
    from optuna.trial import TrialState
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.enqueue_trial(trial.params)
        study.tell(trial.number, state=TrialState.FAIL)


def is_counted(trial):
    """Say whether a trial came to its end, with a result or as the repeat of another: no kill cut it short."""
    return trial.state.is_finished() and bool({"result", "repeats"} & set(trial.user_attrs))


def finished(study):
    """Return the trials with a result, good or bad."""
    return [trial for trial in study.get_trials(deepcopy=False) if is_counted(trial) and "result" in trial.user_attrs]


def leaderboard(path):
    """Return the trials of a study's file, the best first, as plain data.

    study (its path), objective, source; rows, of rank, accuracy_without_copies, accuracy (on all of val), seconds (of
    training), features, classifier, params and command (what trains it again); failures, of features, classifier, params
    and reason. Raises StudyError when there is no study.
    """
    import_optuna()
    try:
        with open_regular(path) as file:
            _check_journal(path, file.read())
    except FileNotFoundError:
        raise StudyError(f"{path}: no such study; `featfer tune --study {path}` makes one") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})") from None
    return board(_load(path), path)


def _load(path):
    from optuna import load_study
    try:
        return load_study(study_name=NAME, storage=_storage(path))
    except KeyError:
        raise StudyError(f"{path}: no trials in it yet; run the same `featfer tune` again") from None


def board(study, path):
    """Return what `leaderboard` does, of an open study; raise StudyError where it is damaged."""
    try:
        return _board(study, path)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise StudyError(f"{path}: damaged ({error!s:.200}), or not of `featfer tune`; name another --study") from None


def _board(study, path):
    results = [trial.user_attrs["setting"] | trial.user_attrs["result"] for trial in finished(study)]
    rows = sorted((result for result in results if "reason" not in result),
                  key=lambda row: (-row["accuracy_without_copies"], row["seconds"]))
    options = study.user_attrs.get("options", [])
    return {"study": str(path), **{part: study.user_attrs.get("identity", {}).get(part) for part in ("objective", "source")},
            "rows": [{"rank": rank, **row, "command": train_command(row, options)} for rank, row in enumerate(rows, start=1)],
            "failures": [result for result in results if "reason" in result]}


def train_command(setting, options):
    """Return the command that trains with a setting; options: further words of it."""
    params = [word for name, value in setting["params"].items() for word in ("--param", f"{name}={value}")]
    return shlex.join(["featfer", "train", "--clf", setting["classifier"], "--features", setting["features"], *options,
                       *params, "--out", "tuned.joblib"])
