"""The trials of a search on disk: an optuna study in a journal file. The journal only grows, so that it survives a kill."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from featfer.errors import MissingError, StudyError, WriteError
from featfer.features.base import upgraded
from featfer.typing import Path as AnyPath
from featfer.utils.environment import name_install_command
from featfer.utils.files import open_regular
from featfer.utils.npz import describe_failure
from featfer.utils.outputs import find_place, name_in_errors

if TYPE_CHECKING:
    import optuna

NAME = "featfer tune"
PARTS = {"objective": "another objective", "source": "images of another source", "rows": "other images, labels or splits",
         "features": "other features", "spaces": "other classifiers or parameters", "seed": "another seed"}


def import_optuna() -> Any:
    """Import optuna and silence its log.

    Returns
    -------
    module

    Raises
    ------
    MissingError
        When it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingError(f"tuning needs optuna; {name_install_command('tune')}") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


@contextmanager
def open_study(path: AnyPath, identity: dict[str, Any]) -> Iterator[optuna.Study]:
    """Open an optuna study, or create it, and lock it against other processes.

    Parameters
    ----------
    path : path
    identity : dict
        Plain data with the keys of PARTS: what identifies the search.

    Yields
    ------
    optuna.Study

    Raises
    ------
    StudyError
        For a study of another search, or a file that is no study.
    WriteError
        When it cannot be created.
    """
    optuna = import_optuna()
    with _lock(path) as file:
        _drop_unfinished_line(path, file)
        storage = _open_storage(path)
        if storage.get_all_studies():
            study = optuna.load_study(study_name=NAME, storage=storage)
        else:
            study = optuna.create_study(study_name=NAME, storage=storage, direction="maximize")
        make_leaderboard(study, path)  # raises StudyError when it is damaged
        _check_identity(study, path, json.loads(json.dumps(identity)))
        _requeue_interrupted(study)
        with _check_not_replaced(path, file):
            yield study


@contextmanager
def _check_not_replaced(path: AnyPath, file: BinaryIO) -> Iterator[None]:
    """Raise StudyError at the end when the open file was removed or replaced meanwhile."""
    try:
        yield
    except Exception:
        if _is_same_file(path, file):
            raise
    if not _is_same_file(path, file):
        raise StudyError(f"{path}: removed or replaced while it was written to; what was tried is lost, the same command "
                         "begins anew")


def _is_same_file(path: AnyPath, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except OSError:
        return False


@contextmanager
def _lock(path: AnyPath) -> Iterator[BinaryIO]:
    """Open the file of a study, or create it, locked for this process; a kill releases the lock."""
    import fcntl  # only Unix has it

    path = Path(path)
    with name_in_errors(path):
        if find_place(path).is_stream:
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


def _drop_unfinished_line(path: AnyPath, file: BinaryIO) -> None:
    """Cut off a last line that a kill left unfinished, because the next entry would be appended to it."""
    file.seek(0)
    content = file.read()
    if content:
        _check_journal(path, content)
        file.truncate(content.rfind(b"\n") + 1)


def _check_identity(study: optuna.Study, path: AnyPath, identity: dict[str, Any]) -> None:
    """Store the identity in a new study; raise StudyError when an existing study has another."""
    stored = study.user_attrs.get("identity")
    if stored and "features" in stored:
        stored = {**stored, "features": {words: list(map(upgraded, prints)) for words, prints in stored["features"].items()}}
    if stored is None:
        study.set_user_attr("identity", identity)
    elif stored != identity:
        differing = " and ".join(text for part, text in PARTS.items() if stored.get(part) != identity.get(part))
        raise StudyError(f"{path}: a study with {differing or 'something else'}; go on with the command that made it, or name "
                         "another --study")


def _check_journal(path: AnyPath, content: bytes) -> None:
    try:
        if "op_code" in json.loads(content.partition(b"\n")[0]):
            return
    except (RecursionError, TypeError, ValueError):
        pass
    raise StudyError(f"{path}: not a study; name another --study")


def _open_storage(path: AnyPath) -> optuna.storages.JournalStorage:
    """Return the optuna storage in a file; raise StudyError when the file is something else."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    try:
        storage = JournalStorage(JournalFileBackend(str(path)))
        names = [study.study_name for study in storage.get_all_studies()]
    except (AssertionError, LookupError, OSError, RecursionError, TypeError, ValueError, AttributeError) as error:
        raise StudyError(f"{path}: not a study, or damaged ({describe_failure(error)}); name another --study") from error
    if names not in ([], [NAME]):
        raise StudyError(f"{path}: holds the study {names[0]!r}, not one of `featfer tune`; name another --study")
    return storage


def _requeue_interrupted(study: optuna.Study) -> None:
    """Mark trials that a kill left running as failed, and queue their settings to be tried first."""
    from optuna.trial import TrialState
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.enqueue_trial(trial.params)
        study.tell(trial.number, state=TrialState.FAIL)


def is_complete(trial: optuna.trial.FrozenTrial) -> bool:
    """Say whether a trial ended, with a result or as a repeat of another, rather than being interrupted.

    Parameters
    ----------
    trial : optuna.trial.FrozenTrial

    Returns
    -------
    bool
    """
    return trial.state.is_finished() and bool({"result", "repeats"} & set(trial.user_attrs))


def list_finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """List the trials with a result, good or bad.

    Parameters
    ----------
    study : optuna.Study

    Returns
    -------
    list of optuna.trial.FrozenTrial
    """
    return [trial for trial in study.get_trials(deepcopy=False) if is_complete(trial) and "result" in trial.user_attrs]


def leaderboard(path: AnyPath) -> dict[str, Any]:
    """Read the trials of a study, best first.

    Parameters
    ----------
    path : path
        File of the study.

    Returns
    -------
    dict
        As plain data: study (the path), objective, source; rows (rank, accuracy_without_copies, accuracy on all of val, seconds
        of training, features, classifier, params, and command, which trains it again); failures (features, classifier, params,
        reason).

    Raises
    ------
    StudyError
        When there is no study.
    """
    import_optuna()
    try:
        with open_regular(path) as file:
            _check_journal(path, file.read())
    except FileNotFoundError:
        raise StudyError(f"{path}: no such study; `featfer tune --study {path}` makes one") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})") from None
    return make_leaderboard(_load_study(path), path)


def _load_study(path: AnyPath) -> optuna.Study:
    from optuna import load_study
    try:
        return load_study(study_name=NAME, storage=_open_storage(path))
    except KeyError:
        raise StudyError(f"{path}: no trials in it yet; run the same `featfer tune` again") from None


def make_leaderboard(study: optuna.Study, path: AnyPath) -> dict[str, Any]:
    """Return the leaderboard of an open study, as for `leaderboard`.

    Parameters
    ----------
    study : optuna.Study
    path : path

    Returns
    -------
    dict

    Raises
    ------
    StudyError
        When the study is damaged.
    """
    try:
        return _make_leaderboard(study, path)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise StudyError(f"{path}: damaged ({error!s:.200}), or not of `featfer tune`; name another --study") from None


def _make_leaderboard(study: optuna.Study, path: AnyPath) -> dict[str, Any]:
    results = [trial.user_attrs["setting"] | trial.user_attrs["result"] for trial in list_finished(study)]
    rows = sorted((result for result in results if "reason" not in result),
                  key=lambda row: (-row["accuracy_without_copies"], row["seconds"]))
    options = study.user_attrs.get("options", [])
    return {"study": str(path), **{part: study.user_attrs.get("identity", {}).get(part) for part in ("objective", "source")},
            "rows": [{"rank": rank, **row, "command": format_train_command(row, options)}
                     for rank, row in enumerate(rows, start=1)],
            "failures": [result for result in results if "reason" in result]}


def format_train_command(setting: dict[str, Any], options: Sequence[str]) -> str:
    """Format the command that trains a setting.

    Parameters
    ----------
    setting : dict
        features, classifier and params.
    options : list of str
        Further options.

    Returns
    -------
    str
    """
    params = [word for name, value in setting["params"].items() for word in ("--param", f"{name}={value}")]
    return shlex.join(["featfer", "train", "--clf", setting["classifier"], "--features", setting["features"], *options,
                       *params, "--out", "tuned.joblib"])
