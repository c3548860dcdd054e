"""Training of a generator: with the squared error alone, then against a discriminator too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from featfer.superres.figures import compute_psnr
from featfer.superres.network import Discriminator, Generator, load_generator
from featfer.superres.pairs import shrink
from featfer.utils.moving_average import MovingAverage
from featfer.utils.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from featfer.superres.recipe import Recipe
    from featfer.typing import Floats, Pixels

BATCH = 256  # images in a batch without gradients
REALISM = nn.BCEWithLogitsLoss()
PAPER_SQUARES = 4  # by which the paper's squared error is larger: its values are in [-1, 1], ours in [0, 1]


class GeneratorTrainer(Trainer):
    """Trains a Generator; the result is a moving average of its weights.

    Parameters
    ----------
    true : uint8 array (n, side, side)
        Original faces, which are shrunk to a quarter of their side.
    recipe : featfer.superres.recipe.Recipe
    device : str
    start : dict of array, optional
        Weights of a generator to start from.
    val : uint8 array (m, side, side), optional
        Faces to measure every epoch on.

    References
    ----------
    Ledig et al. 2017.
    """

    clip = 0.1  # of the gradient of the squared error
    not_curves = ("epoch", "kind")

    def __init__(self, true: Pixels, recipe: Recipe, device: str = "cpu", start: Mapping[str, Floats] | None = None,
                 val: Pixels | None = None) -> None:
        torch.manual_seed(recipe.seed)
        net = Generator(recipe.width, recipe.blocks) if start is None else load_generator(start).requires_grad_(True)
        super().__init__(net, recipe.seed, device, recipe.precision)
        self.small, self.true = (torch.from_numpy(images)[:, None].to(device) for images in (shrink(true), true))
        self.recipe, self.val = recipe, val
        self.epochs, self.rows, self.batch_size = recipe.epochs + recipe.adversarial, len(true), recipe.batch
        self.average = MovingAverage(self.net, recipe.average, from_start=True, warms_up=True)
        self.optimizer = torch.optim.Adam(self.net.parameters(), recipe.lr, fused=True)
        steps = recipe.epochs * -(-len(true) // recipe.batch)
        # one step more, because the last step of OneCycleLR has a rate close to 0
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, recipe.lr, steps + 1, pct_start=0.1)
        if recipe.adversarial:
            self.judge = Discriminator().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch declares it without others
            self.rivals = {part: torch.optim.Adam(getattr(self, part).parameters(), recipe.adversarial_lr, fused=True)
                           for part in ("net", "judge")}

    def is_adversarial(self) -> bool:
        """Tell whether the current epoch is an adversarial one."""
        return len(self.history) >= self.recipe.epochs

    def load(self, rows: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the small and the original images of a batch, float32 (n, 1, h, w) in [0, 1]; half of the pairs are mirrored.

        Parameters
        ----------
        rows : int64 tensor (n,)
            Row numbers.
        """
        mirrored = (torch.rand(len(rows)) < 0.5)[:, None, None, None].to(self.device)
        chosen = [images[rows].float() / 255 for images in (self.small, self.true)]
        small, true = (torch.where(mirrored, images.flip(3), images) for images in chosen)
        return small, true

    def loss(self, *batch: torch.Tensor) -> tuple[torch.Tensor, dict[str, Any]]:
        """Return the mean squared error of enlarged images, and for the history the same as "content".

        Parameters
        ----------
        *batch : float32 tensor (n, 1, h, w)
            The small images and the original ones.
        """
        small, true = batch
        loss = nn.functional.mse_loss(self.net(small), true)
        return loss, {"content": loss.detach()}

    def train_batch(self, rows: torch.Tensor) -> dict[str, Any]:
        """Take one step with the generator, and with the discriminator if the epoch is adversarial.

        Parameters
        ----------
        rows : int64 tensor (n,)
            Row numbers.

        Returns
        -------
        dict
            The losses.
        """
        return self.train_both(*self.load(rows)) if self.is_adversarial() else super().train_batch(rows)

    def train_both(self, small: torch.Tensor, true: torch.Tensor) -> dict[str, Any]:
        """Take one step with the discriminator, then one with the generator against it.

        Parameters
        ----------
        small, true : float32 tensor (n, 1, h, w)

        Returns
        -------
        dict
            The losses.
        """
        with self.autocast():
            made = self.net(small)
            real, fake = self.judge(true).float(), self.judge(made.detach()).float()
        discriminator_loss = REALISM(real, torch.ones_like(real)) + REALISM(fake, torch.zeros_like(fake))
        self.descend(discriminator_loss, self.rivals["judge"])
        with self.autocast():
            scores = self.judge(made).float()
        content, realism = nn.functional.mse_loss(made, true), REALISM(scores, torch.ones_like(scores))
        self.descend(PAPER_SQUARES * content + self.recipe.weight * realism, self.rivals["net"])
        return {"content": content.detach(), "realism": realism.detach(), "judge": discriminator_loss.detach()}

    def validate(self) -> dict[str, Any]:
        """Measure the peak signal-to-noise ratio on val, in dB."""
        return {} if self.val is None else {"val_psnr": round(compute_psnr(self.enlarge(shrink(self.val)), self.val), 3)}

    def enlarge(self, small: Pixels) -> Pixels:
        """Enlarge images by the averaged weights.

        Parameters
        ----------
        small : uint8 array (n, h, w)

        Returns
        -------
        uint8 array (n, 4h, 4w)
        """
        with torch.inference_mode(), self.autocast():
            parts = [_to_bytes(self.averaged_net()(part.to(self.device)[:, None].float() / 255))
                     for part in torch.from_numpy(small).split(BATCH)]
        return np.concatenate(parts)

    def weights(self) -> dict[str, Floats]:
        """Return the averaged weights of the generator (dict of float32 array)."""
        return {name: value.cpu().numpy().copy() for name, value in self.averaged_net().state_dict().items()}

    def start_entry(self) -> dict[str, Any]:
        """Return the first keys of an epoch's history entry."""
        return {**super().start_entry(), "kind": "adversarial" if self.is_adversarial() else "content"}

    def compute_means(self, sums: Mapping[str, Any], batches: Sequence[torch.Tensor]) -> dict[str, Any]:
        """Return the means of losses over batches.

        Parameters
        ----------
        sums : dict of float
        batches : list of tensor

        Returns
        -------
        dict of float
        """
        return {name: round(float(total) / len(batches), 6) for name, total in sums.items()}

    def collect_parts(self) -> dict[str, Any]:
        """Return the objects whose state a checkpoint keeps, by name."""
        if not self.recipe.adversarial:
            return super().collect_parts()
        rivals = {f"rival {name}": rival for name, rival in self.rivals.items()}
        return {**super().collect_parts(), "judge": self.judge, **rivals}


def _to_bytes(images: torch.Tensor) -> Pixels:
    """Return images (n, 1, h, w) in [0, 1] as a uint8 array (n, h, w)."""
    return (images.clamp(0, 1) * 255).round().to(torch.uint8)[:, 0].cpu().numpy()
