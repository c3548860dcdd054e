"""How a classifier of images is trained: the steps of its recipe, one after the other."""

import copy

import torch

from featfer.cnn.augmentation import make_augmentation
from featfer.cnn.losses import make_loss
from featfer.cnn.schedules import make_optimizer, make_schedule
from featfer.utils.moving_average import MovingAverage
from featfer.utils.trainer import Trainer

SCORED = 256  # images at a time, when no gradient is needed


class CNNTrainer(Trainer):
    """Trains a network through the steps of a recipe.

    Parameters
    ----------
    net : torch.nn.Module
        Images (n, channels, side, side) in [0, 1] -> scores (n, classes).
    recipe : featfer.cnn.Recipe
    classes : int
    data : dict
        By a step's `input`: images uint8 (n, channels, side, side) and labels int64 (n,).
    val : tuple, optional
        Images and labels to measure every epoch on, and which of them (bool) stand in the training rows too.
    seed : int
    device : str
    """

    not_curves = ("step", "epoch", "seconds")

    def __init__(self, net, recipe, classes, data, val=None, seed=0, device="cpu"):
        super().__init__(net, seed, device, recipe.precision)
        self.recipe, self.classes, self.data, self.val = recipe, classes, data, val
        self.dropouts = [(layer, layer.p) for layer in self.net.modules() if isinstance(layer, torch.nn.Dropout)]
        self.average = MovingAverage(self.net, recipe.average) if recipe.average else None
        self.best = (-1.0, None)  # accuracy on val, weights
        self.number = 0  # of the step

    @property
    def step(self):
        """The recipe's Step that is under way."""
        return self.recipe.steps[self.number]

    def train(self, checkpoint=None, run=None, log=None):
        """Go through what is left of the recipe, as `Trainer.train` does; return the network to be used."""
        self.resume(checkpoint, run)
        while self.number < len(self.recipe.steps):
            if not self.epochs_of_step():
                self.begin_step()
            self.train_epochs(checkpoint, run, log)
            self.number += 1
        return self.chosen()

    def begin_step(self):
        """Set what a step is trained with: images, dropout, optimiser, schedule, augmentation and loss."""
        step = self.step
        self.images, self.labels = (part.to(self.device) for part in self.data[step.input])
        self.epochs, self.rows, self.batch_size = step.epochs, step.copies * len(self.labels), step.batch
        for layer, share in self.dropouts:
            layer.p = step.dropout * share
        self.optimizer = make_optimizer(step, [p for p in self.net.parameters() if p.requires_grad])
        self.schedule = make_schedule(step, self.optimizer, len(_batches(torch.arange(self.rows), step.batch)))
        self.augment = make_augmentation(step.augment)
        self.loss_of = make_loss(step, self.labels, self.classes)

    def shuffle_rows(self):
        """Return the order of an epoch in batches, every image `copies` times."""
        return _batches(torch.randperm(self.rows), self.batch_size)

    def load(self, rows):
        """Return images in [0, 1], all but the `plain` ones of an epoch changed anew, and their labels."""
        images = rows % len(self.labels)
        x = self.augmented(self.images[images].float() / 255, rows >= self.step.plain * len(self.labels))
        return x.contiguous(memory_format=torch.channels_last), self.labels[images]

    def augmented(self, images, which):
        """Return images with those that `which` (bool) is true of augmented."""
        if which.any():
            images[which] = self.augment(images[which])
        return images

    def loss(self, x, y):
        """Return the loss of images, and how many were classified rightly."""
        loss, scores = self.loss_of(self.net, x, y)
        return loss, {"loss": loss.detach() * len(y), "train": (scores.detach().argmax(dim=1) == y).sum()}

    def validate(self):
        """Measure accuracy and loss on val, keep the best weights, and move a schedule that goes by epochs."""
        if self.val is None:
            self.schedule.step_epoch(self.history[-1]["loss"])
            return {}
        images, labels, copied = self.val
        scores = self.scores(self.averaged_net(), images)
        right = scores.argmax(dim=1) == labels
        loss = float(torch.nn.functional.cross_entropy(scores, labels))
        self.schedule.step_epoch(loss)
        measured = {"val": _accuracy(right), "val_without_copies": _accuracy(right[~copied]), "val_loss": round(loss, 4)}
        if self.recipe.keep == "best" and _reached(measured) > self.best[0]:
            self.best = _reached(measured), copy.deepcopy(self.averaged_net().state_dict())
        return measured

    def scores(self, net, images):
        """Return a network's scores of images uint8 (n, channels, side, side), float32 (n, classes), on the CPU."""
        net.eval()
        with torch.inference_mode(), self.autocast():
            parts = [net(part.to(self.device).float() / 255).float().cpu() for part in images.split(SCORED)]
        return torch.cat(parts)

    def chosen(self):
        """Return the network to be used: of the last epoch, or of the best, as the recipe says."""
        net = self.averaged_net()
        if self.best[1] is not None:
            net.load_state_dict(self.best[1])
        return net.eval()

    def epochs_of_step(self):
        """Return what was measured in the epochs of the step so far, a list."""
        return [epoch for epoch in self.history if epoch["step"] == self.number + 1]

    def is_finished(self):
        """Return whether the step is at its end, or has gone `stop` epochs without a better accuracy on val."""
        reached = [_reached(epoch) for epoch in self.epochs_of_step()]
        if len(reached) >= self.epochs or not self.step.stop or not reached or None in reached:
            return len(reached) >= self.epochs
        return len(reached) - 1 - reached.index(max(reached)) >= self.step.stop

    def describe_epoch(self):
        """Return what stands before the bar of an epoch."""
        steps = f"step {self.number + 1} of {len(self.recipe.steps)}, " if len(self.recipe.steps) > 1 else ""
        last = self.history[-1].get("val") if self.history else None
        val = f", val {last:.2%}" if last is not None else ""
        return f"{steps}epoch {len(self.epochs_of_step()) + 1} of {self.epochs}{val}"

    def start_entry(self):
        """Return what an epoch's part of the history begins with."""
        return {"step": self.number + 1, **super().start_entry(), "rate": self.optimizer.param_groups[0]["lr"]}

    def collect_facts(self):
        """Return the best weights so far, for the checkpoint."""
        return {"best": self.best}

    def restore(self, kept):
        """Go on in the step that a checkpoint was written in."""
        self.best, self.number = tuple(kept["best"]), kept["history"][-1]["step"] - 1
        self.begin_step()
        super().restore(kept)


def _batches(order, size):
    """Return the order in parts of a size, the last one smaller; one alone, which batch normalisation cannot do with, joins
    the part before it."""
    parts = list(order.split(size))
    if len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts


def _reached(epoch):
    """Return the accuracy on val that an epoch is judged by: without copies, where there are others."""
    return epoch.get("val") if epoch.get("val_without_copies") is None else epoch["val_without_copies"]


def _accuracy(right):
    return round(float(right.float().mean()), 4) if len(right) else None
