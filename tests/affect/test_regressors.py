import warnings

import numpy as np
import pytest

from featfer.affect import REGRESSORS, make_regressor
from featfer.errors import ParameterError

FAST = {"ridge": {}, "svr": {}, "mlp": {"hidden": 32, "epochs": 60, "learning_rate_init": 0.01}}


@pytest.fixture(scope="module")
def made():
    """Features (300, 16) and two targets, which are linear in them."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 16)).astype(np.float32)
    return features, np.tanh(features @ rng.normal(size=(16, 2)) / 4).astype(np.float32)


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("preprocessing", [{}, {"pca": 16}])
@pytest.mark.parametrize("name", REGRESSORS)
def test_targets_are_learnt_in_silence(made, name, preprocessing, outputs):
    features, targets = made[0], made[1][:, :outputs]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        regressor = make_regressor(name, seed=1, **FAST[name], **preprocessing).fit(features[:200], targets[:200])
        predicted = regressor.predict(features[200:])
    predicted = predicted.reshape(100, outputs)
    for output in range(outputs):
        assert np.corrcoef(predicted[:, output], targets[200:, output])[0, 1] > 0.8


def test_ridge_chooses_a_penalty_for_each_output(made):
    features, targets = made
    noisy = np.stack([targets[:, 0], np.random.default_rng(1).normal(size=300)], axis=1)
    low, high = make_regressor("ridge").fit(features, noisy)[-1].alpha_
    assert low < 10 < 1000 < high


def test_equal_seeds_give_equal_predictions(made):
    runs = [make_regressor("mlp", seed, **FAST["mlp"]).fit(*made).predict(made[0]) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.allclose(runs[0], runs[2])


def test_unknown_names_and_parameters_are_refused():
    with pytest.raises(ParameterError, match="regressor 'lasso' is none of ridge, svr, mlp"):
        make_regressor("lasso")
    with pytest.raises(ParameterError, match=r"ridge: .*'depth'"):
        make_regressor("ridge", depth=3)
