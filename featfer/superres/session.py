"""A training under way: networks, optimisers, moving average; kept after each epoch, and resumed to the same result."""

import copy
import time
from contextlib import nullcontext

import numpy as np
import torch
from torch import nn

from featfer.superres.network import Discriminator, Generator, load_generator
from featfer.utils.checkpoints import Resumable
from featfer.utils.progress import bar

ENLARGED = 256  # images at a time, when no gradient is needed
REALISM = nn.BCEWithLogitsLoss()
PAPER_SQUARES = 4  # by which the paper's squared error is larger: its values are in [-1, 1], these in [0, 1]
LONGEST = 0.1  # gradient of the squared error


class Session(Resumable):
    """Trains a Generator epoch by epoch: first by the squared error alone, then against a Discriminator too.

    small, true: uint8 (n, side / 4, side / 4) and (n, side, side), what to learn from; recipe: a Recipe; device: where torch
    computes; start: weights of a generator to begin with, arrays by name

    history: what was measured, a dict an epoch
    """

    def __init__(self, small, true, recipe, device="cpu", start=None):
        torch.manual_seed(recipe.seed)
        self.small, self.true = (torch.from_numpy(images)[:, None].to(device) for images in (small, true))
        self.recipe, self.device, self.history = recipe, device, []
        net = Generator(recipe.width, recipe.blocks) if start is None else load_generator(start).requires_grad_(True)
        self.net = net.to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.net.parameters(), recipe.lr, fused=True)
        steps = recipe.epochs * -(-len(small) // recipe.batch)
        # a cycle of one step more: the last one of OneCycleLR has a rate of next to nothing
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, recipe.lr, steps + 1, pct_start=0.1)
        if recipe.adversarial:
            self.judge = Discriminator().to(device, memory_format=torch.channels_last)
            self.rivals = {part: torch.optim.Adam(getattr(self, part).parameters(), recipe.adversarial_lr, fused=True)
                           for part in ("net", "judge")}

    @property
    def finished(self):
        """Whether all epochs of the recipe are done."""
        return len(self.history) >= self.recipe.epochs + self.recipe.adversarial

    def train_epoch(self):
        """Show every pair once, half of them mirrored; add what came of it to the history."""
        recipe, epoch, start = self.recipe, len(self.history), time.perf_counter()
        adversarial = epoch >= recipe.epochs
        torch.manual_seed(recipe.seed + 1000 * (epoch + 1))
        step = self._adversarial_step if adversarial else self._content_step
        batches, totals = torch.randperm(len(self.true)).split(recipe.batch), {}
        with bar(batches, desc=f"epoch {epoch + 1} of {recipe.epochs + recipe.adversarial}", unit=" batches") as shown:
            for done, rows in enumerate(shown):
                for name, value in step(*self._pairs(rows)).items():
                    totals[name] = totals.get(name, 0.0) + value.detach()
                self._follow(epoch * len(batches) + done)
                if done % 20 == 0:
                    shown.set_postfix_str(f"squared error {float(totals['content']) / (done + 1):.5f}", refresh=False)
        self.history.append({"epoch": epoch + 1, "kind": "adversarial" if adversarial else "content",
                             **{name: round(float(total) / len(batches), 6) for name, total in totals.items()},
                             "seconds": round(time.perf_counter() - start, 1)})

    def enlarge(self, small):
        """Return images uint8 (n, h, w) enlarged by the averaged weights, uint8 (n, 4h, 4w)."""
        with torch.inference_mode(), self._precision():
            parts = [_to_bytes(self.average(part.to(self.device)[:, None].float() / 255))
                     for part in torch.from_numpy(small).split(ENLARGED)]
        return np.concatenate(parts)

    def weights(self):
        """Return the averaged weights of the generator, float32 arrays by name."""
        return {name: value.cpu().numpy().copy() for name, value in self.average.state_dict().items()}

    def _content_step(self, small, true):
        with self._precision():
            made = self.net(small)
        loss = nn.functional.mse_loss(made, true)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), LONGEST)
        self.optimizer.step()
        self.schedule.step()
        return {"content": loss}

    def _adversarial_step(self, small, true):
        with self._precision():
            made = self.net(small)
            real, false = self.judge(true).float(), self.judge(made.detach()).float()
        told_apart = REALISM(real, torch.ones_like(real)) + REALISM(false, torch.zeros_like(false))
        self._rival_step("judge", told_apart)
        with self._precision():
            looks = self.judge(made).float()
        content, realism = nn.functional.mse_loss(made, true), REALISM(looks, torch.ones_like(looks))
        self._rival_step("net", PAPER_SQUARES * content + self.recipe.weight * realism)
        return {"content": content, "realism": realism, "judge": told_apart}

    def _rival_step(self, part, loss):
        self.rivals[part].zero_grad()
        loss.backward()
        self.rivals[part].step()

    def _pairs(self, rows):
        """Return (small, true) of some rows, float32 (n, 1, ., .) in [0, 1], half of them mirrored."""
        mirrored = torch.rand(len(rows)) < 0.5
        for images in (self.small, self.true):
            chosen = images[rows].float() / 255
            yield torch.where(mirrored[:, None, None, None].to(self.device), chosen.flip(3), chosen)

    def _follow(self, step):
        """Move the average; in the first steps faster, so that the weights that were drawn soon have no part in it."""
        share = 1 - min(self.recipe.average, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), share)

    def _precision(self):
        if self.recipe.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.partition(":")[0], torch.bfloat16)

    def _parts(self):
        """Return all that has a state to keep, by name."""
        parts = {"net": self.net, "average": self.average, "optimizer": self.optimizer, "schedule": self.schedule}
        if self.recipe.adversarial:
            parts |= {"judge": self.judge, **{f"rival {name}": rival for name, rival in self.rivals.items()}}
        return parts


def _to_bytes(images):
    """Return images (n, 1, h, w) in [0, 1] as an array uint8 (n, h, w)."""
    return (images.clamp(0, 1) * 255).round().to(torch.uint8)[:, 0].cpu().numpy()
