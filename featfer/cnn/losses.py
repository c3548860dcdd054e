"""Losses: cross-entropy with what a recipe adds to it."""

import torch
from torch import nn


def make_loss(step, labels, classes):
    """Return a function (net, images, labels) -> the loss to descend, and the scores it was computed from.

    step: the recipe's Step; labels: int64 (n,) of the training rows, by which a weighted loss weighs the classes
    """
    weights = class_weights(labels, classes) if step.weighted else None
    cross_entropy = nn.CrossEntropyLoss(weights, label_smoothing=step.smoothing)
    if step.adversarial:
        return lambda net, x, y: adversarial_loss(net, x, y, cross_entropy, **step.adversarial)

    def plain(net, x, y):
        scores = net(x).float()
        return cross_entropy(scores, y), scores
    return plain


def class_weights(labels, classes):
    """Return n / (classes x images of the class), float32 (classes,): rare classes count as much as frequent ones."""
    counts = torch.bincount(labels, minlength=classes).clamp(min=1)
    return len(labels) / (classes * counts.float())


def adversarial_loss(net, x, y, loss_of, multiplier, step, norm):
    """Return loss(x) + multiplier x loss(x + step x normalised gradient of loss(x) by x), and the scores of x.

    norm: "l2" brings each image's gradient to length 1, "infinity" takes its signs. Adversarial neighbours of neural
    structured learning (Gopalan et al. 2021), after Goodfellow et al. 2015; no gradient flows through the neighbour. Its loss
    is computed in float32: bf16 would round so near an image back to x.
    """
    x = x.detach().requires_grad_(True)
    scores = net(x).float()
    loss = loss_of(scores, y)
    gradient, = torch.autograd.grad(loss, x, retain_graph=True)
    neighbour = (x + step * normalised(gradient, norm)).detach()
    with torch.autocast(x.device.type, enabled=False):
        beside = loss_of(net(neighbour), y)
    return loss + multiplier * beside, scores


def normalised(gradient, norm):
    """Return each image's gradient (n, channels, h, w) as a step of length 1 by the L2 or the infinity norm."""
    if norm == "infinity":
        return gradient.sign()
    length = gradient.flatten(1).norm(dim=1).clamp(min=1e-12)
    return gradient / length.view(-1, 1, 1, 1)
