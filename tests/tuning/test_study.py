import json
import os
import sys

import pytest

from featfer.errors import MissingError, StudyError, WriteError
from featfer.tuning.study import leaderboard, make_leaderboard, open_study

IDENTITY = {"objective": "most", "source": "made", "rows": ["12ab"], "features": {"embedding": []}, "spaces": {}, "seed": 0}


def open_and_close(path, **identity):
    """Open a study and close it."""
    with open_study(path, IDENTITY | identity) as study:
        return study


@pytest.fixture
def path(tmp_path):
    """Path of a study without trials."""
    open_and_close(tmp_path / "study")
    return tmp_path / "study"


@pytest.mark.parametrize(("part", "value", "words"), [
    ("objective", "least", "another objective"), ("source", "other.csv", "images of another source"),
    ("rows", ["34cd"], "other images, labels or splits"), ("features", {"landmarks": []}, "other features"),
    ("spaces", {"svm": {}}, "other classifiers or parameters"), ("seed", 1, "another seed")])
def test_a_study_of_another_search_is_refused(path, part, value, words):
    content = path.read_bytes()
    with pytest.raises(StudyError, match=f"study: a study with {words}; go on with the command that made it, or name another"):
        open_and_close(path, **{part: value})
    assert path.read_bytes() == content


def test_a_study_of_the_same_search_is_opened_again(path):
    study = open_and_close(path)
    assert study.user_attrs["identity"] == IDENTITY
    assert make_leaderboard(study, path) == {
        "study": str(path), "objective": "most", "source": "made", "rows": [], "failures": []}


@pytest.mark.parametrize("content", [b"notes", b"notes\n", b'{"a": 1}', b'{"a": 1}\n', b"[1]\n", b"1", b"\0\xff\n", b"\xff"])
def test_a_file_that_is_no_study_is_refused_and_left_as_it_is(tmp_path, content):
    (tmp_path / "notes").write_bytes(content)
    for opening in (open_and_close, leaderboard):
        with pytest.raises(StudyError, match="notes: not a study"):
            opening(tmp_path / "notes")
    assert (tmp_path / "notes").read_bytes() == content


def test_a_study_is_locked_while_it_is_open(path):
    with open_study(path, IDENTITY) as study:
        study.ask()
        with pytest.raises(StudyError, match="study: another `featfer tune` is at work on it"):
            open_and_close(path)
        assert [trial.state.name for trial in study.trials] == ["RUNNING"]
        assert leaderboard(path)["rows"] == []
    assert [trial.state.name for trial in open_and_close(path).trials] == ["FAIL", "WAITING"]


def test_another_program_s_study_is_refused(tmp_path):
    import optuna
    from optuna.storages.journal import JournalFileBackend
    optuna.create_study(storage=optuna.storages.JournalStorage(JournalFileBackend(str(tmp_path / "other"))), study_name="mine")
    with pytest.raises(StudyError, match="holds the study 'mine', not one of `featfer tune`"):
        open_and_close(tmp_path / "other")


def test_an_unfinished_last_line_is_dropped(path):
    content = path.read_bytes()
    path.write_bytes(content + b'{"op_code": 4, "wor')
    assert leaderboard(path)["rows"] == []
    open_and_close(path).ask()
    assert path.read_bytes().startswith(content + b'{"op_code":')
    assert leaderboard(path)["rows"] == []


def test_a_missing_study_is_named(tmp_path):
    with pytest.raises(StudyError, match="none: no such study; `featfer tune --study"):
        leaderboard(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_folder_is_no_study(tmp_path):
    with pytest.raises(StudyError, match="cannot be read"):
        leaderboard(tmp_path)
    with pytest.raises(WriteError, match="cannot be written"):
        open_and_close(tmp_path)


def test_folders_of_a_study_are_made(tmp_path):
    open_and_close(tmp_path / "new" / "study")
    assert leaderboard(tmp_path / "new" / "study")["rows"] == []


def test_missing_optuna_is_named_with_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingError, match=r"pip install .*\[tune\]'"):
        open_and_close(tmp_path / "study")


@pytest.mark.parametrize("line", [
    b"[" * 100_000, b'{"op_code": ' + b"[" * 100_000,
    b'{"op_code": 4, "study_id": 0, "worker_id": "a", "datetime_start": "' + b"9" * 5000 + b'"}'])
def test_a_damaged_study_is_refused_in_one_line(path, line):
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(StudyError, match="study: ") as caught:
        leaderboard(path)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 500


def test_a_trial_with_an_incomplete_result_is_damage(path):
    with open_study(path, IDENTITY) as study:
        trial = study.ask()
        trial.set_user_attr("result", {"accuracy": 0.5})
        study.tell(trial, 0.5)
    for read in (leaderboard, open_and_close):
        with pytest.raises(StudyError, match=r"study: damaged \('setting'\), or not of `featfer tune`"):
            read(path)


def test_a_study_with_an_impossible_identity_is_refused(path):
    made, about = path.read_text().splitlines()
    path.write_text(f"{made}\n{json.dumps(json.loads(about) | {'user_attr': {'identity': ['12ab']}})}\n")
    with pytest.raises(StudyError, match="study: damaged"):
        open_and_close(path)


def test_a_pipe_instead_of_a_study_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "study")
    with pytest.raises(StudyError, match=r"cannot be read \(a pipe or a device, not a file\)"):
        leaderboard(tmp_path / "study")


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_study_that_is_removed_while_open_is_an_error_and_begun_anew(path, is_replaced):
    with pytest.raises(StudyError, match="study: removed or replaced while"), open_study(path, IDENTITY) as study:
        study.tell(study.ask(), 0.5)
        path.unlink()
        if is_replaced:
            path.mkdir()
        study.tell(study.ask(), 0.6)
    if is_replaced:
        path.rmdir()
    assert open_and_close(path).user_attrs["identity"] == IDENTITY
