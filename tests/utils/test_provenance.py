"""What every card says, and how a file and its card are written."""

import hashlib
import json
import os
from datetime import date
from pathlib import Path

import pytest

from featfer.errors import WriteError
from featfer.utils.environment import describe_machine, find_versions
from featfer.utils.files import write_text
from featfer.utils.outputs import ARRAYS, BUNDLE, identify_files
from featfer.utils.provenance import card_path, check_with_card, describe_origin, write_card, write_with_card

CARD = {"versions": {}, "command": "featfer finetune"}
CONTENT = b"PK\3\4 arrays"


def test_the_origin_is_todays_date_this_machine_and_its_libraries():
    assert list(describe_origin().items()) == [
        ("date", date.today().isoformat()), ("machine", describe_machine()), ("versions", find_versions())]


@pytest.mark.parametrize(("name", "card"), [
    ("svm.joblib", "svm.json"), ("own.npz", "own.json"), ("svm.skops", "svm.skops.json"),
    ("svm.safetensors", "svm.safetensors.json"), ("a.b.onnx", "a.b.onnx.json")])
def test_a_card_is_named_like_its_file(name, card):
    assert card_path(f"models/{name}") == Path("models") / card


def test_a_file_is_written_with_its_card_which_gets_its_size_and_digest(tmp_path):
    path = tmp_path / "new" / "own.npz"
    card = write_with_card(path, CONTENT, CARD, ARRAYS)
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert list(card.items()) == [*CARD.items(), ("bytes", len(CONTENT)), ("sha256", digest)]
    assert path.read_bytes() == CONTENT
    assert path.with_suffix(".json").read_text() == json.dumps(card, indent=1) + "\n"
    assert sorted(os.listdir(path.parent)) == ["own.json", "own.npz"]
    assert CARD == {"versions": {}, "command": "featfer finetune"}


def test_write_card_adds_nothing(tmp_path):
    write_card(tmp_path / "own.npz", CARD)
    assert json.loads((tmp_path / "own.json").read_text()) == CARD
    assert os.listdir(tmp_path) == ["own.json"]


def test_other_files_and_cards_are_not_replaced(tmp_path):
    (tmp_path / "own.npz").write_text("mine")
    with pytest.raises(WriteError, match=r"own\.npz: cannot be written \(what is there is not arrays"):
        write_with_card(tmp_path / "own.npz", CONTENT, CARD, ARRAYS)
    (tmp_path / "own.npz").unlink()
    (tmp_path / "own.json").write_text('{"name": "mine"}')
    with pytest.raises(WriteError, match=r"own\.json: cannot be written \(what is there is not a card of featfer"):
        write_card(tmp_path / "own.npz", CARD)
    assert (tmp_path / "own.json").read_text() == '{"name": "mine"}'


def test_check_with_card_checks_the_file_and_its_card(tmp_path):
    path = tmp_path / "own.npz"
    check_with_card(path, ARRAYS)
    write_with_card(path, CONTENT, CARD, ARRAYS)
    check_with_card(path, ARRAYS)
    with pytest.raises(WriteError, match=r"own\.npz: .*it exists already"):
        check_with_card(path, ARRAYS, overwrite=False)
    with pytest.raises(WriteError, match=r"own\.npz: .*not a bundle"):
        check_with_card(path, BUNDLE)
    for read in (path, path.with_suffix(".json")):
        with pytest.raises(WriteError, match=rf"{read.name}: .*read by the same command"):
            check_with_card(path, ARRAYS, identify_files([read]))
    write_text(path.with_suffix(".json"), '{"name": "mine"}')
    with pytest.raises(WriteError, match=r"own\.json: .*not a card"):
        check_with_card(path, ARRAYS)
