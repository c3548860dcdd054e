"""Training of dlib's network for expressions; the result is a moving average of its weights."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from featfer.features.dlibnet.torch_net import DlibFaceNet, build_network
from featfer.features.dlibnet.weights import MAPS, cut_levels, dlib_weights
from featfer.finetuning.normalisation import fold_state, normalise
from featfer.finetuning.recipe import Recipe, augment, mix
from featfer.typing import Floats, Integers, Mask, Pixels
from featfer.utils.moving_average import MovingAverage
from featfer.utils.trainer import Trainer

SAMPLE = 512  # chips for the initial means and variances
BATCH = 64  # chips in a batch without gradients
LAST_MAP = "256x2x2"


class ExpressionNet(nn.Module):
    """dlib's network with a new last layer: grey chips (n, 1, 150, 150) in [0, 255] -> scores (n, classes).

    Parameters
    ----------
    body : featfer.features.dlibnet.torch_net.DlibFaceNet
    classes : int
    dropout : float
        Dropout rate before the last layer.
    """

    def __init__(self, body: DlibFaceNet, classes: int, dropout: float) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(256, classes))

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (n, classes) of chips (n, 1, 150, 150)."""
        x = self.body(x.expand(-1, 3, -1, -1).permute(0, 2, 3, 1), stages=(LAST_MAP,))[LAST_MAP]
        return self.head(x.mean(dim=(2, 3)))


class FineTuner(Trainer):
    """Trains an ExpressionNet in mixed precision.

    Parameters
    ----------
    path : Path
        dlib's network.
    classes : int
    chips : uint8 array (n, 150, 150)
        Of the train split.
    labels : int array (n,)
    recipe : featfer.finetuning.Recipe
    device : str
    val : tuple, optional
        Chips and labels to measure every epoch on, and bools: which are duplicates of training images.
    votes : float array (n, emotions), optional
        Fraction of raters for each emotion, rows of zeros where there are none. A second last layer learns them, so that the
        network below gains from cleaner labels without a change of the first layer's task.
    """

    clip = 1.0

    def __init__(self, path: Path, classes: int, chips: Pixels, labels: Integers, recipe: Recipe, device: str,
                 val: tuple[Pixels, Integers, Mask] | None = None, votes: Floats | None = None) -> None:
        torch.manual_seed(recipe.seed)
        self.chips, self.classes, self.recipe, self.val = chips, classes, recipe, val
        targets = np.eye(classes, dtype=np.float32)[labels]
        self.targets = targets if votes is None else np.hstack([targets, votes.astype(np.float32)])
        self.epochs, self.rows, self.batch_size = recipe.epochs, len(chips), recipe.batch
        body = build_network(dlib_weights(path)).requires_grad_(True)
        normalise(body, body.levels[recipe.frozen:], torch.from_numpy(chips[:SAMPLE])[..., None].expand(-1, -1, -1, 3))
        for part in [body.head, *([body.stem, *body.levels[:recipe.frozen]] if recipe.frozen else [])]:
            part.requires_grad_(False)  # the head is for the embedding, which is not used here
        super().__init__(ExpressionNet(body, self.targets.shape[1], recipe.dropout), recipe.seed, device, "bf16")
        self.average = MovingAverage(self.net, recipe.average, from_start=True, use_buffers=True)
        self.loss_of = nn.CrossEntropyLoss(label_smoothing=recipe.smoothing)
        learnt = [p for p in body.parameters() if p.requires_grad]
        groups = [{"params": [p for p in learnt if p.ndim > 1], "lr": recipe.lr},
                  {"params": [p for p in learnt if p.ndim == 1], "lr": recipe.lr, "weight_decay": 0.0},
                  {"params": self.net.head.parameters(), "lr": recipe.head_lr}]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
        steps = recipe.epochs * -(-len(chips) // recipe.batch)
        rates = [group["lr"] for group in groups]
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, rates, steps, pct_start=0.15)

    def load(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the augmented chips of a batch, float32 (n, 1, 150, 150) in [0, 255], and their targets, float32 (n, classes).

        Parameters
        ----------
        rows : int64 tensor (n,)
            Row numbers.
        """
        chips, targets = (torch.from_numpy(values[rows.numpy()]).to(self.device) for values in (self.chips, self.targets))
        x = augment(chips, self.recipe)
        return mix(x, targets, self.recipe.mixup) if self.recipe.mixup else (x, targets)

    def loss(self, x: Tensor, y: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of a batch, and for the history its sum, in double precision.

        Parameters
        ----------
        x : float32 tensor (n, 1, 150, 150)
        y : float32 tensor (n, classes)
            Label and votes, side by side.
        """
        scores, sums = self.net(x).float(), {}
        loss = self.loss_of(scores[:, :self.classes], y[:, :self.classes])
        sums["loss"] = loss.item() * len(y)
        if y.shape[1] > self.classes:
            of_votes = nn.functional.cross_entropy(scores[:, self.classes:], y[:, self.classes:])
            sums["loss_of_votes"] = of_votes.item() * len(y)
            loss = loss + self.recipe.votes * of_votes
        return loss, sums

    def validate(self) -> dict[str, Any]:
        """Measure the accuracy on val, of all images and of those without a duplicate in train."""
        if self.val is None:
            return {}
        chips, labels, is_duplicate = self.val
        is_right = self.predict(chips) == labels
        return {"val": float(is_right.mean()), "val_without_copies": float(is_right[~is_duplicate].mean())}

    def predict(self, chips: Pixels) -> Integers:
        """Predict the most likely class of chips by the averaged weights.

        Parameters
        ----------
        chips : uint8 array (n, 150, 150)

        Returns
        -------
        int array (n,)
        """
        found = []
        with torch.inference_mode(), self.autocast():
            for at in range(0, len(chips), BATCH):
                x = torch.from_numpy(chips[at:at + BATCH]).to(self.device)[:, None].float()
                found.append(self.averaged_net()(x)[:, :self.classes].argmax(dim=1).cpu().numpy())
        return np.concatenate(found)

    def weights(self, stage: str = LAST_MAP) -> dict[str, NDArray[np.float16]]:
        """Return the averaged weights of the network up to a stage (dict of float16 array).

        Parameters
        ----------
        stage : str
            One of `featfer.features.dlibnet.weights.MAPS`.
        """
        net: Any = self.averaged_net()
        state = {name: value.cpu().half().numpy() for name, value in fold_state(net.body).items()}
        return cut_levels(state, 1 + MAPS.index(stage))
