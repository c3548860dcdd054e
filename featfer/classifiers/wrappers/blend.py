"""Several trained classifiers as one: their probabilities averaged, or weighed by a classifier over them."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from featfer.errors import ParameterError

HOWS = ("vote", "stack")
LEAST = 1e-6  # probability: below, a logarithm would say more than a member knows
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # C of a stack: the more members there are, the less each weight is to be trusted
FOLDS = 3  # among which a stack's strength is chosen


class Blend(ClassifierMixin, BaseEstimator):
    """Soft vote over fitted classifiers, or stacked generalization on them (Wolpert 1992).

    members: fitted classifiers of the same classes; columns: of the joined matrix, an index or slice for each member
    how: "vote", the mean of the members' probabilities, needs no fitting; "stack", a multinomial logistic regression on
    their logarithms, is fitted on rows that the members were not, as strong as cross-validation in them says
    weights: of the members in the vote, None for all alike

    Learnt, by "stack" alone: stack_, a LogisticRegression. Raises ParameterError for what cannot be blended.
    """

    def __init__(self, members, columns, how="vote", weights=None):
        self.members = members
        self.columns = columns
        self.how = how
        self.weights = weights

    @property
    def classes_(self):
        """The classes that all members know."""
        return self.members[0].classes_

    def fit(self, X, y):
        """Fit the stack to joined features (n, d) and labels (n,); a vote learns nothing."""
        self._check()
        if self.how == "stack":
            self.stack_ = stacker().fit(self.log_probabilities(X), y).best_estimator_
        return self

    def predict_proba(self, X):
        """Return the probability of each class, (n, classes)."""
        self._check()
        if self.how == "stack":
            return self.stack_.predict_proba(self.log_probabilities(X))
        return np.average(self._probabilities(X), axis=0, weights=self.weights)

    def predict(self, X):
        """Return the likeliest class of each row, (n,)."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def log_probabilities(self, X):
        """Return the logarithms of the members' probabilities side by side, (n, members x classes): what a stack is over."""
        return np.log(np.maximum(np.concatenate(self._probabilities(X), axis=1), LEAST))

    def _probabilities(self, X):
        return [member.predict_proba(X[:, at]) for member, at in zip(self.members, self.columns, strict=True)]

    def _check(self):
        if self.how not in HOWS:
            raise ParameterError(f"how {self.how!r} is none of {', '.join(HOWS)}")
        if any(not np.array_equal(member.classes_, self.classes_) for member in self.members):
            known = "; ".join(str(member.classes_.tolist()) for member in self.members)
            raise ParameterError(f"members know different classes: {known}")
        if self.weights is not None and (len(self.weights) != len(self.members) or min(self.weights) < 0
                                         or not sum(self.weights) > 0):
            raise ParameterError(f"weights {list(self.weights)} for {len(self.members)} members: give each one, 0 or more, "
                                 "and not all 0")

    def __sklearn_is_fitted__(self):
        return self.how == "vote" or hasattr(self, "stack_")


def stacker():
    """Return the unfitted classifier that a stack puts on its members' log-probabilities: of STRENGTHS that of the least log
    loss in cross-validation."""
    return GridSearchCV(LogisticRegression(max_iter=2000), {"C": STRENGTHS}, scoring="neg_log_loss", cv=FOLDS)
