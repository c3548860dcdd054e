"""What featfer's own classifiers have in common."""

import numpy as np
from sklearn.base import BaseEstimator, is_classifier

from featfer.utils.estimators import LikeliestClassMixin


class Given(LikeliestClassMixin, BaseEstimator):
    """Predicts the probabilities that it is given."""

    classes_ = np.array([2, 5, 7])

    def predict_proba(self, X):
        return X


def test_the_likeliest_class_is_predicted_and_the_first_of_equal_ones():
    given = Given()
    assert given.predict(np.array([[0.1, 0.2, 0.7], [0.4, 0.4, 0.2], [0.0, 1.0, 0.0]])).tolist() == [7, 2, 5]
    assert is_classifier(given)
