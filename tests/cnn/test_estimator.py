"""A network as a scikit-learn classifier."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from featfer.cnn import CNN, load_recipe
from featfer.errors import DataError, MissingError, ParameterError

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = {"blocks": [[1, 4, 3, 0.0], [1, 8, 3, 0.0]], "hidden": 8, "dropout": 0.0}
LABELS = np.array([2, 5, 6])


def crops(count=60, channels=1, side=16, seed=0):
    """Crops in rows of three kinds, dark, middling and bright; float32, and their labels."""
    draw, kinds = np.random.default_rng(seed), np.arange(count) % 3
    values = draw.integers(0, 60, (count, channels * side * side)) + 90 * kinds[:, None]
    return values.clip(0, 255).astype(np.float32), LABELS[kinds]


def small(**params):
    return CNN("blocks", **{"recipe": "one-cycle", "options": SMALL, "random_state": 0,
                            "changes": {"epochs": 8, "batch": 10, "lr": 0.02, "average": 0.0, "augment": {}}, **params})


@pytest.fixture(scope="module")
def fitted():
    return small().fit(*crops(), val=(*crops(30, seed=4), np.zeros(30, bool)))


def test_learns_and_predicts_labels_as_given(fitted):
    X, y = crops(30, seed=4)
    assert fitted.classes_.tolist() == [2, 5, 6]
    assert (fitted.predict(X) == y).mean() > 0.9
    probabilities = fitted.predict_proba(X)
    assert probabilities.shape == (30, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_a_long_prediction_shows_its_progress(fitted, monkeypatch):
    shown = []
    monkeypatch.setattr("featfer.cnn.estimator.bar", lambda parts, **said: shown.extend([len(parts), said["desc"]]) or parts)
    assert len(fitted.predict_proba(crops(600)[0])) == 600
    assert shown == [3, "blocks predicts"]


def test_the_history_has_an_entry_an_epoch(fitted):
    assert [epoch["epoch"] for epoch in fitted.history_] == list(range(1, 9))
    assert fitted.history_[-1]["loss"] < fitted.history_[0]["loss"]
    assert fitted.history_[-1]["val"] == pytest.approx((fitted.predict(crops(30, seed=4)[0]) == crops(30, seed=4)[1]).mean(),
                                                       abs=0.04)


def test_a_seed_gives_the_same_network_and_leaves_torchs_generator_alone():
    torch.manual_seed(7)
    first = small().fit(*crops())
    drawn = torch.rand(1)
    torch.manual_seed(7)
    assert torch.rand(1) == drawn
    X, _ = crops(12, seed=2)
    np.testing.assert_array_equal(small().fit(*crops()).predict_proba(X), first.predict_proba(X))
    assert not np.array_equal(small(random_state=1).fit(*crops()).predict_proba(X), first.predict_proba(X))


def test_a_pickle_holds_only_arrays_and_predicts_the_same(fitted):
    X, _ = crops(12, seed=2)
    expected, content = fitted.predict_proba(X), pickle.dumps(fitted)
    assert b"torch" not in content
    np.testing.assert_array_equal(pickle.loads(content).predict_proba(X), expected)
    assert {array.dtype.name for array in fitted.weights_.values() if array.ndim > 1} == {"float16"}


def test_clones_with_its_parameters():
    cnn = clone(small(device="cpu", channels=3))
    assert (cnn.network, cnn.channels, cnn.options) == ("blocks", 3, SMALL)


def test_colours():
    X, y = crops(channels=3)
    cnn = small(channels=3).fit(X, y)
    assert (cnn.side_, cnn.predict(X).tolist().count(2) > 0) == (16, True)
    assert cnn.net()(torch.zeros(1, 3, 16, 16)).shape == (1, 3)


def test_the_card_says_what_was_trained_and_how(fitted):
    card = fitted.card()
    # 1x4x9 + 4, 2x4 of batch normalisation; 4x8x9 + 8, 16; then 128 -> 8 -> 3
    assert card["parameters"] == sum(p.numel() for p in fitted.net().parameters())
    assert card["multiply_adds"] > 16 * 16 * 36 + 8 * 8 * 288
    assert card["recipe"] == load_recipe("one-cycle", **fitted.changes).as_dict()
    assert (card["network"], card["side"], card["channels"], card["device"]) == ("blocks", 16, 1, "cpu")
    assert card["history"] == fitted.history_


def test_training_resumes_from_a_checkpoint(tmp_path, fitted):
    checkpoint, val = tmp_path / "own.checkpoint", (*crops(30, seed=4), np.zeros(30, bool))
    small().fit(*crops(), val=val, checkpoint=checkpoint)
    again = small().fit(*crops(), val=val, checkpoint=checkpoint)  # all epochs are done: nothing is trained
    assert again.history_ == small().fit(*crops(), val=val, checkpoint=checkpoint).history_
    with pytest.raises(ParameterError, match="from a run with other data"):
        small(random_state=0, options={**SMALL, "hidden": 9}).fit(*crops(), val=val, checkpoint=checkpoint)


def test_a_log_has_scalars_and_a_graph(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    small(changes={"epochs": 2, "batch": 10}).fit(*crops(), val=(*crops(30), np.zeros(30, bool)), log=tmp_path)
    events = EventAccumulator(str(tmp_path)).Reload()
    assert set(events.Tags()["scalars"]) == {"loss", "train", "val", "val_without_copies", "val_loss", "rate"}
    assert [event.step for event in events.Scalars("val")] == [1, 2]
    assert events.Tags()["graph"]


def test_val_rows_of_other_classes_are_left_out():
    X, y = crops(30)
    cnn = small(changes={"epochs": 1, "batch": 10}).fit(*crops(), val=(X, np.where(y == 2, 0, y), np.zeros(30, bool)))
    assert 0 <= cnn.history_[0]["val"] <= 1


def test_other_features_are_refused():
    with pytest.raises(DataError, match="128 columns are not crops of 1 x side x side pixels; train a CNN on --features crop"):
        small().fit(np.zeros((4, 128), np.float32), [0, 0, 1, 1])
    with pytest.raises(NotFittedError):
        small().predict(crops()[0])


@pytest.mark.parametrize("params", [{"network": "lenet"}, {"recipe": "slow"}, {"options": {"size": 3}}])
def test_impossible_parameters_are_refused(params):
    with pytest.raises(ParameterError):
        CNN(**{"network": "blocks", "options": SMALL, **params}).fit(*crops())


def test_a_missing_library_is_named(monkeypatch, tmp_path):
    import sys
    monkeypatch.setitem(sys.modules, "kornia", None)
    monkeypatch.setitem(sys.modules, "kornia.augmentation", None)
    with pytest.raises(MissingError, match=r"augmentation needs kornia; pip install .*\[cnn\]'"):
        small(changes={"augment": {"flip": 0.5}, "epochs": 1}).fit(*crops())
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingError, match=r"logs need tensorboard; pip install .*\[cnn\]'"):
        small().fit(*crops(), log=tmp_path)
