import math
import warnings

import numpy as np
import pytest

from featfer.affect.metrics import coarse_valence, compute_figures
from featfer.errors import ParameterError
from featfer.labels import AFFECTNET8, FER7, POLARITY3, LabelSet


def test_figures_by_hand():
    truth = np.array([[-1.0, 0.5], [0.0, 0.5], [0.5, -0.5], [0.5, -0.5]])
    told = np.array([[-0.5, 0.5], [0.0, -0.5], [0.5, -0.5], [1.0, 0.5]])
    found = compute_figures(truth, told)
    assert found["images"] == 4
    # Of valence: means 0 and 0.25, variances 0.375 and 0.3125, covariance 0.3125.
    assert found["valence"] == pytest.approx({"rmse": math.sqrt(0.5 / 4), "pearson": 0.3125 / math.sqrt(0.375 * 0.3125),
                                              "ccc": 0.625 / (0.375 + 0.3125 + 0.0625), "sign": 1.0})
    assert found["arousal"] == pytest.approx({"rmse": math.sqrt(0.5), "pearson": 0, "ccc": 0, "sign": 0.5})


def test_a_shifted_prediction_correlates_but_does_not_concord():
    truth = np.array([[-0.5], [0.5]])
    found = compute_figures(truth, truth + 0.5, ("valence",))
    assert list(found) == ["images", "valence"]
    assert found["valence"] == pytest.approx({"rmse": 0.5, "pearson": 1, "ccc": 2 / 3, "sign": 0.5})
    exact = compute_figures(truth, truth, ("valence",))["valence"]
    assert exact == pytest.approx({"rmse": 0, "pearson": 1, "ccc": 1, "sign": 1})


@pytest.mark.parametrize("truth", [[[0.1], [0.7]], [[0.5], [0.5]], [[0.5]]])
def test_constant_predictions_correlate_with_nothing(truth):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = compute_figures(np.array(truth), np.full((len(truth), 1), 0.5), ("valence",))["valence"]
    assert (found["pearson"], found["ccc"], found["sign"]) == (0, 0, 1)


def test_coarse_valence_is_the_mean_over_votes_with_a_polarity():
    votes = np.zeros((5, 8), np.float32)
    votes[0, AFFECTNET8.index("happy")] = 1
    votes[1, [AFFECTNET8.index("neutral"), AFFECTNET8.index("contempt")]] = 0.75, 0.25
    votes[2, [AFFECTNET8.index("surprise"), AFFECTNET8.index("happy"), AFFECTNET8.index("angry")]] = 0.5, 0.375, 0.125
    votes[3, AFFECTNET8.index("surprise")] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        valence = coarse_valence(votes, AFFECTNET8)
    assert valence.dtype == np.float32
    np.testing.assert_allclose(valence, [1, -0.25, 0.5, np.nan, np.nan])


def test_counts_and_other_label_sets_are_accepted():
    counts = np.array([[3, 0, 0, 6, 0, 1, 0]])
    assert coarse_valence(counts, FER7) == pytest.approx([3 / 9])
    assert coarse_valence(np.array([[1, 1, 2]]), POLARITY3) == pytest.approx([-0.25])


def test_labels_without_a_polarity_are_refused():
    with pytest.raises(ParameterError, match="labels moods cannot be turned into polarity3"):
        coarse_valence(np.ones((1, 2)), LabelSet("moods", ("calm", "upset")))
