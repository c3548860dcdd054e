"""Weights of rows, and the risk-coverage curve; the other metrics are tested with the scoring."""

import numpy as np
import pytest

from featfer.evaluation.metrics import calibration_error, compute_risk_coverage, reliability_bins

TRUTH = np.array([0, 0, 1, 1])
PROBABILITIES = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])


def test_a_weight_counts_like_as_many_rows():
    weights = np.array([1, 2, 0, 3])
    repeated = np.repeat(np.arange(4), weights)
    assert calibration_error(TRUTH, PROBABILITIES, weights) == pytest.approx(
        calibration_error(TRUTH[repeated], PROBABILITIES[repeated]))
    assert calibration_error(TRUTH, PROBABILITIES, weights) != pytest.approx(calibration_error(TRUTH, PROBABILITIES))


def test_bins_of_weights_have_their_sums():
    assert reliability_bins(TRUTH, PROBABILITIES, 2, np.array([0.5, 0.25, 0.25, 0])) == [(1.0, pytest.approx(0.9), 0.75)]
    assert reliability_bins(TRUTH, PROBABILITIES, 4) == [
        (1, pytest.approx(0.6), 1.0), (3, pytest.approx(0.9), pytest.approx(2 / 3))]


def test_risk_is_of_the_surest_rows_and_coverage_of_their_weight():
    confidence, is_right = np.array([0.5, 0.9, 0.7]), np.array([False, True, False])
    coverage, risk, area = compute_risk_coverage(confidence, is_right, np.array([0.5, 0.25, 0.25]))
    assert coverage.tolist() == [0.25, 0.5, 1.0]
    assert risk.tolist() == [0.0, 0.5, 0.75]
    assert area == pytest.approx(0.25 * 0 + 0.25 * 0.5 + 0.5 * 0.75)


def test_rows_of_equal_confidence_are_covered_together():
    is_right = np.array([True, False, True, False])
    coverage, risk, _ = compute_risk_coverage(np.array([0.9, 0.9, 0.4, 0.4]), is_right, np.ones(4))
    assert (coverage.tolist(), risk.tolist()) == ([0.5, 1.0], [0.5, 0.5])


def test_rows_without_weight_are_not_on_the_curve():
    coverage, risk, area = compute_risk_coverage(np.array([0.9, 0.8]), np.array([False, True]), np.array([0.0, 2.0]))
    assert (coverage.tolist(), risk.tolist(), area) == ([1.0], [0.0], 0.0)
