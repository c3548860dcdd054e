import copy

import pytest
import torch

from featfer.features.dlibnet.feature import DLIB, network_weights
from featfer.features.dlibnet.torch_net import DlibFaceNet, build_network
from featfer.finetuning.normalisation import NormalisedConv, fold_state, normalise

STAGE = "256x2x2"


def random_chips(count):
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(count, 3, 10, 10, generator=generator)
    large = torch.nn.functional.interpolate(coarse, (150, 150), mode="bilinear")
    return (255 * large).byte().permute(0, 2, 3, 1).contiguous()


@pytest.fixture(scope="module")
def normalised():
    """(the network as it is read, the same with normalisation from its second level on)"""
    net = build_network(network_weights(DLIB))
    changed = copy.deepcopy(net)
    normalise(changed, changed.levels[1:], random_chips(16))
    return net, changed


def test_normalisation_changes_nothing_at_first(normalised):
    net, changed = normalised
    chips = random_chips(4)
    with torch.no_grad():
        before, after = (part.eval()(chips, stages=(STAGE,))[STAGE] for part in (net, changed))
    assert float((before - after).abs().max()) < 1e-3 * float(before.abs().max())
    parts = [module for module in changed.modules() if isinstance(module, NormalisedConv)]
    assert len(parts) == 2 * sum(len(level) for level in net.levels[1:])


def test_the_folded_network_computes_the_same_after_training(normalised):
    changed = copy.deepcopy(normalised[1]).train()
    chips = random_chips(8)
    optimizer = torch.optim.SGD(changed.parameters(), lr=1e-3)
    changed.requires_grad_(True)
    for _ in range(2):
        changed(chips, stages=(STAGE,))[STAGE].mean().backward()
        optimizer.step()
    plain = DlibFaceNet()
    plain.load_state_dict(fold_state(changed))
    with torch.no_grad():
        trained, folded, before = (part.eval()(chips, stages=(STAGE,))[STAGE] for part in (changed, plain, normalised[0]))
    scale = float(trained.abs().max())
    assert float((trained - folded).abs().max()) < 1e-3 * scale
    assert float((trained - before).abs().max()) > 1e-2 * scale
