import click
import pytest
from click.testing import CliRunner
from featfer_cli import layout
from featfer_cli.main import main
from helpers.commands import run, succeeded
from helpers.lists import write_faces

from featfer.utils.markdown import markdown_table


def list_commands(words=(), command=main):
    if isinstance(command, click.Group):
        return [words, *(found for name, inner in command.commands.items() for found in list_commands((*words, name), inner))]
    return [words]


@pytest.mark.parametrize("words", list_commands(), ids=" ".join)
def test_help_fits_80_columns(words, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, succeeded(*words, "--help").splitlines() if words else run("--help").output.splitlines())) <= 80


@pytest.fixture
def faces(tmp_path, crops):
    rows = [(("happy", "neutral", "sad", "fear", "angry")[i % 5], f"p{i}", "fm"[i // 20]) for i in range(40)]
    return write_faces(tmp_path, crops, rows, "path,label,subject,sex")


@pytest.mark.parametrize("words", [
    "info", "info srgan", "evaluate svm.joblib --store made.npz", "audit mlp faces.csv --group sex --least 10 --bootstrap 100",
    "cross faces.csv --model mlp --model svm --bootstrap 20", "tune --store made.npz --clf rf --study s.db --trials 1",
    "leaderboard s.db", "data faces.csv --near 0"])
def test_tables_fit_80_columns(faces, made_table, bundle, monkeypatch, words, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    made_table.save("made.npz")
    (tmp_path / "svm.joblib").write_bytes(bundle.read_bytes())
    (tmp_path / "svm.json").write_bytes(bundle.with_suffix(".json").read_bytes())
    if words.startswith("leaderboard"):
        run(*["tune", "--store", "made.npz", "--clf", "rf", "--study", "s.db", "--trials", "2"])
    result = run(*words.split())
    assert result.exit_code == 0
    wide = [line for line in result.stdout.splitlines() if len(line) > 80 and " " in line.strip()]
    assert [line for line in wide if not line.startswith("  featfer train")] == []  # a command to be copied


def show(table, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))

    @click.command()
    def command():
        layout.echo_table(table)
    return CliRunner().invoke(command).stdout.splitlines()


def test_a_wide_table_is_turned_and_a_wider_one_is_told_row_by_row(monkeypatch):
    table = markdown_table(["model", *(f"class {i}" for i in range(9))], [["mlp", *range(9)], ["svm", *range(9, 18)]])
    assert show(table, 200, monkeypatch) == table.splitlines()
    assert show(table, 80, monkeypatch)[:3] == ["| model | mlp | svm |", "| --- | ---: | ---: |", "| class 0 | 0 | 9 |"]
    assert show(table, 16, monkeypatch)[:3] == ["mlp", "  class 0: 0", "  class 1: 1"]


def test_files_and_pipes_get_whole_lines(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert max(map(len, succeeded("info").splitlines())) > 100
