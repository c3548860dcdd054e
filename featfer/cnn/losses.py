"""The losses: cross-entropy, and what a recipe adds to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from featfer.cnn.recipe import Step


def make_loss(step: Step, labels: Tensor, classes: int) -> Callable[[nn.Module, Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Make the loss function of a step.

    Parameters
    ----------
    step : featfer.cnn.Step
    labels : int64 tensor (n,)
        Of the training images, for the weights of classes.
    classes : int
        Their number.

    Returns
    -------
    function
        (net, images, labels) -> the loss (a scalar tensor) and the scores (n, classes).

    References
    ----------
    Label smoothing: Szegedy et al. 2016.
    """
    weights = compute_class_weights(labels, classes) if step.weighted else None
    cross_entropy = nn.CrossEntropyLoss(weights, label_smoothing=step.smoothing)
    if step.adversarial:
        return partial(compute_adversarial_loss, loss_of=cross_entropy, **step.adversarial)
    return partial(compute_loss, loss_of=cross_entropy)


def compute_loss(net: nn.Module, x: Tensor, y: Tensor, loss_of: Callable[[Tensor, Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Compute the loss of a batch.

    Parameters
    ----------
    net, x, y, loss_of
        As for `compute_adversarial_loss`.

    Returns
    -------
    loss, scores : tensor
        As from `compute_adversarial_loss`.
    """
    scores = net(x).float()
    return loss_of(scores, y), scores


def compute_class_weights(labels: Tensor, classes: int) -> Tensor:
    """Weight classes inversely to their frequency, so that each has the same weight in all.

    Parameters
    ----------
    labels : int64 tensor (n,)
    classes : int

    Returns
    -------
    float32 tensor (classes,)
        n / (classes * images of the class)
    """
    counts = torch.bincount(labels, minlength=classes).clamp(min=1)
    return len(labels) / (classes * counts.float())


def compute_adversarial_loss(net: nn.Module, x: Tensor, y: Tensor, loss_of: Callable[[Tensor, Tensor], Tensor],
                             multiplier: float, step: float, norm: str) -> tuple[Tensor, Tensor]:
    """Compute loss(x) + multiplier * loss(adversarial neighbour of x) for a batch.

    The neighbour is x + step * the normalised gradient of loss(x). No gradient flows through it.

    Parameters
    ----------
    net : torch.nn.Module
    x : float32 tensor (n, channels, side, side)
        Images in [0, 1].
    y : int64 tensor (n,)
        Labels.
    loss_of : function
        From scores and labels to the loss.
    multiplier, step : float
    norm : str
        "l2" scales the gradient of each image to length 1, "infinity" takes its signs.

    Returns
    -------
    loss : tensor
        A scalar.
    scores : float32 tensor (n, classes)
        Of x.

    References
    ----------
    Goodfellow et al. 2015; as adversarial neighbours of neural structured learning, Gopalan et al. 2021.
    """
    x = x.detach().requires_grad_(True)
    scores = net(x).float()
    loss = loss_of(scores, y)
    gradient, = torch.autograd.grad(loss, x, retain_graph=True)
    neighbour = (x + step * normalise(gradient, norm)).detach()
    with torch.autocast(x.device.type, enabled=False):  # bf16 would round so near an image back to x
        neighbour_loss = loss_of(net(neighbour), y)
    return loss + multiplier * neighbour_loss, scores


def normalise(gradient: Tensor, norm: str) -> Tensor:
    """Scale the gradient of each image to length 1.

    Parameters
    ----------
    gradient : float32 tensor (n, channels, h, w)
    norm : str
        "l2" or "infinity".

    Returns
    -------
    float32 tensor (n, channels, h, w)
    """
    if norm == "infinity":
        return gradient.sign()
    length = gradient.flatten(1).norm(dim=1).clamp(min=1e-12)
    return gradient / length.view(-1, 1, 1, 1)
