"""How a generator is trained: by the squared error alone, then against a discriminator too."""

import numpy as np
import torch
from torch import nn

from featfer.superres.figures import psnr
from featfer.superres.network import Discriminator, Generator, load_generator
from featfer.superres.pairs import shrink
from featfer.utils.moving_average import MovingAverage
from featfer.utils.trainer import Trainer

ENLARGED = 256  # images at a time, when no gradient is needed
REALISM = nn.BCEWithLogitsLoss()
PAPER_SQUARES = 4  # by which the paper's squared error is larger: its values are in [-1, 1], these in [0, 1]


class GeneratorTrainer(Trainer):
    """Trains a Generator; what is kept is a moving average of its weights.

    Parameters
    ----------
    true : uint8 (n, side, side)
        Faces to learn from, which are shrunk to a quarter of their side.
    recipe : featfer.superres.recipe.Recipe
    device : str
    start : dict, optional
        Weights of a generator to begin with, arrays by name.
    val : uint8 (m, side, side), optional
        Faces to measure every epoch on.
    """

    clip = 0.1  # of the squared error alone
    not_curves = ("epoch", "kind")

    def __init__(self, true, recipe, device="cpu", start=None, val=None):
        torch.manual_seed(recipe.seed)
        net = Generator(recipe.width, recipe.blocks) if start is None else load_generator(start).requires_grad_(True)
        super().__init__(net, recipe.seed, device, recipe.precision)
        self.small, self.true = (torch.from_numpy(images)[:, None].to(device) for images in (shrink(true), true))
        self.recipe, self.val = recipe, val
        self.epochs, self.rows, self.batch_size = recipe.epochs + recipe.adversarial, len(true), recipe.batch
        self.average = MovingAverage(self.net, recipe.average, from_start=True, warms_up=True)
        self.optimizer = torch.optim.Adam(self.net.parameters(), recipe.lr, fused=True)
        steps = recipe.epochs * -(-len(true) // recipe.batch)
        # a cycle of one step more: the last one of OneCycleLR has a rate of next to nothing
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, recipe.lr, steps + 1, pct_start=0.1)
        if recipe.adversarial:
            self.judge = Discriminator().to(device, memory_format=torch.channels_last)
            self.rivals = {part: torch.optim.Adam(getattr(self, part).parameters(), recipe.adversarial_lr, fused=True)
                           for part in ("net", "judge")}

    def is_adversarial(self):
        """Return whether the epoch under way is one against the discriminator."""
        return len(self.history) >= self.recipe.epochs

    def load(self, rows):
        """Return (small, true) images of some rows, float32 (n, 1, ., .) in [0, 1], half of them mirrored."""
        mirrored = (torch.rand(len(rows)) < 0.5)[:, None, None, None].to(self.device)
        chosen = [images[rows].float() / 255 for images in (self.small, self.true)]
        return [torch.where(mirrored, images.flip(3), images) for images in chosen]

    def loss(self, small, true):
        """Return the squared error of what is made of small images."""
        loss = nn.functional.mse_loss(self.net(small), true)
        return loss, {"content": loss.detach()}

    def train_batch(self, rows):
        """Take a step of the generator, and of the discriminator where there is one."""
        return self.train_rivals(*self.load(rows)) if self.is_adversarial() else super().train_batch(rows)

    def train_rivals(self, small, true):
        """Take a step of the discriminator, then one of the generator against it."""
        with self.autocast():
            made = self.net(small)
            real, false = self.judge(true).float(), self.judge(made.detach()).float()
        told_apart = REALISM(real, torch.ones_like(real)) + REALISM(false, torch.zeros_like(false))
        self.descend(told_apart, self.rivals["judge"])
        with self.autocast():
            looks = self.judge(made).float()
        content, realism = nn.functional.mse_loss(made, true), REALISM(looks, torch.ones_like(looks))
        self.descend(PAPER_SQUARES * content + self.recipe.weight * realism, self.rivals["net"])
        return {"content": content.detach(), "realism": realism.detach(), "judge": told_apart.detach()}

    def validate(self):
        """Measure the peak signal-to-noise ratio of val, in decibels."""
        return {} if self.val is None else {"val_psnr": round(psnr(self.enlarge(shrink(self.val)), self.val), 3)}

    def enlarge(self, small):
        """Return images uint8 (n, h, w) enlarged by the averaged weights, uint8 (n, 4h, 4w)."""
        with torch.inference_mode(), self.autocast():
            parts = [_to_bytes(self.averaged_net()(part.to(self.device)[:, None].float() / 255))
                     for part in torch.from_numpy(small).split(ENLARGED)]
        return np.concatenate(parts)

    def weights(self):
        """Return the averaged weights of the generator, float32 arrays by name."""
        return {name: value.cpu().numpy().copy() for name, value in self.averaged_net().state_dict().items()}

    def start_entry(self):
        """Return what an epoch's part of the history begins with."""
        return {**super().start_entry(), "kind": "adversarial" if self.is_adversarial() else "content"}

    def compute_means(self, sums, batches):
        """Return the means of the batches' losses."""
        return {name: round(float(total) / len(batches), 6) for name, total in sums.items()}

    def collect_parts(self):
        """Return all that has a state to keep in a checkpoint, by name."""
        if not self.recipe.adversarial:
            return super().collect_parts()
        rivals = {f"rival {name}": rival for name, rival in self.rivals.items()}
        return {**super().collect_parts(), "judge": self.judge, **rivals}


def _to_bytes(images):
    """Return images (n, 1, h, w) in [0, 1] as an array uint8 (n, h, w)."""
    return (images.clamp(0, 1) * 255).round().to(torch.uint8)[:, 0].cpu().numpy()
