"""A network whose weights are a moving average of those of another."""

import pytest
import torch
from torch import nn

from featfer.utils.moving_average import MovingAverage


class Weight(nn.Module):
    """A weight, a buffer and a counter that all have one value."""

    def __init__(self, value=0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(value))
        self.register_buffer("mean", torch.tensor(value))
        self.register_buffer("count", torch.tensor(int(value)))


@pytest.mark.parametrize(("options", "weights", "means"), [
    ({}, (8, 6, 4.5), (8, 0, 0)),
    ({"use_buffers": True}, (8, 6, 4.5), (8, 6, 4.5)),
    ({"from_start": True}, (2, 1.5, 1.125), (8, 0, 0)),
    ({"from_start": True, "use_buffers": True}, (2, 1.5, 1.125), (2, 1.5, 1.125)),
    ({"from_start": True, "warms_up": True}, (7.2, 7.2 * 2 / 11, 7.2 * 2 / 11 * 3 / 12), (8, 0, 0)),
])
def test_moving_averages_by_hand(options, weights, means):
    average, counts = MovingAverage(Weight(), 0.75, **options), (8, 0, 0)
    for value, weight, mean, count in zip((8.0, 0.0, 0.0), weights, means, counts, strict=True):
        average.update_parameters(Weight(value))
        assert float(average.module.weight) == pytest.approx(weight)
        assert float(average.module.mean) == pytest.approx(mean)
        assert int(average.module.count) == count
    assert not average.module.weight.requires_grad


def test_a_warm_decay_is_never_above_the_decay():
    average = MovingAverage(Weight(), 0.1, from_start=True, warms_up=True)
    average.update_parameters(Weight(10.0))
    average.update_parameters(Weight(0.0))
    assert float(average.module.weight) == pytest.approx(0.9)
