import numpy as np
import pytest

from featfer.classifiers.targets import make_targets


def test_labels_have_all_of_their_class():
    classes, targets = make_targets(["sad", "happy", "sad"])
    assert classes.tolist() == ["happy", "sad"] and targets.dtype == np.float32
    np.testing.assert_array_equal(targets, [[0, 1], [1, 0], [0, 1]])


def test_soft_labels_are_kept_where_any_row_has_some():
    classes, targets = make_targets([2, 2], [[0.25, 0, 0.75, 0], [0, 0, 1, 0]])
    assert classes.tolist() == [0, 2]
    np.testing.assert_array_equal(targets, np.float32([[0.25, 0.75], [0, 1]]))


def test_measured_values_are_no_classes():
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        make_targets([0.5, 1.25, 2.0])
