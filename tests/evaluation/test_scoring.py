from dataclasses import replace

import numpy as np
import pytest

from featfer.bundle.persist import load, read_card
from featfer.errors import StoreError
from featfer.evaluation.metrics import calibration_error, compute_figures, log_loss, reliability_bins, top_accuracies
from featfer.evaluation.scoring import evaluate, remove_calibration
from featfer.labels import FER6, FER7, LabelSet

NAMES = ("angry", "happy", "sad")


class Oracle:
    """A stand-in for a Recognizer, which reads the label to predict from the first column."""

    label_set = FER7

    def match_labels(self, table):
        self.checked = table
        return table

    def probabilities(self, values):
        return np.eye(7)[values[:, 0].astype(int)] * 0.94 + 0.06 / 7


def one_hot(predicted, classes=3):
    return np.eye(classes)[predicted]


@pytest.fixture
def table(made_table):
    """350 rows whose first column is their label.
     Three rows of test duplicate training rows, and the oracle gets one of them wrong; of the other rows it gets two wrong. One
    row of test duplicates a row of val, and two are unreadable.
    """
    features, groups, status = made_table.features.copy(), made_table.groups.copy(), made_table.status.astype("U11")
    features[:, 0] = made_table.labels
    groups[[280, 281, 282, 283]] = groups[[0, 1, 1, 215]]
    wrong = [282, 290, 291]
    features[wrong, 0] = (features[wrong, 0] + 1) % 7
    features[[300, 301]], status[[300, 301]] = np.nan, "unreadable"
    return replace(made_table, features=features, groups=groups, status=status)


def test_of_equally_likely_classes_the_first_counts_in_every_figure():
    truth, probabilities = np.array([0, 1, 2, 2]), np.array([[0.4, 0.4, 0.2], [0.4, 0.4, 0.2], [1, 1, 1], [0, 0.5, 0.5]])
    result = compute_figures(truth, probabilities, NAMES)
    assert (result["accuracy"], result["top"]) == (0.25, [0.25, 0.75, 1.0])


def test_figures_of_a_small_confusion():
    truth = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    predicted = np.array([0, 0, 0, 1, 1, 1, 0, 2, 0, 1])
    result = compute_figures(truth, one_hot(predicted), NAMES)
    assert result["images"] == 10
    assert result["accuracy"] == pytest.approx(0.6)
    assert result["confusion"] == [[3, 1, 0], [1, 2, 0], [1, 1, 1]]
    assert result["classes"]["angry"] == pytest.approx({"precision": 3 / 5, "recall": 3 / 4, "f1-score": 2 / 3, "support": 4})
    assert result["classes"]["happy"] == pytest.approx({"precision": 2 / 4, "recall": 2 / 3, "f1-score": 4 / 7, "support": 3})
    assert result["classes"]["sad"] == pytest.approx({"precision": 1, "recall": 1 / 3, "f1-score": 1 / 2, "support": 3})
    assert result["macro"]["f1-score"] == pytest.approx((2 / 3 + 4 / 7 + 1 / 2) / 3)
    assert result["macro"]["recall"] == pytest.approx((3 / 4 + 2 / 3 + 1 / 3) / 3)
    assert result["weighted"]["f1-score"] == pytest.approx((4 * 2 / 3 + 3 * 4 / 7 + 3 * 1 / 2) / 10)


def test_figures_keep_a_class_that_never_occurs():
    result = compute_figures(np.array([0, 0]), one_hot([0, 0]), NAMES)
    assert result["classes"]["sad"] == {"precision": 0.0, "recall": 0.0, "f1-score": 0.0, "support": 0.0}
    assert result["confusion"] == [[2, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_macro_figures_are_of_the_classes_that_have_images():
    truth, predicted = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 2, 1, 1])
    result = compute_figures(truth, one_hot(predicted), NAMES)
    assert result["macro"] == pytest.approx({"precision": 1, "recall": (2 / 3 + 1) / 2, "f1-score": 0.9, "support": 5})
    assert result["weighted"]["recall"] == pytest.approx(4 / 5)
    assert result["classes"]["sad"]["support"] == 0


def test_log_loss_of_a_truth_with_probability_0_is_finite():
    assert log_loss(np.array([0, 1]), np.array([[0.5, 0.5], [0.75, 0.25]])) == pytest.approx(np.log([2, 4]).mean())
    assert 300 < log_loss(np.array([0]), np.array([[0.0, 1.0]])) < np.inf
    assert log_loss(np.array([0]), np.array([[1.0, 0.0]])) == 0


def test_calibration_error_of_sure_and_right_predictions_is_0():
    assert calibration_error(np.array([0, 1, 2]), one_hot([0, 1, 2])) == 0


def test_calibration_error_of_sure_and_wrong_predictions_is_1():
    assert calibration_error(np.array([1, 2, 0]), one_hot([0, 1, 2])) == 1


def test_calibration_error_is_0_where_confidence_is_accuracy():
    assert calibration_error(np.array([0, 0, 0, 1]), np.tile([0.75, 0.25], (4, 1))) == pytest.approx(0)


def test_calibration_error_weighs_the_gaps_by_the_rows_in_each_bin():
    probabilities = np.array([[0.9, 0.1]] * 6 + [[0.6, 0.4]] * 2)
    truth = np.array([0, 0, 0, 1, 1, 1, 0, 1])
    assert calibration_error(truth, probabilities) == pytest.approx(6 / 8 * (0.9 - 0.5) + 2 / 8 * (0.6 - 0.5))


def test_calibration_error_does_not_cancel_between_bins():
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4]])
    assert calibration_error(np.array([1, 0]), probabilities) == pytest.approx((0.9 + 0.4) / 2)


def test_evaluate_scores_the_readable_rows_of_the_split(table):
    result = evaluate(Oracle(), table)
    assert (result["split"], result["images"], result["unreadable"]) == ("test", 68, 2)
    assert result["accuracy"] == pytest.approx(65 / 68)
    assert sum(map(sum, result["confusion"])) == 68


def test_evaluate_reports_duplicates_of_training_images_separately(table):
    assert evaluate(Oracle(), table)["copies"] == {
        "images": 3, "accuracy": pytest.approx(2 / 3), "images_without": 65, "accuracy_without": pytest.approx(63 / 65)}


def test_evaluate_without_duplicates_has_no_accuracy_on_them(table):
    result = evaluate(Oracle(), table, "val")
    assert result["copies"] == {"images": 0, "accuracy": None, "images_without": 70, "accuracy_without": 1.0}
    assert result["unreadable"] == 0


def test_the_training_split_has_no_duplicates_of_itself(table):
    assert "copies" not in evaluate(Oracle(), table, "train")


def test_evaluate_checks_the_table_first(table):
    oracle = Oracle()
    evaluate(oracle, table)
    assert oracle.checked is table


def test_evaluate_refuses_an_unknown_split(table):
    with pytest.raises(StoreError, match="split 'dev'"):
        evaluate(Oracle(), table, "dev")


def test_evaluate_counts_unlabelled_rows_neither_as_images_nor_as_unreadable(table):
    labels = table.labels.copy()
    labels[[300, 349]] = -1
    result = evaluate(Oracle(), replace(table, labels=labels))
    assert (result["images"], result["unreadable"]) == (67, 1)


def test_figures_of_any_label_set():
    names = LabelSet("two", ("no", "yes")).names
    assert list(compute_figures(np.array([0, 1]), one_hot([0, 1], 2), names)["classes"]) == ["no", "yes"]


def test_top_accuracies_count_the_second_and_third_guess():
    probabilities = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    assert top_accuracies(np.array([0, 1, 2, 2]), probabilities) == [0.5, 0.75, 1.0]
    assert compute_figures(np.array([0, 1, 2, 2]), probabilities, NAMES)["top"] == [0.5, 0.75, 1.0]
    assert top_accuracies(np.array([0, 1]), probabilities[:2, :2]) == [0.5, 1.0]


def test_reliability_is_of_bins_of_equal_width_without_empty_ones():
    confidence = np.array([0.52, 0.58, 0.9, 1.0])
    probabilities = np.column_stack([confidence, 1 - confidence])
    bins = reliability_bins(np.array([0, 1, 0, 1]), probabilities, bins=5)
    assert [(images, accuracy) for images, _, accuracy in bins] == [(2, 0.5), (2, 0.5)]
    assert [mean for _, mean, _ in bins] == pytest.approx([0.55, 0.95])


def test_calibration_is_removed_once(bundle, made_table):
    recognizer = load(bundle)
    before, val = remove_calibration(recognizer), made_table.split("val")
    error = calibration_error(val.labels, before.probabilities(val.features))
    assert remove_calibration(before) is None
    assert read_card(bundle)["figures"]["val"]["uncalibrated_ece"] == pytest.approx(error)


def test_calibration_is_removed_below_a_corrected_prior(bundle, made_table):
    recognizer, rows = load(bundle), made_table.features[:20]
    corrected = recognizer.with_prior("angry=1,disgust=0,fear=1,happy=2,sad=1,surprise=1,neutral=4")
    before = remove_calibration(corrected)
    weighed = remove_calibration(recognizer).probabilities(rows) * [1, 0, 1, 2, 1, 1, 4]
    np.testing.assert_allclose(before.probabilities(rows), weighed / weighed.sum(axis=1, keepdims=True))
    assert remove_calibration(before) is None
    six = remove_calibration(corrected.relabel(FER6)).probabilities(rows)
    np.testing.assert_allclose(six, before.relabel(FER6).probabilities(rows))
