"""How unlike its training faces a face is: the distance of its feature maps from theirs."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from featfer.typing import Floats
from featfer.utils.estimators import Estimator

LEAST_VARIANCE = 1e-4  # of the mean variance, added to every direction so that the covariance can be inverted
STEPS = 1000           # in which distances become shares
BLOCK_ROWS = 2048      # whose maps are read at once


class Novelty(Estimator):
    """The share of ordinary faces that are less unlike the training faces than a face is: an out-of-distribution score.

    A feature map is divided by its length. Its means over each channel and over each place are compared with those of the
    training faces, by the Mahalanobis distance.

    Parameters
    ----------
    width : int
        Number of columns of the map, the first ones of the features.
    channels : int
        Number of channels; 1 for features that are no map, whose columns are compared one by one.

    Attributes
    ----------
    mean_ : ndarray of float32, shape (m,)
        Of the m means; one for each channel and each place.
    whitening_ : ndarray of float32, shape (m, m)
        Its product with its transpose is the inverse of their covariance.
    distances_ : ndarray of float32, shape (STEPS + 1,)
        Quantiles of the distances of ordinary faces, at equal steps from 0 to 1.

    Notes
    -----
    Lee et al. 2018, "A simple unified framework for detecting out-of-distribution samples and adversarial attacks", without
    classes.
    """

    def __init__(self, width: int, channels: int = 1) -> None:
        self.width = width
        self.channels = channels

    def fit(self, X: Floats, ordinary: Floats) -> Self:
        """Learn the covariance of the training faces, and the distances of ordinary ones.

        Parameters
        ----------
        X : ndarray of float, shape (n, d)
            Features of training faces, d at least `width`.
        ordinary : ndarray of float, shape (k, d)
            Features of other faces such as those that will come; the model must not have been trained on them.

        Returns
        -------
        self
        """
        means = self._means(X)
        covariance = np.atleast_2d(np.cov(means.T))
        covariance += LEAST_VARIANCE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        self.mean_ = means.mean(axis=0).astype(np.float32)
        self.whitening_ = np.linalg.cholesky(np.linalg.inv(covariance)).astype(np.float32)
        self.distances_ = np.quantile(self._distances(ordinary), np.linspace(0, 1, STEPS + 1)).astype(np.float32)
        return self

    def score(self, X: Floats) -> NDArray[np.float64]:
        """Return the novelty of faces.

        Parameters
        ----------
        X : ndarray of float, shape (n, d)
            Features.

        Returns
        -------
        ndarray of float, shape (n,)
            From 0 to 1: 0.99 means that of 100 ordinary faces only one is as unlike the training faces.
        """
        return np.interp(self._distances(X), self.distances_, np.linspace(0, 1, len(self.distances_)))

    def _means(self, X: Floats) -> NDArray[np.float64]:
        """Return the means over each channel and each place of maps of length 1, float64 (n, m)."""
        means = np.empty((len(X), self.channels + self.width // self.channels))
        for start in range(0, len(X), BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            maps = X[block, :self.width].astype(np.float64)
            maps /= np.maximum(np.linalg.norm(maps, axis=1, keepdims=True), np.finfo(np.float32).tiny)
            maps = maps.reshape(len(maps), self.channels, -1)
            means[block] = np.concatenate([maps.mean(axis=2), maps.mean(axis=1)], axis=1)
        return means

    def _distances(self, X: Floats) -> Floats:
        return np.linalg.norm((self._means(X) - self.mean_) @ self.whitening_, axis=1)
