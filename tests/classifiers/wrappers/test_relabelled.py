from types import SimpleNamespace

import numpy as np

from featfer.classifiers.wrappers.relabelled import Relabelled
from featfer.labels import FER3, FER6, FER7, map_labels

ROWS = np.array([[0.2, 0.1, 0.0, 0.4, 0.1, 0.0, 0.2], [0.3, 0.2, 0.2, 0.0, 0.0, 0.3, 0.0]])


def make_classifier(rows, classes=range(7)):
    """Return a classifier that predicts these rows for any input."""
    return SimpleNamespace(classes_=np.array(classes), predict_proba=lambda X: rows)


def test_classes_with_the_same_new_label_add_up():
    six = Relabelled(make_classifier(ROWS), map_labels(FER7, FER6))
    assert six.classes_.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(six.predict_proba(None), [[0.3, 0.0, 0.4, 0.1, 0.0, 0.2], [0.5, 0.2, 0.0, 0.0, 0.3, 0.0]])
    assert [FER6.names[label] for label in six.predict(None)] == ["happy", "angry"]


def test_the_remaining_labels_sum_to_one():
    three = Relabelled(make_classifier(ROWS), map_labels(FER7, FER3))
    np.testing.assert_allclose(three.predict_proba(None), [[4 / 7, 1 / 7, 2 / 7], [1 / 3] * 3])
    assert three.predict(None)[0] == FER3.index("happy")


def test_a_classifier_that_does_not_know_every_label():
    three = Relabelled(make_classifier(ROWS[:1, [0, 4, 6]], classes=[0, 4, 6]), map_labels(FER7, FER3))
    assert three.classes_.tolist() == [FER3.index("sad"), FER3.index("neutral")]
    np.testing.assert_allclose(three.predict_proba(None), [[1 / 3, 2 / 3]])
