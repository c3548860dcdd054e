"""Training of an image classifier: the steps of its recipe, one after the other."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from featfer.cnn.augmentation import make_augmentation
from featfer.cnn.losses import make_loss
from featfer.cnn.schedules import make_optimizer, make_schedule
from featfer.utils.moving_average import MovingAverage
from featfer.utils.trainer import Trainer

if TYPE_CHECKING:
    from featfer.cnn.recipe import Recipe, Step

BATCH = 256  # images at a time, when no gradient is needed


class CNNTrainer(Trainer):
    """Trains a network through the steps of a recipe.

    Parameters
    ----------
    net : torch.nn.Module
        Images (n, channels, side, side) in [0, 1] -> scores (n, classes).
    recipe : featfer.cnn.Recipe
    classes : int
    data : dict
        By `Step.input`: images uint8 (n, channels, side, side) and labels int64 (n,).
    val : tuple, optional
        Images and labels to measure every epoch on, and bools: which are duplicates of training images.
    seed : int
    device : str
    """

    not_curves = ("step", "epoch", "seconds")

    def __init__(self, net: nn.Module, recipe: Recipe, classes: int, data: Mapping[Any, tuple[Tensor, Tensor]],
                 val: tuple[Tensor, Tensor, Tensor] | None = None, seed: int = 0, device: str = "cpu") -> None:
        super().__init__(net, seed, device, recipe.precision)
        self.recipe, self.classes, self.data, self.val = recipe, classes, data, val
        self.dropouts = [(layer, layer.p) for layer in self.net.modules() if isinstance(layer, torch.nn.Dropout)]
        self.average = MovingAverage(self.net, recipe.average) if recipe.average else None
        self.best: tuple[float, dict[str, Tensor] | None] = (-1.0, None)  # accuracy on val, weights
        self.number = 0  # the index of the step

    @property
    def step(self) -> Step:
        """The current Step of the recipe."""
        return self.recipe.steps[self.number]

    def train(self, checkpoint: Path | None = None, run: Any = None, log: Any = None) -> nn.Module:  # type: ignore[override]  # the base returns nothing
        """Train the remaining steps of the recipe.

        Parameters
        ----------
        checkpoint, run, log
            As for `Trainer.train`.

        Returns
        -------
        torch.nn.Module
            The result, in evaluation mode.
        """
        self.resume(checkpoint, run)
        while self.number < len(self.recipe.steps):
            if not self.list_epochs_of_step():
                self.begin_step()
            self.train_epochs(checkpoint, run, log)
            self.number += 1
        return self.select_net()

    def begin_step(self) -> None:
        """Set up the images, dropout, optimiser, schedule, augmentation and loss of a step."""
        step = self.step
        self.images, self.labels = (part.to(self.device) for part in self.data[step.input])
        self.epochs, self.rows, self.batch_size = step.epochs, step.copies * len(self.labels), step.batch
        for layer, rate in self.dropouts:
            layer.p = step.dropout * rate
        self.optimizer = make_optimizer(step, [p for p in self.net.parameters() if p.requires_grad])
        self.schedule = make_schedule(step, self.optimizer, len(_split_batches(torch.arange(self.rows), step.batch)))
        self.augment = make_augmentation(step.augment)
        self.loss_of = make_loss(step, self.labels, self.classes)

    def shuffle_rows(self) -> list[Tensor]:
        """Return the row numbers of an epoch in random order, split into batches; every image has `copies` rows."""
        return _split_batches(torch.randperm(self.rows), self.batch_size)

    def load(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the images of a batch, float32 in [0, 1], and their labels; all but the `plain` copies are augmented.

        Parameters
        ----------
        rows : int64 tensor (n,)
            Row numbers.
        """
        images = rows % len(self.labels)
        x = self.augment_some(self.images[images].float() / 255, rows >= self.step.plain * len(self.labels))
        return x.contiguous(memory_format=torch.channels_last), self.labels[images]

    def augment_some(self, images: Tensor, which: Tensor) -> Tensor:
        """Augment some images, in place.

        Parameters
        ----------
        images : float32 tensor (n, channels, side, side)
        which : bool tensor (n,)

        Returns
        -------
        float32 tensor (n, channels, side, side)
        """
        if which.any():
            images[which] = self.augment(images[which])
        return images

    def loss(self, x: Tensor, y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of a batch, and for the history its sum and the number of right predictions.

        Parameters
        ----------
        x : float32 tensor (n, channels, side, side)
        y : int64 tensor (n,)
        """
        loss, scores = self.loss_of(self.net, x, y)
        return loss, {"loss": loss.detach() * len(y), "train": (scores.detach().argmax(dim=1) == y).sum()}

    def validate(self) -> dict[str, Any]:
        """Measure accuracy and loss on val, keep the best weights, and update a schedule that depends on epochs."""
        if self.val is None:
            self.schedule.step_epoch(self.history[-1]["loss"])
            return {}
        images, labels, is_duplicate = self.val
        scores = self.compute_scores(self.averaged_net(), images)
        is_right = scores.argmax(dim=1) == labels
        loss = float(torch.nn.functional.cross_entropy(scores, labels))
        self.schedule.step_epoch(loss)
        figures = {"val": _compute_accuracy(is_right), "val_without_copies": _compute_accuracy(is_right[~is_duplicate]),
                   "val_loss": round(loss, 4)}
        if self.recipe.keep == "best" and _find_val_accuracy(figures) > self.best[0]:
            self.best = _find_val_accuracy(figures), copy.deepcopy(self.averaged_net().state_dict())
        return figures

    def compute_scores(self, net: nn.Module, images: Tensor) -> Tensor:
        """Compute the scores of images without gradients.

        Parameters
        ----------
        net : torch.nn.Module
        images : uint8 tensor (n, channels, side, side)

        Returns
        -------
        float32 tensor (n, classes)
            On the CPU.
        """
        net.eval()
        with torch.inference_mode(), self.autocast():
            parts = [net(part.to(self.device).float() / 255).float().cpu() for part in images.split(BATCH)]
        return torch.cat(parts)

    def select_net(self) -> nn.Module:
        """Return the network with the weights of the last or the best epoch, as the recipe says."""
        net = self.averaged_net()
        if self.best[1] is not None:
            net.load_state_dict(self.best[1])
        return net.eval()

    def list_epochs_of_step(self) -> list[dict[str, Any]]:
        """Return the history of the current step."""
        return [epoch for epoch in self.history if epoch["step"] == self.number + 1]

    def is_finished(self) -> bool:
        """Tell whether the step has had all its epochs, or `stop` epochs without a higher accuracy on val."""
        accuracies = [_find_val_accuracy(epoch) for epoch in self.list_epochs_of_step()]
        if len(accuracies) >= self.epochs or not self.step.stop or not accuracies or None in accuracies:
            return len(accuracies) >= self.epochs
        return len(accuracies) - 1 - accuracies.index(max(accuracies)) >= self.step.stop

    def describe_epoch(self) -> str:
        """Return the text before the progress bar of an epoch."""
        steps = f"step {self.number + 1} of {len(self.recipe.steps)}, " if len(self.recipe.steps) > 1 else ""
        last = self.history[-1].get("val") if self.history else None
        val = f", val {last:.2%}" if last is not None else ""
        return f"{steps}epoch {len(self.list_epochs_of_step()) + 1} of {self.epochs}{val}"

    def start_entry(self) -> dict[str, Any]:
        """Return the first keys of an epoch's history entry."""
        return {"step": self.number + 1, **super().start_entry(), "rate": self.optimizer.param_groups[0]["lr"]}

    def collect_facts(self) -> dict[str, Any]:
        """Return the best weights so far, for the checkpoint."""
        return {"best": self.best}

    def restore(self, kept: dict[str, Any]) -> None:
        """Resume in the step in which a checkpoint was written.

        Parameters
        ----------
        kept : dict
            What `read_checkpoint` returned.
        """
        self.best, self.number = tuple(kept["best"]), kept["history"][-1]["step"] - 1
        self.begin_step()
        super().restore(kept)


def _split_batches(order: Tensor, size: int) -> list[Tensor]:
    """Split row numbers into batches; a single last row, with which batch normalisation fails, joins the batch before it."""
    parts = list(order.split(size))
    if len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts


def _find_val_accuracy(epoch: dict[str, Any]) -> Any:
    """Return the accuracy on val by which an epoch is judged: without duplicates if there are other images."""
    return epoch.get("val") if epoch.get("val_without_copies") is None else epoch["val_without_copies"]


def _compute_accuracy(is_right: Tensor) -> float | None:
    return round(float(is_right.float().mean()), 4) if len(is_right) else None
