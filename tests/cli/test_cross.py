import json

import pytest
from helpers.commands import read_lines, refused, run, succeeded
from helpers.lists import write_faces

from featfer.evaluation.answer_tables import read_answers
from featfer.labels import FER7


@pytest.fixture
def two(tmp_path, fer_csv, fer_folders):
    """A store with the same faces of two sources."""
    for source in (fer_csv, fer_folders):
        succeeded("extract", source, "--store", tmp_path / "store", "--features", "pixels")
    return tmp_path / "store", fer_csv.name, fer_folders.name


def test_the_table_is_printed(two):
    store, csv, folders = two
    said = succeeded("cross", csv, folders, "--store", store, "--clf", "logistic", "--features", "pixels", "--labels", "fer3")
    head, _, first, second = said.splitlines()[-4:]
    assert head == f"| trained on \\ tested on | {csv} | {folders} |"
    assert first.split("|")[1].strip() == csv and first.count("%") == 2
    assert second.split("|")[2:4] == first.split("|")[2:4]  # the faces are the same


def test_json_has_every_pair(two):
    store, csv, folders = two
    said = succeeded("cross", csv, folders, "--store", store, "--clf", "logistic", "--features", "pixels", "--json")
    pairs = json.loads(said)
    assert [(pair["trained"], pair["tested"]) for pair in pairs] == [(a, b) for a in (csv, folders) for b in (csv, folders)]
    assert {pair["images"] for pair in pairs} == {14} and {pair["left_out"] for pair in pairs} == {0}


@pytest.mark.parametrize(("sources", "words"), [
    (["fer2013.csv"], "name two or more different ones"),
    (["fer2013.csv", "fer2013.csv"], "name two or more different ones"),
    (["fer2013.csv", "affectnet"], "no source named 'affectnet'"),
])
def test_impossible_sources_are_refused(two, sources, words):
    assert words in refused("cross", *sources, "--store", two[0], "--features", "pixels")


@pytest.fixture
def faces(tmp_path, crops):
    """A list of twelve faces of six people, two of them bored."""
    labels = ["happy", "sad", "neutral", "happy", "neutral", "bored"] * 2
    return write_faces(tmp_path, crops, [(label, f"p{i // 2}") for i, label in enumerate(labels)], "path,label,subject")


def test_models_are_scored_on_pictures(faces):
    said = succeeded("cross", faces, "--model", "mlp", "--model", "svm", "--bootstrap", 50)
    first, *lines = said.splitlines()
    assert first.startswith("faces.csv: 10 photos of 6 subjects; scored classes: happy, sad, neutral. Left out, as their label "
                            "has no place among the model's: 2 bored. In brackets: 95 % intervals, from 50 bootstrap samples")
    assert [line.split("|")[1].strip() for line in lines if line.startswith(("| mlp", "| svm"))] == [
        "mlp", "svm", "mlp", "svm", "mlp minus", "svm"]


def test_json_has_the_figures_and_the_csv_every_picture(faces, tmp_path):
    said = succeeded("cross", faces, "--model", "mlp", "--shares", "neutral=5,happy=4,sad=1", "--classes", "happy,neutral",
                     "--bootstrap", 20, "--csv", tmp_path / "answers.csv", "--json")
    result, = json.loads(said)
    figures = result["models"]["mlp"]["figures"]
    _, answers = read_answers(tmp_path / "answers.csv")
    assert answers["mlp"].probabilities.shape == (10, 7)
    recalls = [figures["recall"][name]["value"] for name in ("happy", "neutral")]
    assert figures["accuracy_at_shares"]["value"] == pytest.approx((4 * recalls[0] + 5 * recalls[1]) / 9)
    assert (result["classes"], result["left_out"]) == (["happy", "neutral"], {"bored": 2})


def test_the_model_answers_as_predict_says(faces, tmp_path):
    succeeded("cross", faces, "--model", "mlp", "--bootstrap", 0, "--csv", tmp_path / "answers.csv")
    _, answers = read_answers(tmp_path / "answers.csv")
    predicted = read_lines(run("predict", faces.parent / "0.png", "--model", "mlp", "--json").stdout)[0]["faces"]
    if predicted:
        assert answers["mlp"].probabilities[0] == pytest.approx(list(predicted[0]["probabilities"].values()), abs=1e-4)
    assert answers["mlp"].has_answer[0] == bool(predicted)


def test_a_page_is_written(faces, tmp_path):
    said = succeeded("cross", faces, "--model", "mlp", "--bootstrap", 20, "--out", tmp_path / "page.md")
    assert said.splitlines()[-1] == f"Wrote {tmp_path / 'page.md'}"
    assert (tmp_path / "page" / "risk-coverage.png").exists()
    assert (tmp_path / "page.md").read_text().startswith("# Expression recognition on faces.csv\n")


def test_labels_of_another_set_and_of_a_file(faces, tmp_path):
    maps = {"fer7": FER7.names, "faces": ("happy", "sad", "neutral", "bored")}
    lines = ['names = ["good", "other"]']
    for source, names in maps.items():
        lines += [f"[from.{source}]", *(f'{name} = "{"good" if name == "happy" else "other"}"' for name in names)]
    (tmp_path / "mine.toml").write_text("\n".join(lines))
    result, = json.loads(succeeded("cross", faces, "--model", "mlp", "--labels", tmp_path / "mine.toml", "--bootstrap", 0,
                                   "--json"))
    assert (result["names"], result["photos"], result["left_out"]) == (["good", "other"], 12, {})
    result, = json.loads(succeeded("cross", faces, "--model", "mlp", "--labels", "fer3", "--bootstrap", 0, "--json"))
    assert (result["names"], result["photos"]) == (["happy", "sad", "neutral"], 10)


@pytest.mark.parametrize(("words", "message"), [
    ((), "give --model FILE to score a finished model, or --store PATH to train"),
    (("--model", "mlp", "--store", "s", "--clf", "rf"), "--store, --clf: with --model nothing is trained"),
    (("--model", "mlp", "--features", "hog"), "--features: with --model nothing is trained"),
    (("--store", "s", "--shares", "happy=1", "--out", "a.md"), "--shares, --out: they are for finished models"),
    (("--model", "mlp", "--shares", "happy"), "'happy' is not NAME=SHARE"),
    (("--model", "mlp", "--classes", "angry"), "'angry' has no photos"),
    (("--model", "mlp", "--out", "page.txt"), "a page's name ends in .md"),
    (("--model", "mlp", "--csv", "faces.csv"), "it is read by the same command"),
    (("--model", "nowhere.joblib"), "nowhere.joblib")])
def test_what_cannot_be_scored_is_refused(faces, monkeypatch, words, message):
    monkeypatch.chdir(faces.parent)
    assert message in refused("cross", "faces.csv", *words)
