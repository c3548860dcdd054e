"""A multilayer perceptron with one hidden layer, trained by torch and run by numpy."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from featfer.classifiers.pipeline import Pipeline, make_pipeline
from featfer.classifiers.preprocessing import check_compact, check_two_classes, make_preprocessing, pack_columns, unpack_parts
from featfer.classifiers.targets import make_targets
from featfer.typing import Floats
from featfer.utils.estimators import Estimator, LikeliestClassMixin, multiply, read_rows, softmax
from featfer.utils.progress import bar


class MLP(LikeliestClassMixin, Estimator):
    """Multilayer perceptron: d -> hidden (ReLU) -> classes (softmax).

    Trained with cross-entropy, AdamW and a one-cycle learning rate. Several networks from different random weights can be
    averaged: their hidden units stand side by side, in one network.

    Parameters
    ----------
    hidden : int, from 1
        Width of the hidden layer.
    epochs : int, from 1
        How often training goes through all rows.
    batch : int, from 1
        Rows in a step of the optimiser.
    lr : float, above 0
        Highest learning rate of the optimiser.
    weight_decay : float, from 0
        Weight decay of the optimiser.
    dropout : float, from 0 to below 1
        Fraction of hidden units dropped in training, in steps of a 256th.
    noise : float, from 0
        Standard deviation of the noise added to the inputs in training, in their unit.
    mixup : float, from 0
        Alpha of the Beta distribution of mixup; 0 for none.
    smoothing : float, from 0 to below 1
        Label smoothing: the fraction of each label that is spread evenly over all classes.
    networks : int, from 1
        Number of networks whose scores, before the softmax, are averaged. Each has `hidden` units.
    compact : {"float16", "int8"}, optional
        Type of the stored weights of the hidden layer; int8 has steps of each unit's own; none for float32.
    random_state : int, optional
    device : str
        Where torch trains, such as "cpu" or "cuda".

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
    weights_ : list of ndarray
        Shapes (d, networks x hidden), of the type that `compact` says, and (networks x hidden, classes), float32.
    biases_ : list of ndarray of float32
        Shapes (networks x hidden,) and (classes,).
    steps_ : ndarray of float32, shape (networks x hidden,)
        Only for int8: the weights of a hidden unit are those of `weights_` times its step.
    loss_curve_ : list of float
        Training loss of each epoch, averaged over rows and networks.

    Notes
    -----
    AdamW: Loshchilov and Hutter 2019. Dropout: Srivastava et al. 2014. Mixup: Zhang et al. 2018. Label smoothing:
    Szegedy et al. 2016.
    """

    def __init__(self, hidden: int = 1024, epochs: int = 60, batch: int = 256, lr: float = 1e-2, weight_decay: float = 0.02,
                 dropout: float = 0.5, noise: float = 0.0, mixup: float = 0.0, smoothing: float = 0.1,
                 networks: int = 1, compact: str | None = None, random_state: int | None = None, device: str = "cpu") -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.batch = batch
        self.lr = lr
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.noise = noise
        self.mixup = mixup
        self.smoothing = smoothing
        self.networks = networks
        self.compact = compact
        self.random_state = random_state
        self.device = device

    def fit(self, X: Any, y: Any, sample_weight: Any = None, soft_labels: Any = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array_like of float, shape (n, d)
        y : array_like, shape (n,)
            Labels.
        sample_weight : array_like, shape (n,), optional
            Weights of the rows' losses, 0 or more.
        soft_labels : array_like of float, shape (n, labels), optional
            Probability of each label 0, 1, ... in each row; rows sum to 1. Learnt instead of `y`.

        Returns
        -------
        self
        """
        import torch
        from sklearn.utils import check_random_state
        from sklearn.utils.validation import _check_sample_weight, validate_data

        X, y = validate_data(self, X, y, dtype=np.float32)
        check_compact(self.compact)
        self.classes_, targets = make_targets(y, soft_labels)
        check_two_classes(self.classes_)
        targets = targets * np.float32(1 - self.smoothing) + np.float32(self.smoothing / len(self.classes_))
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=np.float32, ensure_non_negative=True)
            targets *= (weights / weights.mean())[:, None]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(check_random_state(self.random_state).randint(2**31))
            trained = [self._train(torch.from_numpy(X), torch.from_numpy(targets), number) for number in range(self.networks)]
        self.loss_curve_ = np.mean([losses for _, losses in trained], axis=0).tolist()
        self._join([net for net, _ in trained])
        return self

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({"networks": 1, "compact": None, **state})  # bundles of earlier versions do not have them

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
        X = read_rows(self, X, np.float32)
        weights = next(whole for _, whole in unpack_parts(self, self.weights_[0], self._unpack, len(self.weights_[0])))
        hidden = np.maximum(multiply(X, weights) + self.biases_[0], 0)
        return softmax((multiply(hidden, self.weights_[1]) + self.biases_[1]).astype(np.float64))

    def _join(self, nets: list[Any]) -> None:
        """Keep networks side by side as one, whose scores are the mean of theirs."""
        first, first_bias, last, last_bias = zip(*([part.detach().cpu().numpy() for part in net.parameters()] for net in nets),
                                                 strict=True)
        self._keep(np.concatenate(first).T.copy(), np.concatenate(last, axis=1).T / np.float32(len(nets)))
        self.biases_ = [np.concatenate(first_bias), np.mean(last_bias, axis=0)]

    def _keep(self, first: Floats, last: Floats) -> None:
        """Set `weights_`, and `steps_` if those of the hidden layer are kept as int8."""
        if self.compact == "int8":
            first, self.steps_ = pack_columns(first)
        self.weights_ = [first.astype(self.compact or np.float32), last]

    def _unpack(self, rows: slice) -> NDArray[np.float32]:
        """Return weights of the hidden layer, float32 (rows, networks x hidden)."""
        weights = self.weights_[0][rows].astype(np.float32, copy=False)
        return weights * self.steps_ if hasattr(self, "steps_") else weights

    def _train(self, X: Any, y: Any, number: int) -> tuple[Any, list[float]]:
        """Train a network; return it and its loss in each epoch."""
        import torch
        from torch import nn

        X, y = X.to(self.device), y.to(self.device)
        net = nn.Sequential(nn.Linear(X.shape[1], self.hidden), nn.ReLU(),
                            nn.Linear(self.hidden, len(self.classes_))).to(self.device)
        cross_entropy = nn.CrossEntropyLoss()
        optimizer = torch.optim.AdamW(net.parameters(), lr=self.lr, weight_decay=self.weight_decay, fused=True)
        steps = self.epochs * -(-len(X) // self.batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.lr, total_steps=steps + 1, pct_start=0.1)
        losses = []
        which = f" {number + 1} of {self.networks}" if self.networks > 1 else ""
        for _ in bar(range(self.epochs), desc=f"fitting MLP{which}", unit=" epochs"):
            total = 0.0
            for rows in torch.randperm(len(X)).split(self.batch):
                loss = cross_entropy(*self._forward(net, X[rows], y[rows]))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                total += loss.item() * len(rows)
            losses.append(total / len(X))
        return net, losses

    def _forward(self, net: Any, x: Any, y: Any) -> tuple[Any, Any]:
        """Return scores and targets of a batch, after noise, mixup and dropout."""
        import torch

        if self.noise:
            x = x + self.noise * torch.randn_like(x)
        if self.mixup:
            weight = float(torch.distributions.Beta(self.mixup, self.mixup).sample())
            other = torch.randperm(len(x))
            x, y = torch.lerp(x[other], x, weight), torch.lerp(y[other], y, weight)
        hidden = net[:2](x)
        return net[2](_drop_out(hidden, self.dropout) if self.dropout else hidden), y


def _drop_out(hidden: Any, share: float) -> Any:
    """Drop a share of hidden units, in steps of a 256th: on a processor, drawing bytes takes a tenth of nn.Dropout's time."""
    import torch

    words = torch.empty(-(-hidden.numel() // 8), dtype=torch.int64, device=hidden.device).random_(-2**63, None)
    dropped = min(round(256 * share), 255)
    kept = words.view(torch.uint8)[:hidden.numel()].view(hidden.shape) >= dropped
    return hidden * (kept * (256 / (256 - dropped)))


def mlp(seed: int = 0, pca: int | None = None, compact: str = "float16", **params: Any) -> Pipeline:
    """Make a multilayer perceptron with one hidden layer (`MLP`) behind standardisation.

    Parameters
    ----------
    seed : int
    pca : int, from 1, optional
        Keep that many whitened principal components instead of standardising.
    compact : {"float16", "int8"}
        How the principal components and the weights of the hidden layer are kept: int8 takes half the room of float16.
    **params
        Parameters of `MLP`.

    Returns
    -------
    Pipeline, unfitted
    """
    return make_pipeline(*make_preprocessing(pca, whiten=True, seed=seed, compact=compact),
                         MLP(random_state=seed, compact=compact, **params))
