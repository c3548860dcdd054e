"""The regressors of REGRESSORS in featfer.affect, as scikit-learn estimators of several outputs."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import SVR

from featfer.classifiers.preprocessing import make_preprocessing
from featfer.typing import Floats

# Penalties from almost none to a nearly constant prediction, for whitened or standardised features.
ALPHAS = tuple(np.logspace(-1, 5, 13).tolist())


class Network(MLPRegressor):
    """scikit-learn's multilayer perceptron, which also accepts a single output as a column.

    It does not warn when it ends at `max_iter`, because that many epochs were asked for. See
    `sklearn.neural_network.MLPRegressor` for the parameters and attributes.
    """

    def fit(self, X: Floats, y: Floats) -> Self:
        """Train the network.

        Parameters
        ----------
        X : ndarray of float, shape (n, d)
        y : ndarray of float, shape (n, outputs)

        Returns
        -------
        self
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return super().fit(X, y[:, 0] if y.shape[1] == 1 else y)


def ridge(seed: int = 0, pca: int | None = None, alphas: Sequence[float] = ALPHAS) -> Pipeline:
    """Make a ridge regression behind standardisation.

    Parameters
    ----------
    seed : int
        Only used by `pca`.
    pca : int, from 1, optional
        Keep that many whitened principal components instead of standardising.
    alphas : sequence of float
        Candidates for the penalty; each output gets the one with the least leave-one-out squared error.

    Returns
    -------
    sklearn.pipeline.Pipeline, unfitted

    Notes
    -----
    Hoerl and Kennard 1970, "Ridge regression: Biased estimation for nonorthogonal problems".
    """
    return make_pipeline(*make_preprocessing(pca, whiten=True, seed=seed), RidgeCV(alphas, alpha_per_target=True))


def svr(seed: int = 0, pca: int | None = None, C: float = 0.5, epsilon: float = 0.1, **params: Any) -> Pipeline:
    """Make a support vector regression with RBF kernel for each output, behind standardisation.

    Parameters
    ----------
    seed : int
        Only used by `pca`.
    pca : int, from 1, optional
        Keep that many principal components instead of standardising.
    C, epsilon, **params
        Of scikit-learn's `SVR`.

    Returns
    -------
    sklearn.pipeline.Pipeline, unfitted

    Notes
    -----
    Smola and Schölkopf 2004, "A tutorial on support vector regression".
    """
    return make_pipeline(*make_preprocessing(pca, seed=seed), MultiOutputRegressor(SVR(C=C, epsilon=epsilon, **params)))


def mlp(seed: int = 0, pca: int | None = None, hidden: int = 1024, epochs: int = 30, **params: Any) -> Pipeline:
    """Make a multilayer perceptron with one hidden layer (`Network`) behind standardisation.

    Parameters
    ----------
    seed : int
    pca : int, from 1, optional
        Keep that many whitened principal components instead of standardising.
    hidden : int, from 1
        Width of the hidden layer.
    epochs : int, from 1
        How often training goes through all rows.
    **params
        Of scikit-learn's `MLPRegressor`.

    Returns
    -------
    sklearn.pipeline.Pipeline, unfitted
    """
    network = Network(hidden_layer_sizes=(hidden,), max_iter=epochs, random_state=seed, **params)
    return make_pipeline(*make_preprocessing(pca, whiten=True, seed=seed), network)
