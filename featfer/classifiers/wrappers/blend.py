"""Several fitted classifiers combined into one, by vote or by stacking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from featfer.errors import ParameterError
from featfer.typing import Integers
from featfer.utils.estimators import Estimator, LikeliestClassMixin

if TYPE_CHECKING:
    from sklearn.model_selection import GridSearchCV

HOWS = ("vote", "stack")
LEAST = 1e-6  # lower probabilities are raised to this before taking the logarithm
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # candidates for C of a stack: more members need more regularisation
FOLDS = 3  # of the cross-validation that chooses C of a stack


class Blend(LikeliestClassMixin, Estimator):
    """Soft vote over fitted classifiers, or stacked generalisation.

    Parameters
    ----------
    members : list of fitted classifiers
        With equal classes.
    columns : list of ndarray of int, or of slice
        For each member, its columns of the joined features.
    how : {"vote", "stack"}
        "vote" averages the members' probabilities and needs no fitting. "stack" is a multinomial logistic regression on the
        logarithms of their probabilities; fit it on rows that the members were not fitted on.
    weights : sequence of float, optional
        Of the members in a vote; by default all count the same.

    Attributes
    ----------
    stack_ : sklearn.linear_model.LogisticRegression
        Only for "stack".
    classes_ : ndarray, shape (classes,)

    Raises
    ------
    ParameterError
        From `fit` and `predict_proba`, when the members cannot be blended.

    Notes
    -----
    Wolpert 1992, "Stacked generalization".
    """

    def __init__(self, members: Sequence[Any], columns: Sequence[Integers | slice], how: str = "vote",
                 weights: Sequence[float] | None = None) -> None:
        self.members = members
        self.columns = columns
        self.how = how
        self.weights = weights

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes of the members."""
        return self.members[0].classes_

    def fit(self, X: Any, y: Any) -> Self:
        """Fit the stack; a vote learns nothing.

        Parameters
        ----------
        X : ndarray of float, shape (n, d)
            Joined features of all members.
        y : array_like, shape (n,)
            Labels.

        Returns
        -------
        self
        """
        self._check()
        if self.how == "stack":
            self.stack_ = make_stacker().fit(self.log_probabilities(X), y).best_estimator_
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, classes)
            Columns in the order of `classes_`; rows sum to 1.
        """
        self._check()
        if self.how == "stack":
            return self.stack_.predict_proba(self.log_probabilities(X))
        return np.average(self._predict_members(X), axis=0, weights=self.weights)

    def log_probabilities(self, X: Any) -> NDArray[np.float64]:
        """Compute the input of the stack: the logarithms of all members' probabilities.

        Parameters
        ----------
        X : array_like of float, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, members x classes)
        """
        return np.log(np.maximum(np.concatenate(self._predict_members(X), axis=1), LEAST))

    def _predict_members(self, X: Any) -> list[NDArray[np.float64]]:
        return [member.predict_proba(X[:, columns]) for member, columns in zip(self.members, self.columns, strict=True)]

    def _check(self) -> None:
        if self.how not in HOWS:
            raise ParameterError(f"how {self.how!r} is none of {', '.join(HOWS)}")
        if any(not np.array_equal(member.classes_, self.classes_) for member in self.members):
            known = "; ".join(str(member.classes_.tolist()) for member in self.members)
            raise ParameterError(f"members know different classes: {known}")
        if self.weights is not None and (len(self.weights) != len(self.members) or min(self.weights) < 0
                                         or not sum(self.weights) > 0):
            raise ParameterError(f"weights {list(self.weights)} for {len(self.members)} members: give each one, 0 or more, "
                                 "and not all 0")

    def __sklearn_is_fitted__(self) -> bool:
        return self.how == "vote" or hasattr(self, "stack_")


def make_stacker() -> GridSearchCV:
    """Make the classifier of a stack: a logistic regression whose C has the least log loss in cross-validation.

    Returns
    -------
    sklearn.model_selection.GridSearchCV, unfitted
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    return GridSearchCV(LogisticRegression(max_iter=2000), {"C": STRENGTHS}, scoring="neg_log_loss", cv=FOLDS)
