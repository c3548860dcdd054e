import numpy as np
import pytest
import torch

from featfer.classifiers import MLP
from featfer.classifiers.mlp import _drop_out

pytestmark = pytest.mark.usefixtures("one_thread")


def test_mlp_loss_falls_once_an_epoch(clouds):
    model = MLP(hidden=64, epochs=15, batch=64, lr=1e-2, smoothing=0.0, random_state=0).fit(*clouds)
    assert len(model.loss_curve_) == 15
    assert model.loss_curve_[-1] < model.loss_curve_[0] / 2


def test_mlp_learns_soft_labels_instead_of_labels():
    X = np.repeat(np.eye(2, dtype=np.float32), 200, axis=0)
    soft_labels = np.where(X[:, :1], [[0.6, 0.0, 0.4]], [[0.1, 0.0, 0.9]])
    model = MLP(16, 60, batch=50, dropout=0.0, smoothing=0.0, random_state=0)
    model.fit(X, soft_labels.argmax(axis=1), soft_labels=soft_labels)
    assert model.classes_.tolist() == [0, 2]
    np.testing.assert_allclose(model.predict_proba(np.eye(2)), [[0.6, 0.4], [0.1, 0.9]], atol=0.03)


def test_mlp_shapes(clouds):
    model = MLP(hidden=8, epochs=1, random_state=0).fit(*clouds)
    assert [w.shape for w in model.weights_] == [(20, 8), (8, 4)]
    assert [b.shape for b in model.biases_] == [(8,), (4,)]
    assert {a.dtype for a in model.weights_ + model.biases_} == {np.dtype(np.float32)}


def test_several_networks_are_one_with_the_mean_of_their_scores(clouds):
    model = MLP(hidden=8, epochs=3, networks=3, random_state=0).fit(*clouds)
    assert [w.shape for w in model.weights_] == [(20, 24), (24, 4)] and len(model.loss_curve_) == 3
    X = clouds[0][:50]
    hidden = np.maximum(X @ model.weights_[0] + model.biases_[0], 0)
    parts = [hidden[:, part] @ (3 * model.weights_[1][part]) for part in (slice(0, 8), slice(8, 16), slice(16, 24))]
    assert np.abs(parts[0] - parts[1]).max() > 0.1  # from random weights of their own
    scores = np.exp(np.mean(parts, axis=0) + model.biases_[1])
    np.testing.assert_allclose(model.predict_proba(X), scores / scores.sum(axis=1, keepdims=True), atol=1e-5)
    alone = MLP(hidden=8, epochs=3, random_state=0).fit(*clouds)
    np.testing.assert_array_equal(alone.weights_[0], model.weights_[0][:, :8])  # the first is trained as if alone
    np.testing.assert_allclose(alone.weights_[1], 3 * model.weights_[1][:8], rtol=1e-5)


@pytest.mark.parametrize(("compact", "times"), [("float16", 2), ("int8", 4)])
def test_compact_keeps_few_bytes_and_the_predictions(clouds, compact, times):
    params = {"hidden": 32, "epochs": 5, "random_state": 0}
    whole, packed = MLP(**params).fit(*clouds), MLP(compact=compact, **params).fit(*clouds)
    assert packed.weights_[0].nbytes * times == whole.weights_[0].nbytes
    np.testing.assert_allclose(packed.predict_proba(clouds[0]), whole.predict_proba(clouds[0]), atol=0.02)


def test_an_unknown_compact_is_refused(clouds):
    with pytest.raises(ValueError, match="compact='int4' is none of None, 'float16' and 'int8'"):
        MLP(compact="int4").fit(*clouds)


def test_a_model_of_an_earlier_version_goes_on(clouds):
    model = MLP(hidden=8, epochs=1, random_state=0).fit(*clouds)
    state = {name: value for name, value in model.__getstate__().items() if name not in ("networks", "compact")}
    again = MLP.__new__(MLP)
    again.__setstate__(state)
    assert (again.networks, again.compact) == (1, None)
    np.testing.assert_array_equal(again.predict_proba(clouds[0]), model.predict_proba(clouds[0]))


def test_mlp_weights_follow_the_seed(clouds):
    first, again, other = (MLP(hidden=16, epochs=2, random_state=seed).fit(*clouds).weights_ for seed in (4, 4, 5))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.allclose(first[0], other[0])


@pytest.mark.parametrize(("share", "dropped"), [(0.25, 0.25), (0.5, 0.5), (0.999, 255 / 256)])
def test_dropout_drops_a_share_of_the_units_and_scales_the_others(share, dropped):
    hidden = torch.full((1001, 333), 3.0)
    values = _drop_out(hidden, share)
    assert (values == 0).float().mean() == pytest.approx(dropped, abs=0.005)
    assert values.unique().tolist() == pytest.approx([0, 3 / (1 - dropped)])
    assert not torch.equal(values, _drop_out(hidden, share))


def test_mlp_leaves_torchs_random_state_alone(clouds):
    torch.manual_seed(11)
    before = torch.get_rng_state()
    MLP(hidden=8, epochs=1, random_state=0).fit(*clouds)
    assert torch.equal(torch.get_rng_state(), before)


def test_mlp_does_not_follow_torchs_random_state(clouds):
    weights = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        weights.append(MLP(hidden=8, epochs=1, mixup=0.2, random_state=0).fit(*clouds).weights_[0])
    np.testing.assert_array_equal(*weights)


@pytest.mark.parametrize("params", [{"noise": 0.3}, {"mixup": 0.4}, {"smoothing": 0.1}, {"dropout": 0.2},
                                    {"noise": 0.1, "mixup": 0.2, "smoothing": 0.05}])
def test_mlp_regularisers_change_the_weights_and_still_learn(clouds, params):
    X, y = clouds
    plain = {"hidden": 64, "epochs": 15, "batch": 64, "lr": 2e-3, "dropout": 0.0, "smoothing": 0.0, "random_state": 0}
    model = MLP(**{**plain, **params}).fit(X[:600], y[:600])
    assert not np.allclose(model.weights_[0], MLP(**plain).fit(X[:600], y[:600]).weights_[0])
    assert model.score(X[600:], y[600:]) > 0.7
