"""A convolutional network behind scikit-learn's contract: one more classifier, of crops."""

import math
import warnings
from contextlib import contextmanager

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from featfer.cnn.recipe import load_recipe, plain_recipe
from featfer.errors import DataError
from featfer.utils.progress import bar, open_logbook

SCORED = 256  # rows at a time


class CNN(ClassifierMixin, BaseEstimator):
    """A network of featfer.cnn.networks over crops in rows, float (n, channels x side x side) from 0 to 255.

    network: its name; recipe: how it is trained: a name, a TOML file, or plain data; channels: 1 for grey, 3 for red, green
    and blue behind each other
    weights: what it starts from: None (drawn at random), "imagenet", or a file; options: further parameters of the network
    changes: of the recipe, over all of its steps; random_state: seed; device: where torch computes, in training and, where it
    is there, in prediction

    Learnt: classes_; weights_, arrays by name, matrices and filters as float16; side_, in pixels; history_, a dict an epoch:
    step, epoch, rate, loss and train (accuracy as it was trained, on changed images), seconds, and with val in `fit` val,
    val_without_copies (accuracy) and val_loss.
    """

    def __init__(self, network="groups9", recipe="one-cycle", channels=1, weights=None, options=None, changes=None,
                 random_state=None, device="cpu"):
        self.network = network
        self.recipe = recipe
        self.channels = channels
        self.weights = weights
        self.options = options
        self.changes = changes
        self.random_state = random_state
        self.device = device

    def fit(self, X, y, val=None, others=None, checkpoint=None, run=None, log=None):
        """Train on crops X and labels y (n,).

        val: (crops, labels, copied) to measure every epoch on; others: crops of the same rows by the `input` of a step of
        the recipe; checkpoint: Path of what to go on from after a kill; run: plain data that tells this run from others
        log: folder for TensorBoard. Raises ParameterError and MissingError for what cannot be trained.
        """
        import torch

        from featfer.cnn.loop import CNNTrainer
        X, y = validate_data(self, X, y, dtype=np.float32)
        recipe = self._recipe()
        self.classes_, y = np.unique(y, return_inverse=True)
        self.side_ = _side(X.shape[1], self.channels)
        with torch.random.fork_rng():
            seed = int(check_random_state(self.random_state).randint(2**31))
            torch.manual_seed(seed)
            net = self._make(weights=self.weights, trainable=recipe.trainable)
            y = torch.from_numpy(y)
            data = {None: (self._images(X), y), **{look: (self._images(crops), y) for look, crops in (others or {}).items()}}
            trainer = CNNTrainer(net, recipe, len(self.classes_), data, self._val(val), seed, self.device)
            with _writer(log, net, data[None][0]) as writer:
                net = trainer.train(checkpoint, {"estimator": self._plain(recipe), **(run or {})}, writer)
        self.history_ = trainer.history
        self.weights_ = {name: _compact(value) for name, value in net.state_dict().items()}
        self._net = None
        return self

    def predict_proba(self, X):
        """Return the probability of each class, (n, classes)."""
        import torch

        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        net, device = self.net(), self._device()
        parts = bar(self._images(X).split(SCORED), desc=f"{self.network} predicts", unit=" batches", delay=1)
        with torch.inference_mode():
            scores = [net(part.to(device).float() / 255).float().cpu().numpy() for part in parts]
        return softmax(np.concatenate(scores).astype(np.float64), axis=1)

    def predict(self, X):
        """Return the likeliest class of each row, (n,)."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def net(self):
        """Return the trained torch Module: images (n, channels, side, side) in [0, 1] -> scores (n, classes)."""
        import torch
        check_is_fitted(self)
        if getattr(self, "_net", None) is None:
            with torch.device("meta"):  # draws no weights
                net = self._make(weights=None)  # those of a file are looked for in training alone
            net.load_state_dict({name: _tensor(value) for name, value in self.weights_.items()}, assign=True)
            self._net = net.to(self._device(), memory_format=torch.channels_last).eval()
        return self._net

    def card(self):
        """Return what a card says of a trained network: its size, its recipe, and what was measured in training."""
        from featfer.cnn.networks.count import multiply_adds, parameters
        net = self.net()
        return {"network": self.network, "recipe": self._recipe().as_dict(), "parameters": parameters(net),
                "multiply_adds": multiply_adds(net, self.channels, self.side_), "side": self.side_, "channels": self.channels,
                "device": self.device, "history": self.history_}

    def _make(self, **start):
        from featfer.cnn.networks import make_network
        return make_network(self.network, len(self.classes_), self.channels, **start, **(self.options or {}))

    def _recipe(self):
        if isinstance(self.recipe, dict):
            return plain_recipe(self.recipe, self.changes)
        return load_recipe(self.recipe, **(self.changes or {}))

    def _plain(self, recipe):
        return {"network": self.network, "channels": self.channels, "weights": self.weights and str(self.weights),
                "options": self.options, "recipe": recipe.as_dict()}

    def _images(self, X):
        """Return crops in rows as a tensor, uint8 (n, channels, side, side)."""
        import torch
        side = _side(X.shape[1], self.channels)
        return torch.from_numpy(np.clip(np.round(X), 0, 255).astype(np.uint8)).view(-1, self.channels, side, side)

    def _val(self, val):
        import torch
        if val is None:
            return None
        X, y, copied = val
        known = np.isin(y, self.classes_)
        if not known.any():
            return None
        return (self._images(X[known]), torch.from_numpy(np.searchsorted(self.classes_, y[known])),
                torch.from_numpy(np.asarray(copied)[known]))

    def _device(self):
        import torch
        return self.device if torch.cuda.is_available() else "cpu"

    def __getstate__(self):
        return {**super().__getstate__(), "_net": None}


def _side(width, channels):
    side = math.isqrt(width // channels)
    if channels * side * side != width:
        raise DataError(f"{width} columns are not crops of {channels} x side x side pixels; train a CNN on --features crop "
                        "(or crop:SIDE, crop:SIDE/rgb)")
    return side


def _compact(value):
    """Return a tensor as an array, matrices and filters as float16: half the file, and the same label in nearly every case."""
    array = value.cpu().numpy()
    return array.astype(np.float16) if array.ndim > 1 else array.copy()


def _tensor(array):
    import torch
    tensor = torch.from_numpy(np.array(array))
    return tensor.float() if tensor.is_floating_point() else tensor


@contextmanager
def _writer(log, net, images):
    """Return a context with a SummaryWriter that has the graph already, or with None where there is no log."""
    with open_logbook(log) as writer:
        if writer is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # how torch itself draws the graph is to be replaced
                writer.add_graph(net.eval(), images[:1].to(next(net.parameters()).device).float() / 255)
        yield writer
