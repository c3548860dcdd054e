import json
from pathlib import Path

import pytest

from featfer.bundle import shipped
from featfer.bundle.shipped import list_shipped

MODELS = Path(__file__).parents[2] / "models"


def test_every_card_that_ships_is_listed_the_default_first():
    found = list_shipped()
    assert {model["name"] for model in found} == {card.stem for card in MODELS.glob("*.json")}
    assert [model["name"] for model in found if model["is_default"]] == [found[0]["name"]] == ["photos"]
    kinds = [model["kind"] for model in found]
    order = ("recognizer", "network", "generator")
    assert kinds == sorted(kinds, key=order.index) and set(kinds) == set(order)


@pytest.mark.parametrize("model", list_shipped(), ids=lambda model: model["name"])
def test_what_is_said_is_what_the_card_says(model):
    card = json.loads((MODELS / f"{model['name']}.json").read_text())
    for key in ("purpose", "uses", "not_for", "bytes"):
        assert model[key] == card[key]
    assert len(model["purpose"]) <= 40
    for split, score in model["scores"].items():
        figures = card["figures"][split]
        assert score == {"images": figures["images"], **({"accuracy": figures["accuracy"]} if "accuracy" in figures
                                                         else {"psnr": figures["generator"]["psnr"]})}
    assert Path(model["file"]).stat().st_size == model["bytes"]


def test_nothing_but_the_cards_is_asked(monkeypatch, tmp_path):
    (tmp_path / "own.joblib").write_bytes(b"no pickle")
    card = json.loads((MODELS / "svm.json").read_text())
    card = {**card, "purpose": "a test", "labels": {"set": "fer3", "names": ["a", "b", "c"]}, "bytes": 9}
    (tmp_path / "own.json").write_text(json.dumps(card))
    monkeypatch.setattr(shipped, "files", lambda package: tmp_path)
    monkeypatch.setattr(shipped, "SHIPPED", ())
    monkeypatch.setattr(shipped, "FITTED", ())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shipped, "read_card", lambda name: card)
    monkeypatch.setattr(shipped, "find_bundle", lambda name: tmp_path / f"{name}.joblib")
    (model,) = list_shipped()
    assert (model["name"], model["purpose"], model["label_set"], model["features"]) == ("own", "a test", "fer3", ["embedding"])


def test_models_for_faces_say_what_the_law_forbids():
    for model in list_shipped():
        assert ("2024/1689" in model["not_for"]) == (model["kind"] != "generator")
        assert "docs/models.md" in model["not_for"]
