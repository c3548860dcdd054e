import json
import re
import shutil

import pytest
from helpers.commands import refused, succeeded
from helpers.networks import small_cnn
from PIL import Image

from featfer.bundle.persist import read_card


@pytest.fixture
def elsewhere(tmp_path, bundle):
    """A copy of the bundle, of the same name, in another folder."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for path in (bundle, bundle.with_suffix(".json")):
        shutil.copy(path, folder)
    return folder / bundle.name


def test_report_has_the_figures_of_evaluate(tmp_path, bundle, small_store):
    out = tmp_path / "report.md"
    assert succeeded("report", bundle, "--store", small_store, "--out", out) == f"Wrote {out}\n"
    text = out.read_text()
    val, test = (json.loads(succeeded("evaluate", bundle, "--store", small_store, "--split", split, "--json"))
                 for split in ("val", "test"))
    row = next(line for line in text.splitlines() if line.startswith("| svm |"))
    assert row.strip(" |").split(" | ")[2:7] == [f"{100 * val['accuracy']:.2f}", f"{100 * test['accuracy']:.2f}",
                                     f"{100 * test['copies']['accuracy_without']:.2f}",
                                     f"{100 * test['macro']['f1-score']:.2f}", f"{test['ece']:.3f}"]
    for name, values in test["classes"].items():
        numbers = " | ".join(f"{100 * values[metric]:.2f}" for metric in ("precision", "recall", "f1-score"))
        assert f"| {name} | {numbers} | 2 |" in text


def test_two_models_of_the_same_name_keep_their_pictures(tmp_path, bundle, elsewhere, small_store):
    succeeded("report", bundle, elsewhere, "--store", small_store, "--out", tmp_path / "report.md")
    text = (tmp_path / "report.md").read_text()
    assert re.findall(r"^## (svm.*)$", text, re.MULTILINE) == ["svm", "svm-2"]
    links = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert links == ["report/accuracy.png", *(f"report/{name}-{what}.png" for name in ("svm", "svm-2")
                                              for what in ("confusion", "reliability"))]
    assert all(Image.open(tmp_path / link).format == "PNG" for link in links)


def test_each_model_takes_the_first_store_that_has_its_features(tmp_path, bundle, small_store):
    landmarks = tmp_path / "landmarks.npz"
    succeeded("table", "--store", small_store, "--features", "landmarks", "--out", landmarks)
    succeeded("report", bundle, "--store", landmarks, "--store", small_store, "--out", tmp_path / "report.md")
    assert "| svm | embedding, 5-point chips |" in (tmp_path / "report.md").read_text()
    assert "landmarks.npz: holds landmarks" in refused("report", bundle, "--store", landmarks, "--out", tmp_path / "none.md")


@pytest.mark.parametrize("name", ["report", "report.txt"])
def test_name_of_the_report_is_checked(tmp_path, bundle, small_store, name):
    line = refused("report", bundle, "--store", small_store, "--out", tmp_path / name)
    assert line == f"Error: {tmp_path / name}: a report's name ends in .md"
    assert not list(tmp_path.iterdir())


def test_mistakes_are_named(tmp_path, bundle, small_store):
    (tmp_path / "notes.txt").write_text("no model")
    out = ["--out", tmp_path / "report.md"]
    assert "notes.txt: " in refused("report", bundle, tmp_path / "notes.txt", "--store", small_store, *out)
    assert "none.joblib: no such file" in refused("report", tmp_path / "none.joblib", "--store", small_store, *out)
    assert "none: no feature store" in refused("report", bundle, "--store", tmp_path / "none", *out)
    assert "'other.csv'" in refused("report", bundle, "--store", small_store, "--source", "other.csv", *out)
    assert "MODEL..." in refused("report", "--store", small_store, *out)
    assert not (tmp_path / "report.md").exists()


def test_a_place_without_permission_is_named(tmp_path, bundle, small_store):
    (tmp_path / "file").write_text("")
    assert f"{tmp_path / 'file'}" in refused("report", bundle, "--store", small_store, "--out", tmp_path / "file" / "report.md")


def test_a_network_is_one_more_model(tmp_path, bundle, small_store, fer_rows):
    store, small = small_cnn(tmp_path, fer_rows, "--tta", "plain,flip")
    succeeded("report", small, bundle, "--store", store, "--store", small_store, "--out", tmp_path / "report.md")
    text, card = (tmp_path / "report.md").read_text(), read_card(small)["cnn"]
    test = json.loads(succeeded("evaluate", small, "--store", store, "--split", "test", "--json"))
    row = next(line for line in text.splitlines() if line.startswith("| small | crop |"))
    assert row.split(" | ")[3] == f"{100 * test['accuracy']:.2f}"
    assert "averaged over the views plain, flip (test-time augmentation)" in text
    network, svm = text.split("\n## small\n")[1].split("\n## svm\n")
    assert (f"The network blocks has {card['parameters']:,} parameters and takes {card['multiply_adds']:,} multiply-adds a "
            "face; epochs trained: 2, by the recipe one-cycle.") in network
    links = re.findall(r"!\[.*?\]\((.*?)\)", network)
    assert links == [f"report/small-{what}.png" for what in ("curves", "confusion", "reliability")]
    assert all(Image.open(tmp_path / link).format == "PNG" for link in links)
    assert "The network" not in svm and "curves" not in svm


def test_confusion_is_in_images_too(tmp_path, bundle, small_store):
    succeeded("report", bundle, "--store", small_store, "--out", tmp_path / "report.md")
    test = json.loads(succeeded("evaluate", bundle, "--store", small_store, "--split", "test", "--json"))
    counts = [f"| {name} | {' | '.join(map(str, row))} |" for name, row in zip(test["classes"], test["confusion"], strict=True)]
    lines = (tmp_path / "report.md").read_text().partition("The same in images:\n\n")[2].splitlines()
    assert lines[0] == f"| true | {' | '.join(test['classes'])} |"
    assert lines[2:9] == counts and not lines[9]
