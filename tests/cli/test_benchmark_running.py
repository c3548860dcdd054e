"""What a benchmark does when its commands fail, or it is interrupted."""

import json
import shlex
from pathlib import Path

import pytest
from featfer_cli import benchmark_plan
from featfer_cli.benchmark_plan import run
from helpers.plans import THREE, planned

from featfer.errors import FeatferError


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """The commands that were run from an empty folder, in order: those that have the word bad fail, the others write a
    bundle and a card."""
    monkeypatch.chdir(tmp_path)
    ran = []

    def pretend(words):
        ran.append(shlex.join(["featfer", *words[3:]]))
        if "bad" in words:
            return 1
        if "--out" in words:
            out = Path(words[words.index("--out") + 1])
            out.parent.mkdir(exist_ok=True)
            out.write_text("")
            members = [json.loads(Path(word).with_suffix(".json").read_text()) for word in words[4:] if words[3] == "blend"
                       and word.endswith(".joblib") and word != str(out)]
            out.with_suffix(".json").write_text(json.dumps({"command": ran[-1], "members": members}))
        return 0
    monkeypatch.setattr(benchmark_plan, "run_program", pretend)
    return ran


FAILING = """
report = false
models = [
    { name = "tree", clf = "bad" }, { name = "svm", clf = "svm" }, { name = "lda", clf = "lda" },
    { name = "first", blend = ["svm", "tree"] }, { name = "second", blend = ["first", "lda"] },
    { name = "third", blend = ["svm", "lda"] }, { name = "smile", clf = "svm", features = "--features bad --align 68" },
]
"""


def test_a_failing_job_stops_only_those_that_need_it_and_they_are_tried_again(ran):
    said = []
    with pytest.raises(FeatferError) as caught:
        run(planned(FAILING), said.append)
    assert str(caught.value) == (
        "failed: extract --features bad --align 68, tree; not tried without that: first, second, smile. What was made is kept; "
        "the same command tries again")
    assert said == [f"$ {command}" for command in ran]
    assert sorted(path.name for path in Path("bench").iterdir()) == ["lda.json", "svm.json", "third.json"]
    assert list(planned(FAILING).missing) == ["tree", "first", "second", "smile"]
    run(planned(FAILING.replace("bad", "rf")), said.append)
    assert planned(FAILING.replace("bad", "rf")).jobs == []


def test_report_is_not_tried_without_a_model(ran):
    with pytest.raises(FeatferError, match="failed: tree; not tried without that: report"):
        run(planned('models = [{ name = "tree", clf = "bad" }, { name = "svm", clf = "svm" }]'), ran.append)
    assert Path("bench/svm.json").exists()


def test_models_made_before_an_interruption_are_kept(ran, monkeypatch):
    pretend = benchmark_plan.run_program

    def interrupted(words):
        if "lda" in words:
            raise KeyboardInterrupt
        return pretend(words)
    monkeypatch.setattr(benchmark_plan, "run_program", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(planned(THREE), ran.append)
    assert list(planned(THREE).missing) == ["lda", "both"]
