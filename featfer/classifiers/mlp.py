"""A multilayer perceptron with one hidden layer, trained by torch and run by numpy."""

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from featfer.classifiers.preprocessing import check_several, make_preprocessing
from featfer.utils.progress import bar


class MLP(ClassifierMixin, BaseEstimator):
    """d -> hidden (ReLU) -> classes, softmax; cross-entropy, AdamW (Loshchilov and Hutter 2019), one-cycle rate.

    hidden: width of the hidden layer
    epochs, batch, lr, weight_decay: of the optimiser
    dropout: share of hidden units dropped in training (Srivastava et al. 2014)
    noise: standard deviation of the noise added to the inputs in training, in units of theirs
    mixup: alpha of the Beta distribution that pairs of samples are mixed by (Zhang et al. 2018); 0: none
    smoothing: share of each label given to all classes alike (Szegedy et al. 2016)
    random_state: seed; device: where torch trains

    Learnt: classes_, weights_ [(d, hidden), (hidden, classes)] and biases_, float32; loss_curve_, a mean an epoch.
    """

    def __init__(self, hidden=1024, epochs=60, batch=256, lr=1e-2, weight_decay=0.02, dropout=0.5, noise=0.0, mixup=0.0,
                 smoothing=0.1, random_state=None, device="cpu"):
        self.hidden = hidden
        self.epochs = epochs
        self.batch = batch
        self.lr = lr
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.noise = noise
        self.mixup = mixup
        self.smoothing = smoothing
        self.random_state = random_state
        self.device = device

    def fit(self, X, y, sample_weight=None, shares=None):
        """Fit features (n, d) and labels (n,).

        sample_weight: (n,), 0 or more, of each row's loss, None for all alike
        shares: float (n, labels), how much of a row each label 0, 1, ... has, rows sum to 1; they are learnt in place of y
        """
        import torch

        X, y = validate_data(self, X, y, dtype=np.float32)
        targets = self._targets(y, shares)
        check_several(self.classes_)
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=np.float32, ensure_non_negative=True)
            targets *= (weights / weights.mean())[:, None]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(check_random_state(self.random_state).randint(2**31))
            net = self._train(torch.from_numpy(X), torch.from_numpy(targets))
        layers = [net[0], net[3]]
        self.weights_ = [layer.weight.detach().cpu().numpy().T.copy() for layer in layers]
        self.biases_ = [layer.bias.detach().cpu().numpy().copy() for layer in layers]
        return self

    def predict_proba(self, X):
        """Return the probability of each class, (n, classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        hidden = np.maximum(X @ self.weights_[0] + self.biases_[0], 0)
        return softmax((hidden @ self.weights_[1] + self.biases_[1]).astype(np.float64), axis=1)

    def predict(self, X):
        """Return the likeliest class of each row, (n,)."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def _targets(self, y, shares):
        """Return how much of each row every class is to get, smoothed, float32 (n, classes); set classes_."""
        if shares is None:
            check_classification_targets(y)
            self.classes_, y = np.unique(y, return_inverse=True)
            shares = np.eye(len(self.classes_), dtype=np.float32)[y]
        else:
            self.classes_ = np.flatnonzero(shares.any(axis=0))
            shares = np.asarray(shares, np.float32)[:, self.classes_]
        return shares * np.float32(1 - self.smoothing) + np.float32(self.smoothing / len(self.classes_))

    def _train(self, X, y):
        import torch
        from torch import nn

        X, y = X.to(self.device), y.to(self.device)
        net = nn.Sequential(nn.Linear(X.shape[1], self.hidden), nn.ReLU(), nn.Dropout(self.dropout),
                            nn.Linear(self.hidden, len(self.classes_))).to(self.device)
        loss_of = nn.CrossEntropyLoss()
        optimizer = torch.optim.AdamW(net.parameters(), lr=self.lr, weight_decay=self.weight_decay)
        steps = self.epochs * -(-len(X) // self.batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.lr, total_steps=steps + 1, pct_start=0.1)
        self.loss_curve_ = []
        for _ in bar(range(self.epochs), desc="fitting MLP", unit=" epochs"):
            total = 0.0
            for rows in torch.randperm(len(X)).split(self.batch):
                loss = loss_of(*self._forward(net, X[rows], y[rows]))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                total += loss.item() * len(rows)
            self.loss_curve_.append(total / len(X))
        return net

    def _forward(self, net, x, y):
        """Return scores and targets of a batch, noisy and mixed with itself in another order."""
        import torch

        if self.noise:
            x = x + self.noise * torch.randn_like(x)
        if self.mixup:
            share = float(torch.distributions.Beta(self.mixup, self.mixup).sample())
            other = torch.randperm(len(x))
            x, y = torch.lerp(x[other], x, share), torch.lerp(y[other], y, share)
        return net(x), y


def mlp(seed=0, pca=None, **params):
    """Return scaling, or pca whitened principal components, and an MLP with these parameters."""
    return make_pipeline(*make_preprocessing(pca, whiten=True, seed=seed), MLP(random_state=seed, **params))
