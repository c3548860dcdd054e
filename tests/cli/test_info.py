import json

import pytest
from helpers.commands import refused, succeeded

from featfer.bundle.persist import load, read_card, save
from featfer.labels import FER7


@pytest.fixture
def copy(tmp_path, bundle):
    """Path of a bundle whose card a test may change."""
    (tmp_path / "own.joblib").write_bytes(bundle.read_bytes())
    (tmp_path / "own.json").write_text(bundle.with_suffix(".json").read_text())
    return tmp_path / "own.joblib"


def test_lines_say_what_the_card_says(bundle):
    card = read_card(bundle)
    lines = [line.split(maxsplit=1) for line in succeeded("info", bundle).replace("trained on", "trained-on").splitlines()]
    assert [name for name, _ in lines] == ["file", "classifier", "features", "labels", "prior", "trained-on", "command",
                                          "machine", "libraries", "sha256", "figures", "figures"]
    said = {name: text.strip() for name, text in lines[:-2]}
    assert said["file"] == f"{bundle} ({card['bytes'] / 1e6:.1f} MB)"
    assert said["classifier"] == "svm, parameters as by default"
    assert said["labels"] == "angry, disgust, fear, happy, sad, surprise, neutral"
    assert said["prior"] == ", ".join(f"{name} 14.3%" for name in FER7.names)
    assert said["trained-on"] == f"made, 210 faces, seed 0, {card['date']}"
    assert said["sha256"] == card["sha256"]
    assert f"numpy {card['versions']['numpy']}" in said["libraries"]
    assert [text.strip().partition(":")[0] for _, text in lines[-2:]] == ["val", "test"]
    assert f"test: accuracy {card['figures']['test']['accuracy']:.2%} of 70 images" in lines[-1][1]


def test_shares_of_the_prior_are_in_order(bundle, tmp_path):
    prior = {"angry": 0.125, "disgust": 0.0, "fear": 0.05, "happy": 0.5, "sad": 0.075, "surprise": 0.05, "neutral": 0.2}
    save(load(bundle), tmp_path / "own.joblib", read_card(bundle) | {"prior": prior})
    assert ("prior       happy 50.0%, neutral 20.0%, angry 12.5%, sad 7.5%, fear 5.0%, surprise 5.0%, disgust 0.0%\n"
            in succeeded("info", tmp_path / "own.joblib"))


def test_json_is_the_card(bundle):
    assert json.loads(succeeded("info", bundle, "--json")) == read_card(bundle)


def test_nothing_is_loaded(copy):
    copy.write_bytes(b"no pickle")
    assert "svm, parameters" in succeeded("info", copy)


def test_missing_model_is_named(tmp_path):
    assert f"{tmp_path / 'none.joblib'}: no such file" in refused("info", tmp_path / "none.joblib")


def test_text_file_is_no_model(tmp_path):
    (tmp_path / "notes.txt").write_text("no model")
    assert f"{tmp_path / 'notes.txt'}: " in refused("info", tmp_path / "notes.txt")


def test_missing_card_is_named(copy):
    copy.with_suffix(".json").unlink()
    assert f"{copy.with_suffix('.json')}: no such card" in refused("info", copy)


def test_damaged_card_is_named(copy):
    copy.with_suffix(".json").write_text("{")
    assert refused("info", copy).startswith(f"Error: {copy.with_suffix('.json')}: not a readable card")


def test_an_incomplete_card_names_what_it_lacks_and_is_printed_as_json(copy):
    card = {name: value for name, value in read_card(copy).items() if name != "machine"}
    copy.with_suffix(".json").write_text(json.dumps(card))
    assert f"{copy.with_suffix('.json')}: it has no machine" in refused("info", copy)
    assert json.loads(succeeded("info", copy, "--json")) == card


def test_check_compares_golden_rows(bundle):
    assert succeeded("info", bundle, "--check").startswith("5 golden rows, largest difference of an answer ")
    assert json.loads(succeeded("info", bundle, "--check", "--json"))["rows"] == 5


def test_check_names_a_model_that_answers_otherwise(copy):
    card = read_card(copy)
    card["golden"]["answers"][0][0] += 0.5
    copy.with_suffix(".json").write_text(json.dumps(card))
    assert f"{copy}: its answers to the card's golden rows are off by up to 0.5" in refused("info", copy, "--check")


def test_check_says_if_there_is_nothing_to_compare(copy):
    card = {name: value for name, value in read_card(copy).items() if name != "golden"}
    copy.with_suffix(".json").write_text(json.dumps(card))
    assert "Its card has no golden rows to compare with" in succeeded("info", copy, "--check")
    assert succeeded("info", copy, "--check", "--json") == "null\n"


def test_the_reason_for_no_calibration_and_untrained_labels_are_printed(tmp_path, made_table):
    made_table.rows((made_table.labels != 2) & (made_table.splits != "val")).save(tmp_path / "six.npz")
    succeeded("train", "--clf", "lda", "--store", tmp_path / "six.npz", "--out", tmp_path / "six.joblib")
    lines = dict(line.split(maxsplit=1) for line in succeeded("info", tmp_path / "six.joblib").splitlines())
    assert lines["labels"].endswith("(trained without images of fear)")
    assert lines["calibrated"] == "no: there is no val to calibrate on"
