"""The regressors of REGRESSORS in featfer.affect."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVR

from featfer.classifiers.preprocessing import make_preprocessing

ALPHAS = tuple(np.logspace(-1, 5, 13).tolist())  # from no penalty to speak of to a constant, for whitened or scaled features


class Network(MLPRegressor):
    """scikit-learn's multilayer perceptron, which takes a single output as a column too, and says nothing where it ends at
    max_iter: so many epochs were asked for."""

    def fit(self, X, y):
        """Fit features (n, d) and targets (n, outputs)."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return super().fit(X, y[:, 0] if y.shape[1] == 1 else y)


def ridge(seed=0, pca=None, alphas=ALPHAS):
    """Return scaling, or pca whitened principal components, and ridge regression (Hoerl and Kennard 1970); for each output the
    penalty is that of `alphas` with the least squared error, each row left out once. Without pca the seed changes nothing."""
    return make_pipeline(*make_preprocessing(pca, whiten=True, seed=seed), RidgeCV(alphas, alpha_per_target=True))


def svr(seed=0, pca=None, C=0.5, epsilon=0.1, **params):
    """Return scaling, or pca principal components, and a support vector machine with RBF kernel for each output (Smola and
    Schölkopf 2004). Without pca the seed changes nothing."""
    return make_pipeline(*make_preprocessing(pca, seed=seed), MultiOutputRegressor(SVR(C=C, epsilon=epsilon, **params)))


def mlp(seed=0, pca=None, hidden=1024, epochs=30, **params):
    """Return scaling, or pca whitened principal components, and a Network with one hidden layer, for all outputs."""
    network = Network(hidden_layer_sizes=(hidden,), max_iter=epochs, random_state=seed, **params)
    return make_pipeline(*make_preprocessing(pca, whiten=True, seed=seed), network)
