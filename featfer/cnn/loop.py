"""The training loop: a network, a recipe and images in; a history, and a checkpoint after each epoch, out."""

import copy
import time

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from featfer.cnn.augmentation import make_augmentation
from featfer.cnn.losses import make_loss
from featfer.cnn.schedules import make_optimizer, make_schedule
from featfer.utils.checkpoints import read_checkpoint, write_checkpoint
from featfer.utils.progress import bar

SCORED = 256  # images at a time, when no gradient is needed


class Training:
    """A network on its way through the steps of a recipe.

    net: a Module of images (n, channels, side, side) in [0, 1]; classes: how many; seed: of all that is drawn; device: where
    torch computes

    history: what was measured, a dict an epoch; net: the network as it is; kept: the one that is to be used
    """

    def __init__(self, net, recipe, classes, seed=0, device="cpu"):
        self.recipe, self.classes, self.seed, self.device = recipe, classes, seed, device
        self.net = net.to(device, memory_format=torch.channels_last)
        self.dropouts = [(layer, layer.p) for layer in self.net.modules() if isinstance(layer, torch.nn.Dropout)]
        self.average = AveragedModel(self.net, multi_avg_fn=get_ema_multi_avg_fn(recipe.average)) if recipe.average else None
        self.best = (-1.0, None)  # accuracy on val, weights
        self.history, self.step, self.done = [], 0, 0  # done: epochs of the step

    def run(self, data, val=None, checkpoint=None, run=None, log=None):
        """Go through what is left of the recipe; return the network to be used.

        data: by a step's `look`, (images uint8 (n, channels, side, side), labels int64 (n,)); val: (images, labels, copied),
        copied: bool, those that stand in the training rows too
        checkpoint: Path, written after each epoch and read at the start where it is there; run: plain data that says what
        this is a run of; log: a SummaryWriter
        """
        self._resume(checkpoint, run)
        while self.step < len(self.recipe.steps):
            step = self.recipe.steps[self.step]
            images, labels = (part.to(self.device) for part in data[step.look])
            self._begin(step, labels)
            while self.done < step.epochs and not self._stalled(step):
                self._epoch(step, images, labels)
                self._score(val)
                self._keep(checkpoint, run)
                self._log(log)
            self.step, self.done = self.step + 1, 0
        return self._chosen()

    def _begin(self, step, labels):
        """Make the optimiser, the schedule and the loss of a step, and set its dropout; on from a checkpoint, as they were."""
        for layer, share in self.dropouts:
            layer.p = step.dropout * share
        batches = len(_batches(torch.arange(step.copies * len(labels)), step.batch))
        self.optimizer = make_optimizer(step, [p for p in self.net.parameters() if p.requires_grad])
        self.schedule = make_schedule(step, self.optimizer, batches)
        self.augment = make_augmentation(step.augment)
        self.loss_of = make_loss(step, labels, self.classes)
        if self.done:
            for name in ("optimizer", "schedule"):
                getattr(self, name).load_state_dict(self.resumed[name])

    def _epoch(self, step, images, labels):
        """Show every image `copies` times, but for the `plain` ones changed anew; add what came of it to the history."""
        start, total, right, seen = time.perf_counter(), 0.0, 0, 0
        torch.manual_seed(self.seed + 1000 * (len(self.history) + 1))
        order = torch.randperm(step.copies * len(labels))
        self.net.train()
        with bar(_batches(order, step.batch), desc=self._title(step), unit=" batches") as shown:
            for drawn in shown:
                rows = drawn % len(labels)
                x, y = self._changed(images[rows].float() / 255, drawn >= step.plain * len(labels)), labels[rows]
                with self._precision():
                    loss, scores = self.loss_of(self.net, x.contiguous(memory_format=torch.channels_last), y)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                self.schedule.batch()
                if self.average:
                    self.average.update_parameters(self.net)
                seen += len(rows)
                total += loss.detach() * len(rows)
                right += (scores.detach().argmax(dim=1) == y).sum()
        self.done += 1
        self.history.append({
            "step": self.step + 1, "epoch": len(self.history) + 1, "rate": self.optimizer.param_groups[0]["lr"],
            "loss": round(float(total) / seen, 4), "train": round(float(right) / seen, 4),
            "seconds": round(time.perf_counter() - start, 1)})

    def _changed(self, images, which):
        """Return images with those that `which` (bool) is true of augmented."""
        if which.any():
            images[which] = self.augment(images[which])
        return images

    def _score(self, val):
        """Add accuracy and loss on val to the history, keep the best weights, and tell the schedule."""
        if val is None:
            self.schedule.epoch(self.history[-1]["loss"])
            return
        images, labels, copied = val
        scores = self.scores(self._current(), images)
        right = scores.argmax(dim=1) == labels
        loss = float(torch.nn.functional.cross_entropy(scores, labels))
        self.history[-1] |= {"val": _share(right), "val_without_copies": _share(right[~copied]), "val_loss": round(loss, 4)}
        reached = _reached(self.history[-1])
        if self.recipe.keep == "best" and reached > self.best[0]:
            self.best = reached, copy.deepcopy(self._current().state_dict())
        self.schedule.epoch(loss)

    def scores(self, net, images):
        """Return a network's scores of images uint8 (n, channels, side, side), float32 (n, classes), on the CPU."""
        net.eval()
        with torch.inference_mode(), self._precision():
            parts = [net(part.to(self.device).float() / 255).float().cpu() for part in images.split(SCORED)]
        return torch.cat(parts)

    def _precision(self):
        return torch.autocast(self.device.partition(":")[0], torch.bfloat16, enabled=self.recipe.precision == "bf16")

    def _current(self):
        return self.average.module if self.average else self.net

    def _chosen(self):
        net = self._current()
        if self.best[1] is not None:
            net.load_state_dict(self.best[1])
        return net.eval()

    def _stalled(self, step):
        """Say whether a step has gone `stop` epochs without a better accuracy on val."""
        reached = [_reached(epoch) for epoch in self.history[len(self.history) - self.done:]]
        if not step.stop or not reached or None in reached:
            return False
        return len(reached) - 1 - reached.index(max(reached)) >= step.stop

    def _title(self, step):
        last = self.history[-1].get("val") if self.history else None
        steps = f"step {self.step + 1} of {len(self.recipe.steps)}, " if len(self.recipe.steps) > 1 else ""
        return f"{steps}epoch {self.done + 1} of {step.epochs}" + (f", val {last:.2%}" if last is not None else "")

    def _keep(self, path, run):
        if path is not None:
            write_checkpoint(path, run, self._parts(), history=self.history, at=(self.step, self.done), best=self.best)

    def _parts(self):
        """Return all that has a state to keep, by name."""
        parts = {"net": self.net, "average": self.average, "optimizer": self.optimizer, "schedule": self.schedule}
        return {name: part for name, part in parts.items() if part is not None}

    def _resume(self, path, run):
        """Go on from a checkpoint, where there is one; raise ParameterError when it is of another run."""
        self.resumed = path and read_checkpoint(path, run, self.device, ("history", "best", "at", "net"))
        if not self.resumed:
            return
        self.history, self.best = self.resumed["history"], tuple(self.resumed["best"])
        self.step, self.done = self.resumed["at"]
        self.net.load_state_dict(self.resumed["net"])
        if self.average:
            self.average.load_state_dict(self.resumed["average"])

    def _log(self, log):
        if log is not None:
            last = self.history[-1]
            for name in ("loss", "train", "val", "val_without_copies", "val_loss", "rate"):
                if last.get(name) is not None:
                    log.add_scalar(name, last[name], last["epoch"])


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


def _share(right):
    return round(float(right.float().mean()), 4) if len(right) else None
