"""A support vector machine with RBF kernel whose predictions are matrix products."""

from itertools import combinations
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from featfer.classifiers.intelex import has_intelex, import_fastest
from featfer.classifiers.kernels import DTYPES, KernelSumMixin, scale_gamma
from featfer.classifiers.pipeline import Pipeline, make_pipeline
from featfer.classifiers.preprocessing import check_compact, check_two_classes, make_preprocessing
from featfer.typing import Floats, Integers
from featfer.utils.estimators import ClassifierMixin, Estimator, softmax
from featfer.utils.progress import bar

CACHE_MIB = 1000  # of the kernel matrix kept while a pair is fitted: with 500, Intel's takes twice as long for 20,000 rows


class RBFSVM(KernelSumMixin, ClassifierMixin, Estimator):
    """One-vs-one support vector machine with kernel ``k(x, z) = exp(-gamma |x - z|^2)``.

    Each pair of classes is trained by scikit-learn's SVC (libsvm), or by Intel's where scikit-learn-intelex is installed. The
    model keeps the union of all support vectors and their coefficients for each pair, so that predicting is a product of
    matrices and needs neither library.

    Parameters
    ----------
    C : float, above 0
        Penalty of a training row on the wrong side of its margin: the larger, the closer the training rows are fitted.
    gamma : float, above 0, or "scale"
        How narrow the kernel is: the larger, the less far a support vector counts. "scale" is 1 / (features x variance).
    class_weight : dict or "balanced", optional
        Factors of C by the number of the label; "balanced" lets every class count alike, however rare.
    compact : {"float16", "int8"}, optional
        Type of the stored support vectors: float16 for standardised features; int8 in steps of each column's own; none for
        float32.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
    support_vectors_ : ndarray, shape (s, d)
    coef_ : ndarray of float32, shape (s, pairs)
    intercept_ : ndarray of float32, shape (pairs,)
    gamma_ : float
    steps_ : ndarray of float32, shape (d,)
        Only for int8.

    Notes
    -----
    Chang and Lin 2011, "LIBSVM: A library for support vector machines".
    """

    def __init__(self, C: float = 5.0, gamma: float | str = "scale", class_weight: dict[Any, float] | str | None = None,
                 compact: str | None = None) -> None:
        self.C = C
        self.gamma = gamma
        self.class_weight = class_weight
        self.compact = compact

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit a machine for each pair of classes.

        Parameters
        ----------
        X : array_like of float, shape (n, d)
        y : array_like, shape (n,)
            Labels.
        sample_weight : array_like, shape (n,), optional
            Factors of C for each row, 0 or more.

        Returns
        -------
        self
        """
        from sklearn.utils.multiclass import check_classification_targets
        from sklearn.utils.validation import _check_sample_weight, validate_data

        X, y = validate_data(self, X, y, dtype=DTYPES)
        check_classification_targets(y)
        check_compact(self.compact)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
            X, y, sample_weight = (rows[sample_weight > 0] for rows in (X, y, sample_weight))
        self.classes_, y = np.unique(y, return_inverse=True)
        check_two_classes(self.classes_)
        self.gamma_ = scale_gamma(X, sample_weight) if self.gamma == "scale" else float(self.gamma)
        coef, self.intercept_ = self._fit_pairs(X, y, sample_weight)
        used = np.flatnonzero(coef.any(axis=1))
        self.coef_ = coef[used]
        self._keep(X[used])
        return self

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Sum the votes for each class against every other class.

        A vote is the margin of a pair of classes, clipped to [-1, 1], because a support vector machine is not more certain
        beyond its margin.

        Parameters
        ----------
        X : array_like of float, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, classes), or (n,) for two classes
        """
        votes = np.clip(self._sum_kernels(X), -1, 1)
        if len(self.classes_) == 2:
            return -votes[:, 0]
        return sum_votes(votes, len(self.classes_))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, classes)
            Columns in the order of `classes_`; rows sum to 1.
            Softmax of the votes, not calibrated.
        """
        votes = self.decision_function(X)
        return softmax(np.stack([-votes, votes], axis=1) if votes.ndim == 1 else votes)

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict the likeliest class of each row.

        Parameters
        ----------
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n,)
        """
        scores = self.decision_function(X)
        return self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]

    def _fit_pairs(self, X: Floats, y: Integers, sample_weight: Floats | None) -> tuple[Floats, Floats]:
        """Return the coefficients of all rows, (n, pairs), and the intercepts, (pairs,)."""
        from joblib import Parallel, delayed
        from sklearn.utils.class_weight import compute_class_weight

        weights = dict(enumerate(compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_[y])))
        pairs = list(combinations(range(len(self.classes_)), 2))
        threads = 1 if has_intelex() else -1  # Intel's uses every core by itself
        run = Parallel(n_jobs=threads, prefer="threads", return_as="generator")
        machines = run(delayed(self._fit_pair)(X, y, pair, weights, sample_weight) for pair in pairs)
        coef = np.zeros((len(X), len(pairs)), np.float32)
        intercept = np.zeros(len(pairs), np.float32)
        for p, (rows, values, constant) in enumerate(bar(machines, total=len(pairs), desc="fitting SVM", unit=" pairs")):
            coef[rows, p], intercept[p] = values, constant
        return coef, intercept

    def _fit_pair(self, X: Floats, y: Integers, pair: tuple[int, int], weights: dict[int, float],
                  sample_weight: Floats | None) -> tuple[Integers, Floats, float]:
        """Return the rows of the support vectors, their coefficients and the intercept, for the first class of the pair."""
        rows = np.flatnonzero(np.isin(y, pair))
        first = y[rows] == pair[0]
        machine = import_fastest("sklearn.svm", "SVC")(
            C=self.C, kernel="rbf", gamma=self.gamma_, cache_size=CACHE_MIB,
            class_weight={True: weights[pair[0]], False: weights[pair[1]]})
        machine.fit(X[rows], first, None if sample_weight is None else sample_weight[rows])
        return rows[machine.support_], machine.dual_coef_[0], machine.intercept_[0]


def sum_votes(votes: Floats, classes: int) -> NDArray[np.float64]:
    """Sum the votes for each class against every other class.

    Parameters
    ----------
    votes : ndarray of float, shape (n, pairs)
        Positive for the first class of a pair; pairs in the order of `itertools.combinations`.
    classes : int
        Number of classes.

    Returns
    -------
    ndarray of float64, shape (n, classes)
    """
    total = np.zeros((len(votes), classes))
    for p, (first, second) in enumerate(combinations(range(classes), 2)):
        total[:, first] += votes[:, p]
        total[:, second] -= votes[:, p]
    return total


def svm(seed: int = 0, pca: int | None = None, compact: str | None = "float16", **params: Any) -> Pipeline:
    """Make a support vector machine with RBF kernel (`RBFSVM`) behind standardisation.

    Parameters
    ----------
    seed : int
        Only used by `pca`.
    pca : int, from 1, optional
        Keep that many principal components instead of standardising, for features with thousands of columns.
    compact, **params
        Parameters of `RBFSVM`.

    Returns
    -------
    Pipeline, unfitted
    """
    return make_pipeline(*make_preprocessing(pca, seed=seed), RBFSVM(compact=compact, **params))
