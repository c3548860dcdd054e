import ast
import sys
import urllib.error
from pathlib import Path

import pytest
import torch
from helpers.networks import alike, losses, on_paper
from torch import nn

from featfer.cnn import networks
from featfer.cnn.networks import count_multiply_adds, count_parameters, make_network
from featfer.cnn.networks.blocks import init_he_normal
from featfer.cnn.networks.weights import read_state, rename_value
from featfer.errors import DataError, MissingError, ParameterError

TRAINED = {  # what learns where trainable is "last", and how many numbers these are
    "alexnet": ("features.8 features.10 classifier.1 classifier.4 classifier.6", 56_037_895),
    "densenet121": ("features.denseblock4 features.norm5 classifier", 2_167_303),
    "googlenet": ("inception5a inception5b fc", 2_333_159),
    "mobilenetv3": ("features.15 features.16 classifier.0 classifier.3", 2_191_927),
    "resnet18": ("layer4 fc", 8_397_319), "resnet34": ("layer4 fc", 13_117_959), "resnet50": ("layer4 fc", 14_979_079),
    "vgg11": ("features.16 features.18 classifier.0 classifier.3 classifier.6", 124_294_151),
    "vgg16": ("features.24 features.26 features.28 classifier.0 classifier.3 classifier.6", 126_653_959),
    "resnet18-dropout": ("layer4 fc", 8_398_343), "resnet34-dropout": ("layer4 fc", 13_118_983),
    "googlenet-dropout": ("inception5a inception5b fc", 2_335_207),
}


@pytest.fixture(scope="module")
def resnet18(one_thread):
    """ResNet18 of torchvision for 1000 classes, in evaluation."""
    from torchvision import models
    torch.manual_seed(3)
    return models.resnet18().eval()


@pytest.fixture(scope="module")
def resnet18_file(tmp_path_factory, resnet18):
    """Path of its state dict."""
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(resnet18.state_dict(), path)
    return path


@pytest.mark.parametrize("name", TRAINED)
def test_only_the_last_layers_are_trained(name):
    paths, numbers = TRAINED[name]
    net = on_paper(name, 7, trainable="last").net
    trained = {key: values.numel() for key, values in net.named_parameters() if values.requires_grad}
    assert sum(trained.values()) == numbers
    reached = {path for path in paths.split() for key in trained if key.startswith(f"{path}.")}
    assert reached == set(paths.split()) and all(key.startswith(tuple(f"{path}." for path in reached)) for key in trained)


def test_frozen_layers_stay_as_they_are(resnet18_file, resnet18):
    net = make_network("resnet18", 7, weights=resnet18_file, trainable="last").train()
    net(torch.rand(4, 1, 48, 48)).sum().backward()
    assert torch.equal(net.net.bn1.running_mean, resnet18.bn1.running_mean)
    assert not torch.equal(net.net.layer4[0].bn1.running_mean, resnet18.layer4[0].bn1.running_mean)
    assert net.net.conv1.weight.grad is None and net.net.layer4[0].conv1.weight.grad.abs().sum() > 0
    whole = make_network("resnet18", 7).train()
    assert whole.net.bn1.training and all(values.requires_grad for values in whole.parameters())


def test_a_few_steps_of_the_last_layers_lower_the_loss(resnet18_file):
    net = make_network("resnet18", 7, weights=resnet18_file, trainable="last")
    before = {name: value.clone() for name, value in net.net.state_dict().items()}
    seen = losses(net, 3e-4, 6)
    assert seen[-1] < 0.6 * seen[0]
    changed = {name for name, value in net.net.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {name for name in before if name.startswith(("layer4.", "fc."))}


def test_grey_is_grey_repeated_to_three(resnet18_file, resnet18):
    net, x = make_network("resnet18", 7, weights=resnet18_file).eval(), torch.rand(2, 1, 48, 48)
    assert net.net.conv1.weight.shape == (64, 1, 7, 7)
    last, resnet18.fc = resnet18.fc, net.net.fc
    try:
        with torch.inference_mode():
            assert alike(net(x), resnet18(((x - 0.449) / 0.226).repeat(1, 3, 1, 1)))
    finally:
        resnet18.fc = last


def test_colours_are_normalised_as_for_imagenet(resnet18_file, resnet18):
    net, x = make_network("resnet18", 1000, channels=3, weights=str(resnet18_file)).eval(), torch.rand(2, 3, 48, 48)
    net.net.fc.load_state_dict(resnet18.fc.state_dict())
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.inference_mode():
        assert alike(net(x), resnet18((x - mean.view(3, 1, 1)) / std.view(3, 1, 1)))


def test_googlenet_takes_weights_with_auxiliary_heads(tmp_path, one_thread):
    from torchvision import models
    published = models.googlenet(init_weights=False).apply(init_he_normal).eval()
    torch.save(published.state_dict(), tmp_path / "googlenet.pth")
    net, x = make_network("googlenet-dropout", 7, weights=tmp_path / "googlenet.pth").eval(), torch.rand(2, 1, 48, 48)
    assert published.aux1 is not None and net.net.aux1 is None and net.net.dropout.p == 0
    published.fc = net.net.fc
    with torch.inference_mode():
        assert alike(net(x), published((x.repeat(1, 3, 1, 1) - 0.5) / 0.5))


def test_batch_normalisation_and_dropout_stand_before_the_last_layer():
    last = on_paper("resnet34-dropout", 8, dropout=0.3).net.fc
    assert [type(layer) for layer in last] == [nn.BatchNorm1d, nn.Dropout, nn.Linear]
    assert (last[0].num_features, last[1].p, last[2].out_features) == (512, 0.3, 8)


def test_blocks_of_resnet50_begin_as_what_they_are_given():
    block, x = make_network("resnet50", 7).net.layer1[1].eval(), torch.rand(2, 256, 12, 12)
    with torch.inference_mode():
        assert torch.equal(block(x), x)


def test_small_images_are_enlarged():
    alexnet, vgg11 = (count_multiply_adds(on_paper(name, 7), side=side) for name, side in (("alexnet", 96), ("vgg11", 192)))
    assert count_multiply_adds(on_paper("alexnet", 7, enlarge=96)) == alexnet
    assert count_multiply_adds(on_paper("vgg11", 7, enlarge=96), side=192) == vgg11
    with pytest.raises(ParameterError, match="alexnet: enlarge 48 is not a whole number of at least 64"):
        make_network("alexnet", 7, enlarge=48)


@pytest.mark.parametrize(("name", "fewer"), [("alexnet", 35 * 256 * 4096), ("vgg11", 48 * 512 * 4096)])
def test_pooling_globally_changes_nothing_where_the_map_is_one_cell(name, fewer):
    def made(**params):
        torch.manual_seed(3)
        return make_network(name, 7, **params).eval()

    whole, pooled = made(), made(global_pool=True)
    small, large = torch.rand(2, 1, 48, 48), torch.rand(2, 1, 160, 160)
    with torch.inference_mode():
        assert torch.allclose(pooled(small), whole(small), rtol=1e-3) and not torch.allclose(pooled(large), whole(large), 1e-3)
    assert count_parameters(whole) - count_parameters(pooled) == fewer


@pytest.mark.parametrize(("name", "value", "why"), [
    ("resnet18", True, "True .*for AlexNet and VGG: other networks"), ("vgg16", 1, "1 is not true or false")])
def test_invalid_values_of_global_pool_are_refused(name, value, why):
    with pytest.raises(ParameterError, match=f"{name}: global_pool {why}"):
        make_network(name, 7, global_pool=value)


def test_names_in_older_files_of_densenet():
    names = list(on_paper("densenet121", 1000).net.state_dict())
    older = [name.replace("norm1.", "norm.1.").replace("norm2.", "norm.2.").replace("conv1.", "conv.1.").replace(
        "conv2.", "conv.2.") for name in names]
    assert "features.denseblock1.denselayer2.norm.1.weight" in older
    assert [rename_value(name) for name in older] == names == [rename_value(name) for name in names]


def test_weights_from_imagenet_are_torchvisions_own(monkeypatch, resnet18):
    asked = []
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url",
                        lambda url, **_: asked.append(url) or resnet18.state_dict())
    net = make_network("resnet18", 7, channels=3, weights="imagenet").net
    assert torch.equal(net.conv1.weight, resnet18.conv1.weight) and net.fc.out_features == 7
    assert asked == ["https://download.pytorch.org/models/resnet18-f37072fd.pth"]


def test_weights_that_cannot_be_downloaded(monkeypatch):
    def fail(*_, **__):
        raise urllib.error.URLError("no route to host")
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", fail)
    with pytest.raises(MissingError, match=r"resnet18-f37072fd.pth cannot be downloaded .*no route.* give its path as weights"):
        make_network("resnet18", 7, weights="imagenet")


def test_weights_that_do_not_fit(tmp_path, resnet18_file, resnet18):
    def refused(error, message, content=None, name="resnet18", weights=tmp_path / "file.pth"):
        if content is not None:
            torch.save(content, weights)
        with pytest.raises(error, match=message):
            make_network(name, 7, weights=weights)

    refused(MissingError, "no such file; give 'imagenet' or the path")
    refused(DataError, "do not fit resnet34: the file has no layer1.2.conv1.weight", name="resnet34", weights=resnet18_file)
    refused(DataError, "do not fit resnet18: the file has extra", {**resnet18.state_dict(), "extra": torch.zeros(1)})
    refused(DataError, "do not fit resnet18: size mismatch for conv1.weight", {"conv1.weight": torch.zeros(64, 1)})
    refused(DataError, "not a state dict", [torch.zeros(1)])
    refused(DataError, "not a state dict", {"state_dict": {}})
    refused(ParameterError, "weights 5 is neither 'imagenet' nor the path", weights=5)


@pytest.mark.parametrize("content", [b"", b"not a pickle at all", b"PK\x03\x04 broken", b"\x80\x02]q\x00."])
def test_files_that_torch_did_not_write_are_refused(tmp_path, content):
    (tmp_path / "file.pth").write_bytes(content)
    with pytest.raises(DataError, match=r"file\.pth"):
        make_network("mobilenetv3", 7, weights=tmp_path / "file.pth")


def test_torchvision_is_imported_only_inside_functions():
    for path in Path(networks.__file__).parent.glob("*.py"):
        top = [ast.unparse(node) for node in ast.parse(path.read_text()).body]
        assert not [line for line in top if line.startswith(("import torchvision", "from torchvision"))], path.name


def test_without_torchvision(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    assert make_network("groups-shallow", 7)
    with pytest.raises(MissingError, match=r"needs torchvision.* pip install .*\[cnn\]'"):
        make_network("resnet18", 7)


@pytest.mark.parametrize("content", [
    b"\x80\x02.", b"\x80\x02(.", b"cos\nsystem\n(S'true'\ntR.", b"\x80\x02K\x01s.", b"\x80\x02X\x01", b""])
def test_a_broken_pickle_is_refused(tmp_path, content):
    (tmp_path / "net.pth").write_bytes(content)
    with pytest.raises(DataError, match=r"not a (file of torch|state dict)"):
        read_state(tmp_path / "net.pth")
