"""What featfer's own scikit-learn classifiers have in common."""

from typing import Any

from numpy.typing import NDArray
from sklearn.base import ClassifierMixin


class LikeliestClassMixin(ClassifierMixin):
    """Predicts the class with the highest probability; subclasses have `predict_proba` and `classes_`."""

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict the likeliest class of each row.

        Parameters
        ----------
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n,)
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]
