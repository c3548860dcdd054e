"""The losses, against values worked out by hand."""

import math

import pytest
import torch
from torch import nn

from featfer.cnn.losses import compute_adversarial_loss, compute_class_weights, make_loss, normalise
from featfer.cnn.recipe import Step


class Line(nn.Module):
    """One grey value x -> scores (x, 0)."""

    def forward(self, x):
        x = x.flatten(1)
        return torch.cat([x, torch.zeros_like(x)], dim=1)


def cross_entropy(x):
    """Of the label 0 for the scores (x, 0)."""
    return math.log(1 + math.exp(-x))


def pixels(*values):
    return torch.tensor(values).view(-1, 1, 1, 1)


@pytest.mark.parametrize("norm", ["l2", "infinity"])
def test_adversarial_loss_by_hand(norm):
    # the gradient of log(1 + e^-x) is below 0 everywhere, so of length 1 it is -1: the neighbour of x is x - step
    loss, scores = compute_adversarial_loss(Line(), pixels(0.5), torch.tensor([0]), nn.CrossEntropyLoss(), 0.3, 0.01, norm)
    assert loss.item() == pytest.approx(cross_entropy(0.5) + 0.3 * cross_entropy(0.49), abs=1e-6)
    assert scores.tolist() == [[0.5, 0.0]]


def test_the_neighbour_of_the_other_label_lies_on_the_other_side():
    loss, _ = compute_adversarial_loss(Line(), pixels(0.5), torch.tensor([1]), nn.CrossEntropyLoss(), 1.0, 0.25, "l2")
    assert loss.item() == pytest.approx(cross_entropy(-0.5) + cross_entropy(-0.75), abs=1e-6)


def test_each_images_gradient_is_normalised_by_itself():
    gradient = torch.tensor([[3.0, 4.0], [0.0, -0.5], [0.0, 0.0]]).view(3, 1, 1, 2)
    assert torch.allclose(normalise(gradient, "l2").flatten(1), torch.tensor([[0.6, 0.8], [0.0, -1.0], [0.0, 0.0]]))
    assert normalise(gradient, "infinity").flatten(1).tolist() == [[1, 1], [0, -1], [0, 0]]


def test_no_gradient_flows_through_the_neighbour():
    scale = nn.Parameter(torch.tensor(1.0))

    class Scaled(nn.Module):
        def forward(self, x):
            x = scale * x.flatten(1)
            return torch.cat([x, torch.zeros_like(x)], dim=1)
    loss, _ = compute_adversarial_loss(Scaled(), pixels(0.5), torch.tensor([0]), nn.CrossEntropyLoss(), 0.3, 0.01, "l2")
    loss.backward()
    slope = -0.5 / (1 + math.exp(0.5)) - 0.3 * 0.49 / (1 + math.exp(0.49))  # of log(1 + e^-sx) by s, at both places
    assert scale.grad.item() == pytest.approx(slope, abs=1e-6)


def test_a_neighbour_is_not_rounded_back_by_bf16():
    net = nn.Sequential(nn.Flatten(), nn.Linear(1, 2))
    with torch.no_grad():
        net[1].weight.copy_(torch.tensor([[1.0], [0.0]]))
        net[1].bias.zero_()
    with torch.autocast("cpu", torch.bfloat16):
        loss, _ = compute_adversarial_loss(net, pixels(0.5), torch.tensor([0]), nn.CrossEntropyLoss(), 1.0, 0.0005, "l2")
    assert loss.item() == pytest.approx(cross_entropy(0.5) + cross_entropy(0.4995), abs=1e-6)


def test_class_weights_even_out_the_classes():
    weights = compute_class_weights(torch.tensor([0, 0, 0, 1, 1, 2]), 4)
    assert weights.tolist() == pytest.approx([6 / 12, 6 / 8, 6 / 4, 6 / 4])


@pytest.mark.parametrize(("step", "expected"), [
    (Step(), (cross_entropy(0.5) + cross_entropy(-0.5) + cross_entropy(0.25)) / 3),
    (Step(weighted=True), (0.75 * cross_entropy(0.5) + 1.5 * cross_entropy(-0.5) + 0.75 * cross_entropy(0.25)) / 3),
    (Step(smoothing=0.2), (0.9 * cross_entropy(0.5) + 0.1 * cross_entropy(-0.5) + 0.9 * cross_entropy(-0.5)
                           + 0.1 * cross_entropy(0.5) + 0.9 * cross_entropy(0.25) + 0.1 * cross_entropy(-0.25)) / 3),
])
def test_the_loss_of_a_step(step, expected):
    labels = torch.tensor([0, 1, 0])
    loss, scores = make_loss(step, labels, 2)(Line(), pixels(0.5, 0.5, 0.25), labels)
    assert loss.item() == pytest.approx(expected, abs=1e-6)
    assert scores.shape == (3, 2)


def test_a_step_with_an_adversarial_table_has_the_adversarial_loss():
    step = Step(adversarial={"multiplier": 0.3, "step": 0.01, "norm": "infinity"})
    loss, _ = make_loss(step, torch.tensor([0]), 2)(Line(), pixels(0.5), torch.tensor([0]))
    assert loss.item() == pytest.approx(cross_entropy(0.5) + 0.3 * cross_entropy(0.49), abs=1e-6)
