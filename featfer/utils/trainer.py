"""The training loop of every network: batches in a seeded order; a history and a checkpoint after each epoch."""

import time

import torch
from torch.optim.swa_utils import AveragedModel

from featfer.errors import is_out_of_memory
from featfer.utils.checkpoints import read_checkpoint, reading, write_checkpoint
from featfer.utils.progress import bar

SHOWN = 20  # batches between two looks at the figures beside the bar


class Trainer:
    """Trains a network epoch by epoch; stopped, it goes on from its checkpoint to the same result.

    A subclass has methods `load` and `loss` and sets the attributes below. It may replace any other method: `train_batch`, for
    instance, where a batch takes more than one step of one optimiser.

    Parameters
    ----------
    net : torch.nn.Module
        The network to train; it is moved to the device.
    seed : int
        Of all that is drawn. Each epoch is seeded by its number, so that it does not depend on where a training was stopped.
    device : str
        Where torch computes.
    precision : str
        "float32", or "bf16" for mixed precision.

    Attributes
    ----------
    epochs, rows, batch_size : int
        How many epochs, how many rows each of them shows, how many rows at a time.
    optimizer, schedule
        Of the network's weights and of the learning rate; both take a step a batch.
    average : MovingAverage or None
        Of the network's weights.
    clip : float or None
        The longest that a gradient may be.
    history : list of dict
        What was measured, a dict an epoch: epoch, means of what `loss` summed, seconds, and what `validate` returned.
    unlogged : tuple of str
        What of the history is no curve for TensorBoard.
    """

    epochs = rows = batch_size = 1
    optimizer = schedule = average = clip = None
    unlogged = ("epoch", "seconds")

    def __init__(self, net, seed=0, device="cpu", precision="float32"):
        self.net = net.to(device, memory_format=torch.channels_last)
        self.seed, self.device, self.precision = seed, device, precision
        self.history = []

    def load(self, rows):
        """Return what a batch is trained on, a tuple of tensors on the device; rows: int64 tensor of row numbers."""
        raise NotImplementedError

    def loss(self, *batch):
        """Return the loss of what `load` returned, and sums over its rows for the history, by name."""
        raise NotImplementedError

    def validate(self):
        """Return what is measured after an epoch, for the history; a schedule that goes by it is moved here."""
        return {}

    def train(self, checkpoint=None, run=None, log=None):
        """Train the epochs that are left.

        Parameters
        ----------
        checkpoint : Path, optional
            Written after each epoch; where it is there, training goes on from it.
        run : plain data, optional
            What this is a run of; a checkpoint of another run is refused.
        log : SummaryWriter, optional
            Gets the curves of the history.

        Raises
        ------
        ParameterError
            For a checkpoint of another run.
        DataError
            For a file that is no checkpoint of such a network.
        """
        self.resume(checkpoint, run)
        self.train_epochs(checkpoint, run, log)

    def train_epochs(self, checkpoint=None, run=None, log=None):
        """Train until the training is finished, as `train` does."""
        while not self.is_finished():
            self.train_epoch()
            self.save(checkpoint, run)
            self.write_curves(log)

    def train_epoch(self):
        """Train on every row once, and add what was measured to the history."""
        start, sums = time.perf_counter(), {}
        torch.manual_seed(self.seed + 1000 * (len(self.history) + 1))
        batches = self.shuffled()
        self.net.train()
        with bar(batches, desc=self.title(), unit=" batches") as shown:
            for number, rows in enumerate(shown):
                for name, value in self.train_batch(rows).items():
                    sums[name] = sums.get(name, 0.0) + value
                if self.average is not None:
                    self.average.update_parameters(self.net)
                if number % SHOWN == 0 and not shown.disable:
                    shown.set_postfix(self.means(sums, batches[:number + 1]), refresh=False)
        figures = {**self.epoch_facts(), **self.means(sums, batches)}  # waits for what the device still has to do
        self.history.append({**figures, "seconds": round(time.perf_counter() - start, 1)})
        self.history[-1] |= self.validate()

    def train_batch(self, rows):
        """Take a step of the optimiser and of the schedule; return what `loss` summed."""
        batch = self.load(rows)
        with self.autocast():
            loss, sums = self.loss(*batch)
        self.descend(loss, self.optimizer, self.clip)
        self.schedule.step()
        return sums

    def descend(self, loss, optimizer, clip=None):
        """Take a step of an optimiser down a loss; clip: the longest that the network's gradient may be."""
        optimizer.zero_grad()
        loss.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), clip)
        optimizer.step()

    def autocast(self):
        """Return a context that computes in the precision of the training."""
        return torch.autocast(self.device.partition(":")[0], torch.bfloat16, enabled=self.precision == "bf16")

    def is_finished(self):
        """Return whether all epochs are done."""
        return len(self.history) >= self.epochs

    def shuffled(self):
        """Return the numbers of an epoch's rows in a random order, in batches."""
        return torch.randperm(self.rows).split(self.batch_size)

    def title(self):
        """Return what stands before the bar of an epoch."""
        return f"epoch {len(self.history) + 1} of {self.epochs}"

    def epoch_facts(self):
        """Return what an epoch's part of the history begins with."""
        return {"epoch": len(self.history) + 1}

    def means(self, sums, batches):
        """Return what `loss` summed over some batches as means over their rows."""
        rows = sum(map(len, batches))
        return {name: round(float(total) / rows, 4) for name, total in sums.items()}

    def averaged(self):
        """Return the network with averaged weights, or as it is where none are averaged."""
        return self.net if self.average is None else self.average.module

    def parts(self):
        """Return all that has a state to keep in a checkpoint, by name."""
        parts = {"net": self.net, "average": self.average, "optimizer": self.optimizer, "schedule": self.schedule}
        return {name: part for name, part in parts.items() if part is not None}

    def facts(self):
        """Return plain data to keep in a checkpoint beside the history, by name."""
        return {}

    def save(self, path, run):
        """Write all that is needed to go on to path, unless it is None."""
        if path is not None:
            write_checkpoint(path, run, self.parts(), history=self.history, **self.facts())

    def resume(self, path, run):
        """Go on from the checkpoint at path, where there is one."""
        kept = path and read_checkpoint(path, run, self.device, ("history", *self.facts(), *self.parts()))
        if kept:
            with reading(path):
                self.restore(kept)

    def restore(self, kept):
        """Set everything to what was kept; raise ValueError for a state that is not of this training's parts."""
        self.history = kept["history"]
        for name, part in self.parts().items():
            try:
                part.load_state_dict(kept[name])
            except (LookupError, RuntimeError, TypeError, ValueError) as error:
                if is_out_of_memory(error):
                    raise
                raise ValueError(f"its {name} does not fit: another version of featfer wrote it, or it is damaged") from None

    def write_curves(self, log):
        """Add the last epoch's figures to a SummaryWriter, unless it is None."""
        if log is not None:
            last = self.history[-1]
            for name in last.keys() - {*self.unlogged}:
                if last[name] is not None:
                    log.add_scalar(name, last[name], last["epoch"])


class MovingAverage(AveragedModel):
    """A network whose weights are a moving average of those of a network in training.

    Parameters
    ----------
    net : torch.nn.Module
        The network in training.
    decay : float
        How much of the average stays at each update.
    from_start : bool
        Whether the weights as they are now count; if not, the average begins with those of the first update.
    warms_up : bool
        Whether the decay is lower in the first updates, so that the weights as they are now soon have no part in it.
    use_buffers : bool
        Whether buffers, such as running means, are averaged too; if not, they are copied.
    """

    def __init__(self, net, decay, from_start=False, warms_up=False, use_buffers=False):
        super().__init__(net, multi_avg_fn=self._move, use_buffers=use_buffers)
        self.requires_grad_(False).eval()
        self.decay, self.warms_up = decay, warms_up
        self.n_averaged += from_start

    @torch.no_grad()
    def _move(self, averaged, current, _):
        decay = self.decay
        if self.warms_up:
            count = int(self.n_averaged)
            decay = min(decay, count / (9 + count))
        if averaged[0].is_floating_point():
            torch._foreach_lerp_(averaged, current, 1 - decay)
        else:  # counters
            torch._foreach_copy_(averaged, current)
