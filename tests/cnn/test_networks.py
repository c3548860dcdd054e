import tomllib

import pytest
import torch
from helpers.networks import alike, layers, losses, on_paper
from torch import nn

from featfer.cnn.networks import NETWORKS, count_multiply_adds, count_parameters, make_network
from featfer.cnn.networks.blocks import ELU
from featfer.cnn.networks.residual import drop_blocks
from featfer.errors import ParameterError

OWN = ("residual", "blocks15", "deep-minus-shallow", "groups9", "groups-shallow", "widening")
COSTS = {  # parameters, multiply-adds at 48x48, convolutions: of 7 classes and grey images
    "residual": (7_774_519, 322_835_968, 37), "blocks15": (3_395_751, 172_663_680, 15),
    "blocks15-3x3": (6_000_295, 157_328_256, 15), "blocks10": (9_543_111, 664_355_712, 10),
    "blocks9": (3_722_567, 750_404_480, 9), "deep-minus-shallow": (3_261_095, 60_165_632, 13),
    "groups9": (779_783, 149_598_656, 9), "groups-shallow": (1_184_647, 1_847_744, 1),
    "widening": (5_344_295, 148_121_344, 11), "alexnet": (57_017_031, 90_592_832, 5),
    "densenet121": (6_954_759, 123_825_152, 120), "googlenet": (5_600_807, 69_212_928, 57),
    "mobilenetv3": (4_210_711, 13_985_672, 62), "resnet18": (11_173_831, 94_346_752, 20),
    "resnet34": (21_281_991, 187_538_944, 36), "resnet50": (23_516_103, 209_307_648, 53),
    "vgg11": (128_793_863, 460_632_064, 8), "vgg16": (134_288_071, 821_604_352, 13),
    "resnet18-dropout": (11_174_855, 94_346_752, 20), "resnet34-dropout": (21_283_015, 187_538_944, 36),
    "googlenet-dropout": (5_602_855, 69_212_928, 57),
}
DESCRIPTIONS = {  # filters and kernel of each convolution, dropout of each block and of the dense layer
    "blocks15": ([(32, 5)] * 2 + [(64, 3)] * 7 + [(128, 3)] * 3 + [(512, 3), (512, 2), (512, 2)], [0.5] * 6),
    "blocks15-3x3": ([(32, 3)] * 2 + [(64, 3)] * 7 + [(128, 3)] * 3 + [(512, 3)] * 3, [0.5] * 6),
    "blocks10": ([(64, 5)] * 2 + [(128, 3)] * 2 + [(256, 3)] * 2 + [(512, 3)] * 4, [0.4, 0.4, 0.5, 0.5, 0.5, 0.6]),
    "blocks9": ([(64, 5)] * 2 + [(128, 3)] * 3 + [(256, 3)] * 4, [0.4, 0.4, 0.5, 0.6]),
}
HEAVY = ("blocks10", "blocks9", "alexnet", "densenet121", "resnet50", "vgg11", "vgg16")
ALIKE = ("resnet18-dropout", "resnet34-dropout", "googlenet-dropout")  # without their dropout they are those without it
STEPS = {  # of AdamW: their rate, how many, and below what share of the first loss they come, for each of several seeds
    **dict.fromkeys(NETWORKS, (3e-4, 6, 0.6)),
    "alexnet": (1e-4, 8, 0.9), "vgg11": (3e-5, 6, 0.9), "vgg16": (3e-5, 6, 0.9),  # without batch normalisation
}


def test_every_network_has_its_costs_listed():
    assert set(COSTS) == set(NETWORKS) - {"blocks"}


@pytest.mark.parametrize("name", COSTS)
def test_size_cost_scores_and_gradients(name):
    net = on_paper(name, 7)
    assert (count_parameters(net), count_multiply_adds(net), len(layers(net, nn.Conv2d))) == COSTS[name]
    scores = net(torch.zeros(2, 1, 96, 96, device="meta"))
    assert scores.shape == (2, 7)
    scores.sum().backward()
    assert [key for key, values in net.named_parameters() if values.grad is None] == []


@pytest.mark.parametrize("name", [*OWN, "alexnet", "vgg11", "resnet18-dropout"])
def test_colours_and_other_sides(name):
    net = on_paper(name, 3, channels=3)
    for side in (48, 64, 192):
        assert net(torch.zeros(2, 3, side, side, device="meta")).shape == (2, 3)


@pytest.mark.parametrize("name", [*OWN, "mobilenetv3"])
def test_weights_come_from_the_seed_and_all_of_them_learn(name, one_thread):
    nets = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        nets.append(make_network(name, 3))
    drawn = [key for key, values in nets[0].named_parameters() if values.dim() > 1]
    one, same, other = (net.state_dict() for net in nets)
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert not any(torch.equal(one[key], other[key]) for key in drawn)
    scores = nets[0](torch.rand(6, 1, 48, 48))
    assert scores.shape == (6, 3) and scores.dtype == torch.float32
    nn.functional.cross_entropy(scores, torch.arange(6) % 3).backward()
    assert [key for key, values in nets[0].named_parameters() if not values.grad.abs().sum() > 0] == []


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) if name in HEAVY else name for name in NETWORKS
                                  if name not in ALIKE])
def test_a_few_steps_lower_the_loss(name, one_thread):
    lr, steps, share = STEPS[name]
    torch.manual_seed(0)
    seen = losses(make_network(name, 7, **({"blocks": [[2, 8], [1, 16]]} if name == "blocks" else {})), lr, steps)
    assert len(seen) == steps and seen[-1] < share * seen[0]


def test_multiply_adds_are_those_of_convolutions_and_linear_layers():
    net = nn.Sequential(nn.Conv2d(4, 6, 3, padding=1, groups=2), nn.BatchNorm2d(6), nn.Flatten(), nn.Linear(6 * 64, 5)).train()
    assert count_multiply_adds(net, channels=4, side=8) == 8 * 8 * 6 * 2 * 9 + 6 * 64 * 5
    assert count_parameters(net) == 6 * 2 * 9 + 6 + 12 + 384 * 5 + 5
    assert net.training and not net[0]._forward_hooks
    assert torch.equal(net[1].running_mean, torch.zeros(6))


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_descriptions_are_the_published_ones(name):
    convolutions, dropouts = DESCRIPTIONS[name]
    net = on_paper(name, 7)
    assert [(conv.out_channels, conv.kernel_size[0]) for conv in layers(net, nn.Conv2d)] == convolutions
    assert [dropout.p for dropout in layers(net, nn.Dropout)] == dropouts
    assert [type(layer) for layer in net.blocks[0]] == 2 * [nn.Conv2d, ELU, nn.BatchNorm2d] + [nn.MaxPool2d, nn.Dropout]
    assert [linear.out_features for linear in layers(net, nn.Linear)] == [128, 7]


def test_elu_is_that_of_torch_forwards_and_backwards():
    x = torch.linspace(-90, 90, 18001, requires_grad=True)
    (ours, by_ours), (torchs, by_torchs) = ((y, *torch.autograd.grad(y.sum(), x)) for y in (ELU()(x), nn.functional.elu(x)))
    assert torch.allclose(ours, torchs, rtol=0, atol=1e-7) and torch.allclose(by_ours, by_torchs, rtol=0, atol=1e-7)
    assert by_ours[9000] == 1 and torch.equal(ELU()(x.bfloat16())[9001:], x.bfloat16()[9001:])


def test_block_weights_are_he_normal():
    torch.manual_seed(0)
    net = make_network("blocks15", 7)
    for conv in layers(net, nn.Conv2d)[1:]:
        assert conv.weight.std().item() == pytest.approx((2 / conv.weight[0].numel()) ** 0.5, rel=0.05)
        assert torch.equal(conv.bias, torch.zeros_like(conv.bias))


def test_blocks_of_your_own_from_toml():
    told = tomllib.loads("blocks = [[1, 8, 3, 0.0], {count = 2, filters = 16, kernel = [3, 2], dropout = 0.2}]\nhidden = 10")
    net = make_network("blocks", 4, channels=3, **told)
    assert [(conv.in_channels, conv.out_channels, conv.kernel_size[0]) for conv in layers(net, nn.Conv2d)] == [
        (3, 8, 3), (8, 16, 3), (16, 16, 2)]
    assert [dropout.p for dropout in layers(net, nn.Dropout)] == [0, 0.2, 0.5]
    assert net.blocks(torch.rand(2, 3, 48, 48)).shape == (2, 16, 12, 12)
    assert [(linear.in_features, linear.out_features) for linear in layers(net, nn.Linear)] == [(16 * 12 * 12, 10), (10, 4)]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_an_even_kernel_keeps_the_side_as_same_padding_does(one_thread):
    block, x = make_network("blocks", 7, blocks=[[1, 4, 2]]).eval().blocks[0], torch.rand(1, 1, 48, 48)
    conv = layers(block, nn.Conv2d)[0]
    convolved = nn.functional.conv2d(x, conv.weight, conv.bias, padding="same")
    assert alike(block(x), nn.functional.max_pool2d(nn.functional.elu(convolved), 2))


@pytest.mark.parametrize(("blocks", "message"), [
    (None, "blocks None is not a list of 1 to 5"), ([], "1 to 5"), ([[1, 8]] * 6, "1 to 5"), ("deep", "1 to 5"),
    ([[2, 8, [3]]], r"kernel \[3\] is neither one side nor one for each of the 2"), ([[0, 8]], "count 0 is not a whole number"),
    ([[1, 8.5]], "filters 8.5"), ([[1, True]], "filters True"), ([[1, 8, "3"]], "kernel '3'"), ([[1, 8, 3, 1]], "dropout 1"),
    ([5], "block 5: give count, filters"), ([{"width": 8}], "block {'width': 8}: give count, filters, kernel, dropout"),
    ([[1]], "block"), ([[1, 2, 3, 0, 5]], "block"),
])
def test_invalid_blocks_are_refused(blocks, message):
    with pytest.raises(ParameterError, match=message):
        make_network("blocks", 7, blocks=blocks)


def test_maps_can_be_taken_after_each_group(one_thread):
    net, x = make_network("groups9", 6), torch.rand(2, 1, 48, 48)
    shapes = []
    for group in net.groups:
        x = group(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [(32, 24, 24), (64, 12, 12), (128, 6, 6)]


def test_the_residual_is_deep_minus_shallow(one_thread):
    net, x = make_network("deep-minus-shallow", 7).eval(), torch.rand(2, 1, 48, 48)
    seen = []
    net.residual.register_forward_hook(lambda _, given, __: seen.append(given[0]))
    net(x)
    deep, shallow = net.deep(net.stem(x)), net.shallow(net.stem(x))
    assert deep.shape == shallow.shape == (2, 192, 6, 6)
    assert alike(seen[0], deep - shallow) and deep.min() < 0 and shallow.min() < 0
    assert len(layers(net.deep, nn.Conv2d)) == 7 and len(layers(net.shallow, nn.Conv2d)) == 2


def test_widening_widens_to_1024_and_narrows_to_256():
    net = on_paper("widening", 7)
    assert [conv.out_channels for conv in layers(net, nn.Conv2d)] == [32, 32, 64, 64, 64, 128, 128, 256, 1024, 256, 7]
    assert [type(layer) for layer in net.features[:7]] == 2 * [nn.Conv2d, nn.ReLU, nn.BatchNorm2d] + [nn.MaxPool2d]


def test_residual_takes_width_and_depth():
    net = on_paper("residual", 7, width=16, depth=[1, 3], drop=0.3)
    assert [block.branch[0].out_channels for block in net.blocks] == [16, 32, 32, 32]
    assert [block.drop for block in net.blocks] == pytest.approx([0, 0.1, 0.2, 0.3])
    assert [block.branch[0].stride[0] for block in net.blocks] == [1, 2, 1, 1]


def test_residual_skips_blocks_only_in_training(one_thread):
    torch.manual_seed(0)
    values = drop_blocks(torch.ones(1000, 2, 2, 2), 0.25)
    kept = values[:, 0, 0, 0] > 0
    assert torch.equal(values, kept.float().view(-1, 1, 1, 1).expand_as(values) / 0.75)
    assert 0.7 < float(kept.float().mean()) < 0.8
    net, x = make_network("residual", 7, width=16, drop=0.9, dropout=0), torch.rand(1, 1, 48, 48).expand(8, -1, -1, -1)
    assert net(x).std(dim=0).min() > 1e-3
    assert net.eval()(x).std(dim=0).max() < 1e-5


@pytest.mark.parametrize(("name", "params", "message"), [
    ("lenet", {}, "network 'lenet' is none of residual, blocks, blocks15"), ("groups9", {"classes": 1}, "classes 1"),
    ("groups9", {"channels": 2}, "channels 2 is neither 1, for grey, nor 3"),
    ("groups9", {"width": 3}, "network 'groups9' has no parameter 'width'; it takes hidden, dropout"),
    ("groups9", {"weights": "imagenet"}, "network 'groups9' has no parameter 'weights'"),
    ("blocks15", {"trainable": "last"}, "network 'blocks15' has no parameter 'trainable'; it takes none"),
    ("resnet18", {"dropout": 0.5}, "has no parameter 'dropout'; it takes weights, trainable, enlarge"),
    ("resnet18", {"trainable": "first"}, "trainable 'first' is none of all, last"), ("groups9", {"hidden": 0}, "hidden 0"),
    ("groups9", {"dropout": 1.5}, "dropout 1.5 is not a share"),
    ("blocks", {"blocks": [[1, 8]], "hidden": "128"}, "hidden '128'"),
    ("resnet18-dropout", {"dropout": -1}, "dropout -1"), ("deep-minus-shallow", {"dropout": None}, "dropout None"),
    ("residual", {"depth": 2}, "depth 2 is not a list"), ("residual", {"depth": [2, 0]}, "depth 0"),
    ("residual", {"width": 4}, "width 4 is not a whole number of at least 8"), ("residual", {"drop": 1}, "drop 1"),
])
def test_unknown_names_and_invalid_values_are_refused(name, params, message):
    with pytest.raises(ParameterError, match=message):
        make_network(name, **{"classes": 7, **params})
