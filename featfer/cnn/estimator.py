"""A convolutional network as a scikit-learn classifier of crops."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from featfer.cnn.recipe import Recipe, load_recipe, parse_recipe
from featfer.errors import DataError
from featfer.typing import Path as AnyPath
from featfer.utils.estimators import LikeliestClassMixin
from featfer.utils.progress import bar, open_logbook

if TYPE_CHECKING:
    from pathlib import Path

    import torch

BATCH = 256  # rows at a time
_Val = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]  # crops, labels, and which are duplicates of training images


class CNN(LikeliestClassMixin, BaseEstimator):
    """A convolutional network for crops in rows.

    Parameters
    ----------
    network : str
        A name in featfer.cnn.networks.NETWORKS.
    recipe : str, Path or dict
        How it is trained: a recipe that ships, a TOML file, or plain data.
    channels : int
        1 for grey, 3 for red, green and blue (one channel after the other).
    weights : str or None
        Initial weights: None for random ones, "imagenet", or a file.
    options : dict or None
        Further parameters of the network.
    changes : dict or None
        Changes of the recipe, for all its steps.
    random_state : int, RandomState or None
        Of the initial weights, the order of the images and their changes.
    device : str
        Where torch computes; prediction falls back to the CPU if there is no GPU.

    Attributes
    ----------
    classes_ : array (classes,)
    weights_ : dict
        Arrays by name; matrices and filters as float16.
    side_ : int
        Side of the crops in pixels.
    history_ : list of dict
        For each epoch: step, epoch, rate, loss and train (accuracy in training, on changed images), seconds; with val in `fit`
        also val, val_without_copies (accuracies) and val_loss.
    """

    predicts_on_device = True  # unlike an MLP, which has a device to be trained on

    def __init__(self, network: str = "groups9", recipe: AnyPath | dict[str, Any] = "one-cycle", channels: int = 1,
                 weights: AnyPath | None = None, options: dict[str, Any] | None = None, changes: dict[str, Any] | None = None,
                 random_state: int | np.random.RandomState | None = None, device: str = "cpu") -> None:
        self.network = network
        self.recipe = recipe
        self.channels = channels
        self.weights = weights
        self.options = options
        self.changes = changes
        self.random_state = random_state
        self.device = device

    def fit(self, X: NDArray[Any], y: NDArray[Any], val: _Val | None = None, others: dict[Any, NDArray[Any]] | None = None,
            checkpoint: Path | None = None, run: Any = None, log: AnyPath | None = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X, y : array (n, channels * side * side), array (n,)
            Crops, from 0 to 255, and their labels.
        val : tuple, optional
            Crops and labels to measure every epoch on, and bools (m,): which are duplicates of training images.
        others : dict, optional
            Crops of the same faces for steps of the recipe with other inputs, by `Step.input`.
        checkpoint : Path, optional
            Written after each epoch; if it exists, training resumes from it.
        run, log : plain data, str, optional
            What identifies this run; folder for TensorBoard.

        Returns
        -------
        CNN
            Itself.

        Raises
        ------
        ParameterError, DataError, MissingError
            If it cannot be trained, or something is not installed.
        """
        import torch

        X, y = validate_data(self, X, y, dtype=np.float32)
        recipe = self._read_recipe()
        self.classes_, y = np.unique(y, return_inverse=True)
        self.side_ = _find_side(X.shape[1], self.channels)
        with torch.random.fork_rng():
            inputs = {None: X, **(others or {})}
            net, self.history_ = self._train(recipe, inputs, torch.from_numpy(y), val, checkpoint, run, log)
        self.weights_ = {name: _to_compact_array(value) for name, value in net.state_dict().items()}
        self._net: Any = None  # made from `weights_` when it is asked for
        return self

    def _train(self, recipe: Recipe, inputs: dict[Any, NDArray[Any]], y: torch.Tensor, val: _Val | None,
               checkpoint: Path | None, run: Any, log: AnyPath | None) -> tuple[torch.nn.Module, list[dict[str, Any]]]:
        """Return a trained network and its history."""
        import torch

        from featfer.cnn.trainer import CNNTrainer
        seed = int(check_random_state(self.random_state).randint(2**31))
        torch.manual_seed(seed)
        net = self._make_net(weights=self.weights, trainable=recipe.trainable)
        data = {source: (self._to_images(crops), y) for source, crops in inputs.items()}
        trainer = CNNTrainer(net, recipe, len(self.classes_), data, self._prepare_val(val), seed, self.device)
        with _open_log(log, net, data[None][0]) as writer:
            net = trainer.train(checkpoint, {"estimator": self._describe(recipe), **(run or {})}, writer)
        return net, trainer.history

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array (n, channels * side * side)
            Crops, from 0 to 255.

        Returns
        -------
        float64 array (n, classes)
            Rows sum to 1.

        Raises
        ------
        NotFittedError, ValueError
            Of scikit-learn, before `fit`; for another number of columns than in `fit`.
        """
        import torch

        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        net, device = self.net(), self._find_device()
        parts = bar(self._to_images(X).split(BATCH), desc=f"{self.network} predicts", unit=" batches", delay=1)
        with torch.inference_mode():
            scores = [net(part.to(device).float() / 255).float().cpu().numpy() for part in parts]
        return softmax(np.concatenate(scores).astype(np.float64), axis=1)

    def net(self) -> torch.nn.Module:
        """Return the trained torch.nn.Module: images (n, channels, side, side) in [0, 1] -> scores (n, classes)."""
        import torch
        check_is_fitted(self)
        if getattr(self, "_net", None) is None:
            with torch.device("meta"):  # initialises no weights
                net = self._make_net(weights=None)  # a file of weights is read in training only
            net.load_state_dict({name: _to_tensor(value) for name, value in self.weights_.items()}, assign=True)
            self._net = net.to(self._find_device(), memory_format=torch.channels_last).eval()  # type: ignore[call-overload]  # torch declares one argument only
        return self._net

    def card(self) -> dict[str, Any]:
        """Describe the network for a card (dict): size, recipe, and history of the training."""
        from featfer.cnn.networks.count import count_multiply_adds, count_parameters
        net = self.net()
        return {"network": self.network, "recipe": self._read_recipe().as_dict(), "parameters": count_parameters(net),
                "multiply_adds": count_multiply_adds(net, self.channels, self.side_), "side": self.side_,
                "channels": self.channels, "device": self.device, "history": self.history_}

    def _make_net(self, **start: Any) -> torch.nn.Module:
        from featfer.cnn.networks import make_network
        return make_network(self.network, len(self.classes_), self.channels, **start, **(self.options or {}))

    def _read_recipe(self) -> Recipe:
        if isinstance(self.recipe, dict):
            return parse_recipe(self.recipe, self.changes)
        return load_recipe(self.recipe, **(self.changes or {}))

    def _describe(self, recipe: Recipe) -> dict[str, Any]:
        return {"network": self.network, "channels": self.channels, "weights": self.weights and str(self.weights),
                "options": self.options, "recipe": recipe.as_dict()}

    def _to_images(self, X: NDArray[Any]) -> torch.Tensor:
        """Return crops in rows as a uint8 tensor (n, channels, side, side)."""
        import torch
        side = _find_side(X.shape[1], self.channels)
        return torch.from_numpy(np.clip(np.round(X), 0, 255).astype(np.uint8)).view(-1, self.channels, side, side)

    def _prepare_val(self, val: _Val | None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor] | None:
        import torch
        if val is None:
            return None
        X, y, is_duplicate = val
        known = np.isin(y, self.classes_)
        if not known.any():
            return None
        return (self._to_images(X[known]), torch.from_numpy(np.searchsorted(self.classes_, y[known])),
                torch.from_numpy(np.asarray(is_duplicate)[known]))

    def _find_device(self) -> str:
        import torch
        return self.device if torch.cuda.is_available() else "cpu"

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_net": None}


def _find_side(width: int, channels: int) -> int:
    side = math.isqrt(width // channels)
    if channels * side * side != width:
        raise DataError(f"{width} columns are not crops of {channels} x side x side pixels; train a CNN on --features crop "
                        "(or crop:SIDE, crop:SIDE/rgb)")
    return side


def _to_compact_array(value: torch.Tensor) -> NDArray[Any]:
    """Return a tensor as an array; matrices and filters as float16, which halves the file and changes hardly any prediction."""
    array = value.cpu().numpy()
    return array.astype(np.float16) if array.ndim > 1 else array.copy()


def _to_tensor(array: NDArray[Any]) -> torch.Tensor:
    import torch
    tensor = torch.from_numpy(np.array(array))
    return tensor.float() if tensor.is_floating_point() else tensor


@contextmanager
def _open_log(log: AnyPath | None, net: torch.nn.Module, images: torch.Tensor) -> Iterator[Any]:
    """Return a context with a SummaryWriter that has the graph already, or with None if there is no log."""
    with open_logbook(log) as writer:
        if writer is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # torch is to replace how it traces the graph
                writer.add_graph(net.eval(), images[:1].to(next(net.parameters()).device).float() / 255)
        yield writer
