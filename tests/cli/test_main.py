import re
import subprocess
import sys

import pytest
from featfer_cli.main import main
from helpers.commands import SCRIPT, refused, run, script, succeeded

import featfer
from featfer.bundle import persist as bundles

COMMANDS = ["data", "extract", "store", "codebook", "finetune", "train", "tune", "leaderboard", "blend", "evaluate", "report",
            "cross", "audit", "benchmark", "predict", "explain", "live", "analyze", "summarize", "synchrony", "serve",
            "superres", "models", "info", "params", "export", "table", "doctor"]
HEAVY = {"torch", "sklearn", "pandas", "dlib", "matplotlib", "numpy", "scipy", "optuna"}


def examples(command):
    lines = succeeded(command, "--help").replace("\\\n", "").splitlines()
    return [line.strip() for line in lines if line.strip().startswith(f"featfer {command}")]


def test_commands_are_listed_in_the_order_of_the_work():
    assert list(main.commands) == COMMANDS
    listed = re.findall(r"^  (\w+)  ", succeeded("--help").partition("Commands:")[2], re.MULTILINE)
    assert listed == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_with_existing_options_only(command):
    parts = [main.commands[command], *getattr(main.commands[command], "commands", {}).values()]
    known = {name for part in parts for option in part.params for name in option.opts}
    used = {word for example in examples(command) for word in example.split() if word.startswith("-")}
    assert examples(command)
    assert used <= known
    assert succeeded(command, "-h") == succeeded(command, "--help")


def test_version_is_the_package_s():
    assert succeeded("--version").split()[-1] == featfer.__version__


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["--version"], ["no-such-command"]])
def test_help_loads_no_heavy_library(words):
    code = ("import sys\nfrom featfer_cli.main import main\n"
            f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
            f"print('heavy:', *({HEAVY!r} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split() == ["heavy:"]


@pytest.mark.parametrize("module", ["featfer", "featfer_cli.main"])
def test_module_runs_like_the_script(module):
    done = subprocess.run([sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == featfer.__version__
    assert SCRIPT.exists()


@pytest.mark.parametrize(("words", "value"), [
    (["evaluate", "nowhere.joblib", "--store", "nothing"], "nowhere.joblib"),
    (["extract", "nowhere.csv", "--store", "nothing"], "nowhere.csv"),
    (["table", "--store", "nothing", "--out", "t.npz"], "nothing"),
])
def test_mistake_is_named_in_one_line(tmp_path, monkeypatch, words, value):
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.fullmatch(r"Error: [^\n]+\n", result.stderr)
    assert value in result.stderr


def test_mistake_ends_the_script_with_one_line():
    done = script("info", "nowhere.joblib")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"Error: [^\n]*nowhere\.joblib[^\n]*\n", done.stderr)


def test_usage_error_ends_the_script_with_2():
    done = script("train", "--clf", "svm")
    assert done.returncode == 2
    assert "Error: Missing option '--store'" in done.stderr
    assert "Traceback" not in done.stderr


def test_unknown_command_is_named():
    assert "'recognise'" in refused("recognise")


def test_an_interrupted_command_that_only_reads_says_that_nothing_was_written(monkeypatch):
    def interrupted(path):
        raise KeyboardInterrupt
    monkeypatch.setattr(bundles, "find_bundle", interrupted)
    result = run("info", "svm.joblib")
    assert result.exit_code == 130
    assert result.stderr == "\nStopped. Nothing was written.\n"


def test_an_error_of_the_program_keeps_its_traceback(monkeypatch, bundle):
    def faulty(path, card):
        raise ZeroDivisionError("a bug")
    monkeypatch.setattr(sys.modules["featfer_cli.info"], "_describe_model", faulty)
    assert isinstance(run("info", bundle).exception, ZeroDivisionError)


@pytest.mark.parametrize("words", [
    ("extract", "{}", "--store", "store"), ("extract", "a/{}", "--store", "store"), ("predict", "{}"), ("data", "{}"),
    ("info", "{}"), ("table", "--store", "{}", "--features", "landmarks", "--out", "a.npz"),
    ("predict", "a.png", "--model", "{}"),
    ("live", "--file", "{}", "--json"), ("superres", "apply", "{}", "--out", "big"), ("evaluate", "svm", "--store", "{}")])
def test_a_name_that_is_too_long_is_refused_in_a_line(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    line = refused(*(word.format("n" * 300) for word in words))
    assert "n" * 300 in line and "ile name too long" in line


@pytest.mark.parametrize("words", [("predict", "a.png"), ("info", "photos"), ("data", "a.csv")])
def test_a_command_without_memory_ends_in_a_line(monkeypatch, words):
    def fail(*args, **options):
        raise MemoryError
    monkeypatch.setattr(main.commands[words[0]], "callback", fail)
    assert refused(*words) == "Error: not enough memory; run the same command again when there is more"
