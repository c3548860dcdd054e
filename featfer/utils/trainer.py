"""The training loop of all networks: shuffled batches, and after each epoch a history entry and a checkpoint."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from featfer.errors import is_out_of_memory
from featfer.utils.checkpoints import convert_errors, read_checkpoint, write_checkpoint
from featfer.utils.progress import bar

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

    from featfer.utils.moving_average import MovingAverage

UPDATE_EVERY = 20  # batches between two updates of the figures beside the bar


class Trainer:
    """Trains a network epoch by epoch. A stopped training resumes from its checkpoint and ends with the same result.

    A subclass implements `load` and `loss` and sets the attributes below. It may override any other method, for instance
    `train_batch` if a batch takes steps with several optimisers.

    Parameters
    ----------
    net : torch.nn.Module
        The network to train; it is moved to the device.
    seed : int
        Seed of all random numbers. Each epoch has its own seed, so that it does not depend on where a training was stopped.
    device : str
        Where torch computes: "cpu", "cuda" or "cuda:N".
    precision : str
        "float32", or "bf16" for mixed precision.

    Attributes
    ----------
    epochs, rows, batch_size : int
        The number of epochs, of rows in an epoch, and of rows in a batch.
    optimizer, schedule
        A torch optimizer and its learning-rate scheduler; both take one step per batch.
    average : MovingAverage or None
        The moving average of the network's weights.
    clip : float or None
        The largest norm that a gradient may have.
    history : list of dict
        One entry per epoch: its number, the mean of each sum that `loss` returned, seconds, and what `validate` returned.
    not_curves : tuple of str
        The keys of the history that TensorBoard does not show.
    """

    epochs = rows = batch_size = 1
    optimizer: Any = None
    schedule: Any = None
    average: MovingAverage | None = None
    clip: float | None = None
    not_curves: tuple[str, ...] = ("epoch", "seconds")

    def __init__(self, net: torch.nn.Module, seed: int = 0, device: str = "cpu", precision: str = "float32") -> None:
        self.net = net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch declares only one
        self.seed, self.device, self.precision = seed, device, precision
        self.history: list[dict[str, Any]] = []

    def load(self, rows: torch.Tensor) -> tuple[Any, ...]:
        """Load the data of a batch.

        Parameters
        ----------
        rows : int64 tensor (n,)
            Row numbers.

        Returns
        -------
        tuple of tensor
            On the device; the arguments of `loss`.
        """
        raise NotImplementedError

    def loss(self, *batch: Any) -> tuple[torch.Tensor, dict[str, Any]]:
        """Compute the loss of a batch.

        Parameters
        ----------
        *batch : tensor
            What `load` returned.

        Returns
        -------
        loss : tensor
            A scalar.
        sums : dict of float
            Values summed over the rows of the batch; their means go into the history.
        """
        raise NotImplementedError

    def validate(self) -> dict[str, Any]:
        """Measure the network after an epoch, and update a schedule that depends on it; return a dict for the history."""
        return {}

    def train(self, checkpoint: Path | None = None, run: object = None, log: SummaryWriter | None = None) -> None:
        """Train the remaining epochs.

        Parameters
        ----------
        checkpoint : Path, optional
            Written after each epoch; if it exists, training resumes from it.
        run : plain data, optional
            What identifies this run; a checkpoint of another run is refused.
        log : SummaryWriter, optional
            Gets the curves of the history.

        Raises
        ------
        ParameterError
            If the checkpoint belongs to another run.
        DataError
            If the file is not a checkpoint of such a network.
        """
        self.resume(checkpoint, run)
        self.train_epochs(checkpoint, run, log)

    def train_epochs(self, checkpoint: Path | None = None, run: object = None, log: SummaryWriter | None = None) -> None:
        """Train until all epochs are done, without resuming first; the parameters are those of `train`."""
        while not self.is_finished():
            self.train_epoch()
            self.save(checkpoint, run)
            self.write_curves(log)

    def train_epoch(self) -> None:
        """Train on every row once, and append an entry to the history."""
        start = time.perf_counter()
        sums: dict[str, Any] = {}
        torch.manual_seed(self.seed + 1000 * (len(self.history) + 1))
        batches = self.shuffle_rows()
        self.net.train()
        with bar(batches, desc=self.describe_epoch(), unit=" batches") as shown:
            for number, rows in enumerate(shown):
                for name, value in self.train_batch(rows).items():
                    sums[name] = sums.get(name, 0.0) + value
                if self.average is not None:
                    self.average.update_parameters(self.net)
                if number % UPDATE_EVERY == 0 and not shown.disable:
                    shown.set_postfix(self.compute_means(sums, batches[:number + 1]), refresh=False)
        figures = {**self.start_entry(), **self.compute_means(sums, batches)}  # waits for what the device still has to do
        self.history.append({**figures, "seconds": round(time.perf_counter() - start, 1)})
        self.history[-1] |= self.validate()

    def train_batch(self, rows: torch.Tensor) -> dict[str, Any]:
        """Take one step with the optimiser and the schedule.

        Parameters
        ----------
        rows : int64 tensor (n,)
            Row numbers.

        Returns
        -------
        dict
            The sums that `loss` returned.
        """
        batch = self.load(rows)
        with self.autocast():
            loss, sums = self.loss(*batch)
        self.descend(loss, self.optimizer, self.clip)
        self.schedule.step()
        return sums

    def descend(self, loss: torch.Tensor, optimizer: torch.optim.Optimizer, clip: float | None = None) -> None:
        """Take one step of gradient descent.

        Parameters
        ----------
        loss : tensor
            A scalar.
        optimizer : torch.optim.Optimizer
        clip : float, optional
            The largest norm that the network's gradient may have.
        """
        optimizer.zero_grad()
        loss.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), clip)
        optimizer.step()

    def autocast(self) -> torch.autocast:
        """Return a context that computes in the precision of the training."""
        return torch.autocast(self.device.partition(":")[0], torch.bfloat16, enabled=self.precision == "bf16")

    def is_finished(self) -> bool:
        """Tell whether all epochs are done."""
        return len(self.history) >= self.epochs

    def shuffle_rows(self) -> Sequence[torch.Tensor]:
        """Return the row numbers of an epoch in random order, split into batches."""
        return torch.randperm(self.rows).split(self.batch_size)

    def describe_epoch(self) -> str:
        """Return the text before the progress bar of an epoch."""
        return f"epoch {len(self.history) + 1} of {self.epochs}"

    def start_entry(self) -> dict[str, Any]:
        """Return the first keys of an epoch's history entry."""
        return {"epoch": len(self.history) + 1}

    def compute_means(self, sums: Mapping[str, Any], batches: Sequence[torch.Tensor]) -> dict[str, float]:
        """Turn sums over batches into means over their rows.

        Parameters
        ----------
        sums : dict of float
        batches : list of tensor
            Row numbers.

        Returns
        -------
        dict of float
        """
        rows = sum(map(len, batches))
        return {name: round(float(total) / rows, 4) for name, total in sums.items()}

    def averaged_net(self) -> torch.nn.Module:
        """Return the network with averaged weights, or the network itself if no average is kept."""
        return self.net if self.average is None else self.average.module

    def collect_parts(self) -> dict[str, Any]:
        """Return the objects whose state a checkpoint keeps, by name."""
        parts = {"net": self.net, "average": self.average, "optimizer": self.optimizer, "schedule": self.schedule}
        return {name: part for name, part in parts.items() if part is not None}

    def collect_facts(self) -> dict[str, Any]:
        """Return the plain data that a checkpoint keeps beside the history, by name."""
        return {}

    def save(self, path: Path | None, run: object) -> None:
        """Write a checkpoint.

        Parameters
        ----------
        path : Path or None
            With None nothing is written.
        run : plain data
            What identifies this run.
        """
        if path is not None:
            write_checkpoint(path, run, self.collect_parts(), history=self.history, **self.collect_facts())

    def resume(self, path: Path | None, run: object) -> None:
        """Resume from a checkpoint, if there is one; the errors are those of `train`.

        Parameters
        ----------
        path : Path or None
        run : plain data
            What identifies this run.
        """
        names = ("history", *self.collect_facts(), *self.collect_parts())
        if path is not None and (kept := read_checkpoint(path, run, self.device, names)):
            with convert_errors(path):
                self.restore(kept)

    def restore(self, kept: dict[str, Any]) -> None:
        """Set everything to the state in a checkpoint.

        Parameters
        ----------
        kept : dict
            What `read_checkpoint` returned.

        Raises
        ------
        ValueError
            If a state does not fit.
        """
        self.history = kept["history"]
        for name, part in self.collect_parts().items():
            try:
                part.load_state_dict(kept[name])
            except (LookupError, RuntimeError, TypeError, ValueError) as error:
                if is_out_of_memory(error):
                    raise
                raise ValueError(f"its {name} does not fit: another version of featfer wrote it, or it is damaged") from None

    def write_curves(self, log: SummaryWriter | None) -> None:
        """Add the figures of the last epoch to TensorBoard.

        Parameters
        ----------
        log : SummaryWriter or None
            With None nothing is written.
        """
        if log is not None:
            last = self.history[-1]
            for name in last.keys() - {*self.not_curves}:
                if last[name] is not None:
                    log.add_scalar(name, last[name], last["epoch"])
