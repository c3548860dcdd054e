"""Small data sets of one's own, from folders to a report, by the commands."""

import json

import numpy as np
import pytest
from helpers.commands import read_lines, refused, succeeded
from PIL import Image

from featfer.bundle.persist import load, read_card
from featfer.evaluation.metrics import calibration_error
from featfer.evaluation.scoring import remove_calibration
from featfer.features import make_features
from featfer.store.opening import open_table

SPLITS = {"train": 24, "val": 10, "test": 10}
BASIC = ("disgust", "fear", "happy", "sad", "surprise")
STRANGE = ("Très fâché", "ALL $up^", "日本 語", "c|d *e*", "-dash", "=sum")
KINDS = {
    "without-angry": dict.fromkeys((*BASIC, "neutral"), SPLITS),
    "without-neutral": dict.fromkeys(("angry", *BASIC), SPLITS),
    "ck": dict.fromkeys(("anger", "contempt", *BASIC), SPLITS), "two": dict.fromkeys(("sad", "surprise"), SPLITS),
    "strange": dict.fromkeys(STRANGE, SPLITS), "rare": {"angry": {"train": 3}, "happy": SPLITS, "sad": SPLITS},
    "no-val": {name: {"train": 24, "test": 10} for name in ("fear", "happy", "sad")},
}
CALIBRATED = ("without-angry", "without-neutral", "ck", "two", "strange")


def write_folders(root, classes):
    """Write images of stripes, of another direction for each class, hidden in noise; classes: {name: {split: images}}."""
    draw, (y, x) = np.random.default_rng(0), np.mgrid[:32, :32]
    for kind, (name, splits) in enumerate(classes.items()):
        for split, count in splits.items():
            folder = root / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                wave = np.sin((x * np.cos(kind) + y * np.sin(kind)) / 1.7 + draw.uniform(-0.6, 0.6))
                grey = 120 + 35 * wave + draw.normal(0, 30, wave.shape)
                Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).save(folder / f"{number}.png")
    return root


@pytest.fixture(scope="module", params=KINDS)
def own(request, tmp_path_factory):
    """(its kind, its folders, the folder of store and bundle, what `featfer train` printed)."""
    folder = tmp_path_factory.mktemp(request.param)
    source = write_folders(folder / "own", KINDS[request.param])
    succeeded("extract", source, "--store", folder / "store", "--features", "pixels:16", "--jobs", 1)
    printed = succeeded("train", "--clf", "logistic", "--param", "pca=20", "--param", "C=0.01", "--score-test",
                        "--store", folder / "store", "--features", "pixels:16", "--out", folder / "own.joblib")
    return request.param, source, folder, printed


def test_probabilities_are_sane(own):
    kind, _, folder, printed = own
    card, recognizer = read_card(folder / "own.joblib"), load(folder / "own.joblib")
    test = open_table(folder / "store", make_features("pixels:16")).split("test")
    after, before = recognizer.probabilities(test.features), remove_calibration(recognizer)
    np.testing.assert_allclose(after.sum(axis=1), 1)
    assert after.max(axis=1).mean() > 1.2 / len(KINDS[kind])
    assert (after.argmax(axis=1) == test.labels).mean() > 0.7
    if kind in CALIBRATED:
        plain = before.probabilities(test.features)
        np.testing.assert_array_equal(after.argmax(axis=1), plain.argmax(axis=1))
        val = card["figures"]["val"]
        assert val["ece"] <= val["uncalibrated_ece"]
        assert calibration_error(test.labels, after) <= calibration_error(test.labels, plain)
        assert "before calibration" in printed
    else:
        assert before is None
        assert card["data"]["uncalibrated_because"] in printed


def test_it_says_why_it_was_not_calibrated(own):
    kind, _, folder, printed = own
    reasons = {"rare": "; not calibrated: val has 0 images of angry, and calibration takes 5 of each class",
               "no-val": "Not calibrated: there is no val to calibrate on; put images in val/, or"}
    assert reasons.get(kind, "before calibration") in printed
    assert (kind in reasons) == ("uncalibrated_because" in read_card(folder / "own.joblib")["data"])


def test_expressions_without_training_images_have_no_probability(own):
    kind, source, folder, printed = own
    card = read_card(folder / "own.joblib")
    picture = next(path for path in sorted(source.rglob("*.png")) if path.parts[-3] == "test")
    seen = read_lines(succeeded("predict", picture, "--model", folder / "own.joblib", "--detector", "whole", "--json"))
    probabilities = seen["faces"][0]["probabilities"] if isinstance(seen, dict) else seen[0]["faces"][0]["probabilities"]
    untrained = card["labels"].get("untrained", [])
    assert set(probabilities) == set(card["labels"]["names"])
    assert [name for name, value in probabilities.items() if value == 0] == untrained
    assert (f"No training images of {', '.join(untrained)}: it gives them no probability" in printed) == bool(untrained)
    assert {"without-angry": ["angry"], "without-neutral": ["neutral"], "ck": ["neutral"], "strange": []}.get(
        kind, untrained) == untrained


def test_classes_without_images_are_in_no_mean(own):
    _, _, folder, _ = own
    result = json.loads(succeeded("evaluate", folder / "own.joblib", "--store", folder / "store", "--json"))
    present = [values for values in result["classes"].values() if values["support"]]
    for metric in ("precision", "recall", "f1-score"):
        assert result["macro"][metric] == pytest.approx(np.mean([values[metric] for values in present]))
    lines = succeeded("evaluate", folder / "own.joblib", "--store", folder / "store").splitlines()
    for name, values in result["classes"].items():
        line = next(line for line in lines if line.startswith(name))
        assert ("%" in line) == bool(values["support"])


def test_a_report_is_written(own):
    _, _, folder, _ = own
    model, store = folder / "own.joblib", folder / "store"
    assert succeeded("report", model, "--store", store, "--out", folder / "own.md") == f"Wrote {folder / 'own.md'}\n"
    result = json.loads(succeeded("evaluate", model, "--store", store, "--json"))
    lines = (folder / "own.md").read_text().splitlines()
    for name, values in result["classes"].items():
        row = next(line for line in lines if line.startswith("| " + name.replace("|", "\\|")))
        assert row.endswith("| - | - | - | 0 |") == (not values["support"])
    assert f"{100 * result['macro']['f1-score']:.2f}" in next(line for line in lines if line.startswith("| own |"))


def test_one_class_is_refused_for_every_classifier(tmp_path):
    source = write_folders(tmp_path / "own", {"happy": SPLITS})
    succeeded("extract", source, "--store", tmp_path / "store", "--features", "pixels:16,crop:16", "--jobs", 1)
    for words in (("--clf", "lda"), ("--clf", "mlp", "--balance", "sampling"), ("--clf", "knn"), ("--clf", "boosting"),
                  ("--clf", "local-svm"), ("--clf", "rf"), ("--clf", "svm"), ("--cnn", "blocks", "--features", "crop:16")):
        features = () if "--cnn" in words else ("--features", "pixels:16")
        line = refused("train", *words, *features, "--store", tmp_path / "store", "--out", tmp_path / "own.joblib")
        assert "own: all 24 faces to train on are 'happy'; a model learns to tell two expressions apart" in line
    assert not (tmp_path / "own.joblib").exists()
