"""A fine-tuning under way: network, optimiser, moving average; kept after each epoch, and resumed to the same result."""

import copy
import time

import numpy as np
import torch
from torch import nn

from featfer.features.dlibnet.torch_net import load_network
from featfer.finetuning.normalisation import folded_state, normalise
from featfer.finetuning.recipe import augment
from featfer.utils.checkpoints import Resumable
from featfer.utils.progress import bar

SAMPLE = 512  # chips that the first means and variances are of


class ExpressionNet(nn.Module):
    """Grey chips (n, 1, 150, 150) in [0, 255] -> scores (n, classes): dlib's network with a new last layer."""

    def __init__(self, body, classes, dropout):
        super().__init__()
        self.body = body
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(256, classes))

    def forward(self, x):
        x = self.body(x.expand(-1, 3, -1, -1).permute(0, 2, 3, 1), stages=(LAST_MAP,))[LAST_MAP]
        return self.head(x.mean(dim=(2, 3)))


LAST_MAP = "256x2x2"


class Session(Resumable):
    """Trains an ExpressionNet epoch by epoch.

    path: of dlib's network; classes: how many; chips: of the train split, uint8 (n, 150, 150); recipe: a Recipe; device: where
    torch computes
    """

    def __init__(self, path, classes, chips, recipe, device):
        torch.manual_seed(recipe.seed)
        self.recipe, self.device = recipe, device
        body = load_network(path).requires_grad_(True)
        normalise(body, body.levels[recipe.frozen:], torch.from_numpy(chips[:SAMPLE])[..., None].expand(-1, -1, -1, 3))
        for part in [body.head, *([body.stem, *body.levels[:recipe.frozen]] if recipe.frozen else [])]:
            part.requires_grad_(False)  # the head, of the embedding, has no part in this
        self.net = ExpressionNet(body, classes, recipe.dropout).to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).requires_grad_(False).eval()
        learnt = [p for p in body.parameters() if p.requires_grad]
        groups = [{"params": [p for p in learnt if p.ndim > 1], "lr": recipe.lr},
                  {"params": [p for p in learnt if p.ndim == 1], "lr": recipe.lr, "weight_decay": 0.0},
                  {"params": self.net.head.parameters(), "lr": recipe.head_lr}]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
        steps = recipe.epochs * -(-len(chips) // recipe.batch)
        rates = [group["lr"] for group in groups]
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, rates, steps, pct_start=0.15)
        self.history = []

    def train_epoch(self, chips, labels):
        """Train on chips uint8 (n, 150, 150) and labels (n,), each seen once; add mean loss and seconds to the history."""
        epoch, total, start = len(self.history), 0.0, time.perf_counter()
        torch.manual_seed(self.recipe.seed + 1000 * (epoch + 1))
        self.net.train()
        loss_of = nn.CrossEntropyLoss(label_smoothing=self.recipe.smoothing)
        batches = torch.randperm(len(chips)).split(self.recipe.batch)
        with bar(batches, desc=f"epoch {epoch + 1} of {self.recipe.epochs}", unit=" batches") as shown:
            for done, rows in enumerate(shown):
                x = augment(torch.from_numpy(chips[rows.numpy()]).to(self.device), self.recipe)
                with torch.autocast(self.device.partition(":")[0], torch.bfloat16):
                    scores = self.net(x)
                loss = loss_of(scores.float(), torch.from_numpy(labels[rows.numpy()]).long().to(self.device))
                self._step(loss)
                total += loss.item() * len(rows)
                shown.set_postfix_str(f"loss {total / (done + 1) / self.recipe.batch:.3f}", refresh=False)
        self.history.append({"epoch": epoch + 1, "loss": round(total / len(chips), 4),
                             "seconds": round(time.perf_counter() - start, 1)})

    def predict(self, chips):
        """Return the likeliest class of each chip by the averaged weights, int (n,)."""
        found = []
        with torch.inference_mode(), torch.autocast(self.device.partition(":")[0], torch.bfloat16):
            for at in range(0, len(chips), 64):
                x = torch.from_numpy(chips[at:at + 64]).to(self.device)[:, None].float()
                found.append(self.average(x).argmax(dim=1).cpu().numpy())
        return np.concatenate(found)

    def weights(self):
        """Return the averaged weights of the network below its last layer, float16 arrays by name."""
        state = folded_state(self.average.body)
        return {name: value.cpu().half().numpy() for name, value in state.items() if not name.startswith("head.")}

    def _parts(self):
        """Return all that has a state to keep, by name."""
        return {"net": self.net, "average": self.average, "optimizer": self.optimizer, "schedule": self.schedule}

    def _step(self, loss):
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        with torch.no_grad():
            for kept, new in zip(self.average.state_dict().values(), self.net.state_dict().values(), strict=True):
                kept.lerp_(new, 1 - self.recipe.average) if kept.is_floating_point() else kept.copy_(new)
