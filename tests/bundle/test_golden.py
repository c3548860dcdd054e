"""Golden rows: what a card keeps of a model's predictions, and what happens when they differ today."""

import json

import numpy as np
import pytest

from featfer import face_model, load, read_card, save
from featfer.affect import make_regressor
from featfer.affect.recognizer import AffectRecognizer
from featfer.bundle.golden import ROWS, TOLERANCE, check_golden, make_golden, read_golden
from featfer.bundle.persist import check
from featfer.errors import BundleError
from featfer.face_model import VersionWarning
from featfer.features import Embedding


@pytest.fixture
def other_versions(monkeypatch):
    """Library versions other than those that bundles were saved under."""
    here = {**face_model.find_versions(), "scikit-learn": "9.9.9"}
    monkeypatch.setattr(face_model, "_installed_versions", lambda: here)


def spoil(bundle, folder, change):
    """Return the path of a copy of a bundle whose golden rows a function has changed."""
    path = folder / "own.joblib"
    path.write_bytes(bundle.read_bytes())
    card = read_card(bundle)
    change(card["golden"])
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


def raise_probability(golden):
    golden["answers"][2][3] += 0.01


def test_training_keeps_real_rows_and_their_predictions(bundle, made_table):
    recognizer, card = load(bundle), read_card(bundle)
    rows, predictions = read_golden(recognizer, card, bundle)
    assert rows.shape == (ROWS, 128) and predictions.shape == (ROWS, 7)
    nearest = [np.abs(made_table.features - row).max(axis=1).min() for row in rows]
    assert max(nearest) < np.abs(made_table.features).max() / 127, "each is a real row, rounded"
    np.testing.assert_allclose(predictions, recognizer.probabilities(rows), atol=1e-6)
    assert len(np.unique(predictions.argmax(axis=1))) > 1, "they are faces of several expressions"


@pytest.mark.parametrize("width", [128, 8192, 16384])
def test_wide_rows_take_little_room(made_table, bundle, width):
    class Answering:
        output_names = "ab"

        def predict_rows(self, rows):
            return np.stack([rows.mean(axis=1), rows.max(axis=1)], axis=1).astype(float)
    rows = np.maximum(np.random.default_rng(0).normal(size=(20, width)), 0).astype(np.float32)
    assert len(json.dumps(make_golden(Answering(), rows))) < 36_000


def test_unreadable_rows_are_no_golden_rows(bundle, made_table):
    features = made_table.features.copy()
    features[::2] = np.nan
    golden = make_golden(load(bundle), features)
    assert np.isfinite(golden["answers"]).all() and len(golden["answers"]) == ROWS


def test_a_regressor_has_them_too(made_table):
    regressor = make_regressor("ridge").fit(made_table.features, made_table.features[:, :1] / 5)
    recognizer = AffectRecognizer(regressor, [Embedding()], ("valence",))
    card = {"golden": make_golden(recognizer, made_table.features)}
    found = check_golden(recognizer, card, "own")
    assert found["rows"] == ROWS and found["difference"] < 1e-6


def test_check_compares_them(bundle, tmp_path):
    found = check(bundle)
    assert found["rows"] == ROWS and found["difference"] < 1e-6
    with pytest.raises(BundleError, match=r"own\.joblib: its answers to the card's golden rows are off by up to 0\.01"):
        check(spoil(bundle, tmp_path, raise_probability))


def test_under_the_same_versions_nothing_is_computed(bundle, tmp_path, monkeypatch):
    monkeypatch.setattr("featfer.bundle.persist.check_golden", lambda *given: pytest.fail("computed"))
    load(bundle)


def test_under_other_versions_equal_predictions_load(bundle, other_versions):
    with pytest.warns(VersionWarning, match=r"scikit-learn .* \(here 9\.9\.9\)"):
        load(bundle)


def test_under_other_versions_different_predictions_are_refused(bundle, tmp_path, other_versions):
    path = spoil(bundle, tmp_path, raise_probability)
    refused = r"own\.joblib: saved under scikit-learn .* off by up to 0\.01"
    with pytest.warns(VersionWarning), pytest.raises(BundleError, match=refused):
        load(path)
    with pytest.warns(VersionWarning):
        assert load(path, verify=False).label_set.name == "fer7"


def test_a_difference_below_the_tolerance_is_accepted(bundle, tmp_path):
    def little(golden):
        golden["answers"][0][0] += TOLERANCE * 0.9
    assert check(spoil(bundle, tmp_path, little))["difference"] == pytest.approx(TOLERANCE * 0.9, abs=2e-6)


def test_older_cards_have_no_golden_rows(bundle, tmp_path, other_versions):
    card = {name: value for name, value in read_card(bundle).items() if name != "golden"}
    with pytest.warns(VersionWarning):
        save(load(bundle), tmp_path / "old.joblib", card)
        assert check(tmp_path / "old.joblib") is None


@pytest.mark.parametrize("change", [
    lambda golden: golden.update(codes="no base85 ~~~ \x00"), lambda golden: golden.update(codes=golden["codes"][:-20]),
    lambda golden: golden.update(steps=golden["steps"][1:]), lambda golden: golden.update(answers=[[1.0]]),
], ids=["letters", "cut", "fewer steps", "answers"])
def test_golden_rows_of_another_model_are_named(bundle, tmp_path, change):
    with pytest.raises(BundleError, match=r"own\.joblib: the golden rows of its card are not for this model"):
        check(spoil(bundle, tmp_path, change))


@pytest.mark.parametrize(("change", "said"), [
    (lambda golden: golden.update(codes=3), r"own\.json: golden\.codes"),
    (lambda golden: golden.update(steps=["a"] * 5), r"own\.json: golden\.steps"),
    (lambda golden: golden.clear(), r"own\.json: it has no golden\.steps"),
], ids=["number", "steps", "nothing"])
def test_invalid_golden_rows_are_named_with_the_card(bundle, tmp_path, change, said):
    with pytest.raises(BundleError, match=said):
        check(spoil(bundle, tmp_path, change))


def test_golden_rows_that_unpack_to_too_much_are_refused(bundle, tmp_path):
    import base64
    import zlib

    def bomb(golden):
        golden["codes"] = base64.b85encode(zlib.compress(bytes(10**7))).decode()
    with pytest.raises(BundleError, match="not 5 rows of 128 columns"):
        check(spoil(bundle, tmp_path, bomb))


@pytest.mark.parametrize("name", ["mlp", "svm", "rf", "small", "fer2013", "photos"])
def test_shipped_models_predict_their_golden_rows(name):
    found = check(name)
    assert found["rows"] == ROWS and found["difference"] < 1e-5
