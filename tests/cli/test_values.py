import shutil
import subprocess

import featfer_cli.feature_options
import pytest
from click.shell_completion import ShellComplete
from featfer_cli import options
from featfer_cli.main import main
from featfer_cli.values import Choice
from helpers.commands import SCRIPT, refused, run, script, succeeded

from featfer.classifiers import CLASSIFIERS
from featfer.classifiers.labelled import UNIFORM
from featfer.classifiers.wrappers.blend import HOWS
from featfer.cnn.networks import NETWORKS
from featfer.datasets.faceset import SPLITS
from featfer.datasets.ferplus_modes import MODES
from featfer.faces import ALIGNMENTS
from featfer.faces.detectors import DETECTORS
from featfer.features import FEATURES
from featfer.features.embedding import BACKENDS
from featfer.features.precision import CHOICES
from featfer.labels import LABEL_SETS
from featfer.recognizer import ESTIMATE
from featfer.superres.generators import PRECISIONS


def complete(*words, last=""):
    """Return what the shell is told for the last word of a command line: {type: list of values}."""
    found = {}
    for item in ShellComplete(main, {}, "featfer", "_FEATFER_COMPLETE").get_completions(list(words), last):
        found.setdefault(item.type, []).append(item.value)
    return found


def test_commands_and_options_are_completed():
    assert complete(last="t") == {"plain": ["train", "tune", "table"]}
    assert complete("store", last="") == {"plain": ["check", "merge"]}
    assert complete("predict", last="--det") == {"plain": ["--detector"]}
    assert complete("predict", last="--q") == {"plain": ["--quiet"]}


@pytest.mark.parametrize(("words", "names"), [
    (("train", "--clf"), CLASSIFIERS), (("tune", "--clf"), CLASSIFIERS), (("cross", "--clf"), CLASSIFIERS),
    (("train", "--cnn"), NETWORKS), (("extract", "--align"), ALIGNMENTS), (("finetune", "--align"), ALIGNMENTS),
    (("evaluate", "--split"), SPLITS), (("predict", "--detector"), DETECTORS), (("extract", "--features"), FEATURES),
    (("extract", "--precision"), CHOICES), (("predict", "--precision"), CHOICES),
    (("superres", "apply", "--precision"), PRECISIONS), (("extract", "--backend"), BACKENDS),
    (("blend", "--how"), HOWS), (("extract", "--vote-mode"), MODES)])
def test_closed_choices_are_completed_and_are_those_of_the_library(words, names):
    assert complete(*words) == {"plain": list(names)}


@pytest.mark.parametrize(("words", "names"), [
    (("predict", "--model"), ["photos", "svm"]), (("predict", "-m"), ["photos"]), (("evaluate",), ["svm"]),
    (("predict", "--labels"), LABEL_SETS), (("extract", "--superres"), ["none", "srgan", "bicubic"]),
    (("train", "--recipe"), ["one-cycle"]), (("predict", "--prior"), [ESTIMATE, UNIFORM]), (("info",), ["photos", "srgan"])])
def test_names_and_files_are_completed(words, names):
    found = complete(*words)
    assert found["file"] == [""]
    assert set(names) <= set(found["plain"])


@pytest.mark.parametrize(("words", "kind"), [
    (("predict",), "file"), (("extract",), "file"), (("train", "--store"), "file"), (("predict", "--csv"), "file"),
    (("predict", "--out"), "dir"), (("predict", "-o"), "dir"), (("train", "--out"), "file"), (("store", "check"), "dir")])
def test_files_and_folders_are_completed(words, kind):
    assert complete(*words, last="a/b") == {kind: ["a/b"]}


def test_lists_are_completed_after_the_last_comma():
    assert complete("extract", "--features", last="embedding,l") == {"plain": ["embedding,landmarks", "embedding,lbp"]}


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_the_shell_is_told():
    done = script(_FEATFER_COMPLETE="bash_complete", COMP_WORDS="featfer predict --detector m", COMP_CWORD="3")
    assert done.stdout.split() == ["plain,mmod", "plain,mtcnn"]
    setup = script(_FEATFER_COMPLETE="bash_source").stdout
    asked = (f"{setup}\nCOMP_WORDS=(featfer tr); COMP_CWORD=1; PATH={SCRIPT.parent}:$PATH; _featfer_completion featfer; "
             "echo $COMPREPLY")
    assert subprocess.run(["bash", "-c", asked], capture_output=True, text=True).stdout == "train\n"


@pytest.mark.parametrize(("words", "meant"), [
    (("trian",), "train"), (("predict", "a.png", "--modle", "svm"), "--model"),
    (("predict", "a.png", "--detector", "hgo"), "hog"), (("predict", "a.png", "--model", "fotos"), "photos"),
    (("train", "--clf", "smv"), "svm"), (("train", "--cnn", "resnet81"), "resnet18"),
    (("extract", "a.csv", "--store", "s", "--features", "embeding,landmarks"), "embedding"),
    (("predict", "a.png", "--labels", "fer77"), "fer7"), (("blend", "a", "b", "--how", "stak"), "stack"),
    (("data", "a.csv", "--codes", "fer2031"), "fer2013"), (("predict", "a.png", "--prior", "unifrom"), "uniform")])
def test_the_likeliest_name_is_suggested(words, meant):
    line = refused(*words)
    assert f"id you mean {meant}?" in line.replace("'", "")


def test_nothing_is_suggested_for_what_may_be_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "did you mean" not in refused("info", "phots.joblib")
    (tmp_path / "phots").write_text("no model")
    assert "did you mean" not in refused("info", "phots")


def test_a_wrong_choice_names_all():
    assert refused("evaluate", "svm", "--store", "fer2013", "--split", "Test").endswith(
        "'Test' is none of train, val, test; did you mean test?")


def test_former_names_are_read_but_not_shown():
    assert "--draws" not in succeeded("summarize", "--help")
    assert "'--draws'" in refused("summarize", "a.csv", "--draws", "-1") or "--bootstrap" in refused(
        "summarize", "a.csv", "--draws", "-1")
    assert complete("summarize", last="--dr") == {}
    assert "no such file" in refused("codebook", "nowhere.csv", "--images", 9, "--out", "a.npz")


def test_a_former_name_of_a_choice_is_read_but_not_shown():
    assert "torch" not in succeeded("extract", "--help")
    kind = Choice(["featfer", "dlib"], {"torch": "featfer"})
    assert [kind(word) for word in ("torch", "dlib", "featfer")] == ["featfer", "dlib", "featfer"]
    assert "no such file" in refused("extract", "nowhere.csv", "--store", "s", "--backend", "torch")


def test_featfer_alone_shows_its_help():
    result = run()
    assert result.exit_code == 2 and "Commands:" in result.output and "Exit codes: 0 done" in result.output


def test_options_come_as_text():
    """Paths stay what was typed: the library checks them, and says in one line what is wrong."""
    assert options.FILE.convert("a/b", None, None) == "a/b"
    assert featfer_cli.feature_options.Words(["a"]).convert("b,c", None, None) == "b,c"
