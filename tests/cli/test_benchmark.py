import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from featfer_cli.benchmark_plan import plan
from helpers.commands import SCRIPT, refused, run, succeeded
from helpers.fer2013 import write_csv

from featfer.bundle.persist import load, read_card

LIST = """
models = [
    { name = "lda", clf = "lda", features = "--features geometry" },
    { name = "knn", clf = "knn", features = "--features landmarks", params = { k = 3 } },
    { name = "both", blend = ["lda", "knn"] },
]
"""
TABLE = """
report = false
models = [
    { name = "bad", clf = "svm", store = "{work}/table.npz", options = "--zap" },
    { name = "knn", clf = "knn", store = "{work}/table.npz" },
    { name = "both", blend = ["knn", "bad"] },
]
"""


@pytest.fixture
def words(tmp_path, fer_csv):
    """The arguments of a benchmark of three models on the small csv."""
    (tmp_path / "bench.toml").write_text(LIST)
    return ["benchmark", tmp_path / "bench.toml", "--source", fer_csv, "--work", tmp_path / "work"]


@pytest.fixture(scope="module")
def made(tmp_path_factory, fer_rows):
    """The folder of a finished benchmark, its arguments and what it printed; not to be written to."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "bench.toml").write_text(LIST)
    source = write_csv(folder / "fer2013.csv", fer_rows)
    words = ["benchmark", folder / "bench.toml", "--source", source, "--work", folder / "work"]
    return folder, words, succeeded(*words)


@pytest.fixture
def failing(tmp_path, made_table):
    """The arguments of a benchmark one of whose models cannot be trained."""
    (tmp_path / "bench.toml").write_text(TABLE)
    made_table.save(tmp_path / "work" / "table.npz")
    return ["benchmark", tmp_path / "bench.toml", "--source", "none.csv", "--work", tmp_path / "work"]


def test_missing_models_are_made_and_the_second_run_makes_nothing(made):
    folder, words, printed = made
    lines = printed.splitlines()
    assert lines[0] == "3 models: 0 done, to make: lda, knn, both"
    assert [line.split()[2] for line in lines[1:]] == ["extract", "train", "train", "blend", "report"]
    assert [member["name"] for member in read_card(folder / "work" / "both.joblib")["members"]] == ["lda", "knn"]
    assert [feature.name for feature in load(folder / "work" / "both.joblib").features] == ["geometry", "landmarks"]
    kept = {path.stem: json.loads(path.read_text())["classifier"] for path in (folder / "bench").glob("*.json")}
    assert kept == {"lda": "lda", "knn": "knn", "both": "blend"}
    assert "| both |" in (folder / "bench.md").read_text()
    assert succeeded(*words) == "3 models: 3 done\n"


def test_a_failure_stops_only_the_jobs_that_need_it(failing, tmp_path):
    result = run(*failing)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == "3 models: 0 done, to make: bad, knn, both"
    assert result.stderr == ("Error: failed: bad; not tried without that: both. What was made is kept; the same command tries "
                             "again\n")
    assert [path.name for path in (tmp_path / "bench").iterdir()] == ["knn.json"]


def test_dry_run_prints_the_commands_and_runs_none(words, tmp_path):
    work = tmp_path / "work"
    assert succeeded(*words, "--only", "lda", "--dry-run").splitlines() == [
        "1 model: 0 done, to make: lda",
        f"$ featfer extract {words[3]} --store {work}/store --features geometry",
        f"$ featfer train --clf lda --store {work}/store --out {work}/lda.joblib --score-test --features geometry"]
    assert not work.exists()


def test_the_reason_for_making_a_model_again_is_printed(words, tmp_path):
    (tmp_path / "bench").mkdir()
    for name, command in (("knn", "featfer train --clf knn"), ("lda", "featfer train --clf lda --out lda.joblib --score-test "
                                                               "--features geometry")):
        (tmp_path / "bench" / f"{name}.json").write_text(json.dumps({"command": command}))
    assert succeeded(*words, "--dry-run").splitlines()[:3] == [
        "3 models: 0 done, to make: lda, knn, both",
        f"made again, since the bundle is needed and is not in {tmp_path / 'work'}: lda",
        "made again, since the card is of another command, or of other members: knn"]


def test_device_is_passed_on_to_networks(words, tmp_path):
    (tmp_path / "bench.toml").write_text('models = [{ name = "net", cnn = "groups9" }]')
    lines = succeeded(*words, "--device", "cuda:1", "--dry-run").splitlines()
    assert [line.endswith("--device cuda:1") for line in lines] == [False, False, True, False]


@pytest.mark.parametrize(("text", "value"), [("models = [", "bench.toml: cannot be read"),
                                             ("zap = 1", "bench.toml: zap 1 is not known")])
def test_mistake_is_named(words, tmp_path, text, value):
    (tmp_path / "bench.toml").write_text(text)
    assert value in refused(*words)


def test_name_that_is_not_listed_is_named(words):
    assert "no model 'tree'" in refused(*words, "--only", "tree")


def test_an_interruption_stops_at_once_and_says_how_to_go_on(words):
    process = subprocess.Popen([SCRIPT, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
    assert process.stdout.readline().startswith("3 models")
    assert process.stdout.readline().startswith("$ featfer extract")
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "$" not in out
    assert err.endswith("\nStopped. What was made is kept; the same command goes on.\n")


def test_models_of_the_study_are_done_by_their_cards(monkeypatch, tmp_path):
    monkeypatch.chdir(Path(__file__).parents[2])
    names = {"32x35x35-mlp", "aligned-68", "linear-svm", "bovw", "backbone-svm", "blend", "backbone-blend"}
    assert names <= set(plan("benchmarks/study/models.toml", "fer2013.csv", tmp_path / "work").card_only)


def test_models_done_by_their_cards_are_named_and_made_on_request(words, tmp_path, made):
    (tmp_path / "bench.toml").write_text(LIST.replace("models =", "report = false\nmodels ="))
    shutil.copytree(made[0] / "bench", tmp_path / "bench")
    assert succeeded(*words) == (f"3 models: 3 done\n3 done by their cards in {tmp_path / 'bench'}; their bundles are not in "
                                 f"{tmp_path / 'work'}, --only NAME makes one\n")
    assert succeeded(*words, "--only", "lda").startswith("1 model: 0 done, to make: lda\n")
    assert load(tmp_path / "work" / "lda.joblib").label_set.name == "fer7"


def test_report_on_the_embedding_needs_all_its_models(monkeypatch, tmp_path):
    monkeypatch.chdir(Path(__file__).parents[2])
    lines = succeeded("benchmark", "benchmarks/embedding/models.toml", "--source", "fer2013.csv", "--work", tmp_path / "work",
                      "--dry-run").splitlines()
    assert lines[0].startswith("13 models: 0 done, to make: svm, rf, mlp")
    assert lines[-1].startswith(f"$ featfer report {tmp_path}/work/svm.joblib ")
