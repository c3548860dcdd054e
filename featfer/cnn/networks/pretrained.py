"""Classic networks from torchvision, with weights from ImageNet or without.

A project with dlib features, classic networks and a real-time camera, 2022, used them pretrained and trained only the
classifier and the last feature layers. Those with batch normalisation and dropout before the last layer are from a project on
AffectNet, 2018. Which feature layers count as the last, and how much an image is enlarged, is not published: that is ours.
"""

import math
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from featfer.cnn.networks.checks import check_fraction, check_whole
from featfer.cnn.networks.weights import load_weights, torchvision_models
from featfer.errors import ParameterError
from featfer.typing import Path

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean and standard deviation of red, green, blue
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))  # what GoogLeNet's weights were trained on
TRAINABLE = ("all", "last")


@dataclass(frozen=True)
class Classic:
    """What must be known about a network of torchvision.

    Attributes
    ----------
    maker : str
        Its function in torchvision.models.
    first, last : str
        Paths of the first convolution and of the last layer.
    tail : tuple of str
        Paths of the layers that are trained with trainable="last".
    dense : str or None
        Path of the first of several fully connected layers, if a pooling brings every feature map to the size that it takes.
    least : int
        Side of the smallest image that it takes, in pixels.
    moments : tuple
        Mean and standard deviation of each channel of its images.
    options : dict
        Further arguments of the function.
    """

    maker: str
    first: str
    last: str
    tail: tuple[str, ...]
    dense: str | None = None
    least: int = 32
    moments: tuple[tuple[float, ...], tuple[float, ...]] = IMAGENET
    options: dict[str, Any] = field(default_factory=dict)


RESNET18 = Classic("resnet18", "conv1", "fc", ("layer4", "fc"))
GOOGLENET = Classic("googlenet", "conv1.conv", "fc", ("inception5a", "inception5b", "fc"), moments=HALF,
                    options={"aux_logits": False, "init_weights": True})
CLASSICS = {
    "alexnet": Classic("alexnet", "features.0", "classifier.6", ("features.8", "features.10", "classifier"),
                       dense="classifier.1", least=64),
    "densenet121": Classic("densenet121", "features.conv0", "classifier",
                           ("features.denseblock4", "features.norm5", "classifier")),
    "googlenet": GOOGLENET,
    "mobilenetv3": Classic("mobilenet_v3_large", "features.0.0", "classifier.3", ("features.15", "features.16", "classifier")),
    "resnet18": RESNET18,
    "resnet34": replace(RESNET18, maker="resnet34"),
    "resnet50": replace(RESNET18, maker="resnet50", options={"zero_init_residual": True}),  # Goyal et al. 2017
    "vgg11": Classic("vgg11", "features.0", "classifier.6", ("features.16", "features.18", "classifier"), dense="classifier.0"),
    "vgg16": Classic("vgg16", "features.0", "classifier.6", ("features.24", "features.26", "features.28", "classifier"),
                     dense="classifier.0"),
}
DROPOUT_CLASSICS = {
    "resnet18-dropout": RESNET18,
    "resnet34-dropout": CLASSICS["resnet34"],
    "googlenet-dropout": replace(GOOGLENET, options={**GOOGLENET.options, "dropout": 0.0}),  # in place of its own
}


class Pretrained(nn.Module):
    """A network of torchvision for images of any size, grey or coloured.

    Images float32 (n, channels, side, side) in [0, 1] -> scores (n, classes). Pixels are normalised as for ImageNet, even with
    random weights; grey ones by the mean over the colours.

    Parameters
    ----------
    net : torch.nn.Module
        From torchvision.
    classic : Classic
    channels : int
    trainable : str
        With "last", frozen batch normalisation keeps its statistics in training too.
    enlarge : int
        Smaller images are enlarged to this side, in pixels (bilinear).

    References
    ----------
    AlexNet: Krizhevsky et al. 2012. VGG: Simonyan and Zisserman 2015. GoogLeNet: Szegedy et al. 2015. ResNet: He et al. 2016.
    DenseNet: Huang et al. 2017. MobileNetV3: Howard et al. 2019.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, net: nn.Module, classic: Classic, channels: int, trainable: str, enlarge: int) -> None:
        super().__init__()
        self.net, self.enlarge = net, enlarge
        if channels == 1:
            convert_to_grey(net.get_submodule(classic.first))
        for name, values in zip(("mean", "std"), classic.moments, strict=True):
            moment = torch.tensor(values)
            self.register_buffer(name, (moment.mean(0, keepdim=True) if channels == 1 else moment).view(-1, 1, 1))
        self.frozen = freeze_below(net, classic.tail) if trainable == "last" else []

    def forward(self, x: Tensor) -> Tensor:                                        # channels x side x side
        """Return the scores (n, classes) of images (n, channels, side, side)."""
        if min(x.shape[2:]) < self.enlarge:
            x = F.interpolate(x, size=(self.enlarge, self.enlarge), mode="bilinear")
        return self.net((x - self.mean) / self.std)

    def train(self, mode: bool = True) -> Self:
        """Set the mode of all layers except frozen batch normalisation, which stays in evaluation mode.

        Parameters
        ----------
        mode : bool
            True for training.
        """
        super().train(mode)
        for name in self.frozen:
            self.net.get_submodule(name).eval()
        return self


def convert_to_grey(conv: Any) -> None:
    """Give a convolution of colours one input channel; its output is that for the grey image repeated in three channels.

    Parameters
    ----------
    conv : torch.nn.Conv2d
    """
    conv.in_channels = 1
    conv.weight = nn.Parameter(conv.weight.detach().sum(1, keepdim=True))


def freeze_below(net: nn.Module, tail: tuple[str, ...]) -> list[str]:
    """Freeze all layers except those at some paths.

    Parameters
    ----------
    net : torch.nn.Module
    tail : tuple of str
        Paths of the layers that are trained.

    Returns
    -------
    list of str
        Paths of the frozen batch normalisation.
    """
    for name, values in net.named_parameters():
        values.requires_grad_(name.startswith(tuple(f"{path}." for path in tail)))
    return [name for name, layer in net.named_modules() if isinstance(layer, nn.BatchNorm2d) and not layer.weight.requires_grad]


def pool_globally(net: Any, dense: str) -> None:
    """Make a network average its last feature maps before its first fully connected layer.

    Maps of one cell, as VGG has for images below 64 pixels, torchvision repeats over 7x7 cells: the network's output stays the
    same, with a 49th of the layer's weights.

    Parameters
    ----------
    net : torch.nn.Module
    dense : str
        Path of the layer.
    """
    layer, cells = net.get_submodule(dense), math.prod(net.avgpool.output_size)
    net.avgpool = nn.AdaptiveAvgPool2d(1)
    layer.weight = nn.Parameter(layer.weight.detach().unflatten(1, (-1, cells)).sum(2))
    layer.in_features = layer.weight.shape[1]


def make_pretrained(classic: Classic, classes: int, channels: int = 1, weights: Path | None = None, trainable: str = "all",
                    enlarge: int | None = None, global_pool: bool = False) -> Pretrained:
    """Make a network of torchvision with a new last layer.

    Parameters
    ----------
    classic : Classic
    classes, channels : int
    weights : str or None
        None for random ones, "imagenet" (downloaded by torchvision), or the path of a state dict of the same network.
    trainable : str
        "all", or "last" for the classifier and the last feature layers.
    enlarge : int, optional
        Side to which smaller images are enlarged, in pixels; none for what the network needs.
    global_pool : bool
        Only for AlexNet and VGG: average the last feature maps before the first fully connected layer.

    Returns
    -------
    Pretrained

    Raises
    ------
    ParameterError, DataError, MissingError
        If a value is not valid, the weights do not fit, or torchvision or the weights are missing.
    """
    enlarge = classic.least if enlarge is None else enlarge
    check_whole(f"{classic.maker}: enlarge", enlarge, classic.least)
    if trainable not in TRAINABLE:
        raise ParameterError(f"{classic.maker}: trainable {trainable!r} is none of {', '.join(TRAINABLE)}")
    if not isinstance(global_pool, bool) or (global_pool and not classic.dense):
        why = "is not true or false" if classic.dense else "is for AlexNet and VGG: other networks do so as they are"
        raise ParameterError(f"{classic.maker}: global_pool {global_pool!r} {why}")
    net = getattr(torchvision_models(), classic.maker)(num_classes=classes, **classic.options)
    if weights is not None:
        load_weights(net, classic.maker, classic.last, weights)
    if classic.dense and global_pool:
        pool_globally(net, classic.dense)
    return Pretrained(net, classic, channels, trainable, enlarge)


def make_with_dropout(classic: Classic, classes: int, channels: int = 1, weights: Path | None = None, trainable: str = "all",
                      enlarge: int | None = None, dropout: float = 0.5) -> Pretrained:
    """Make a network with batch normalisation and dropout before its last layer.

    Parameters
    ----------
    classic, classes, channels, weights, trainable, enlarge
        As for `make_pretrained`.
    dropout : float, from 0 to below 1
        Dropout rate before the last layer.

    Returns
    -------
    Pretrained
    """
    check_fraction("dropout", dropout)
    network = make_pretrained(classic, classes, channels, weights, trainable, enlarge)
    last: Any = network.net.get_submodule(classic.last)
    network.net.set_submodule(
        classic.last, nn.Sequential(nn.BatchNorm1d(last.in_features), nn.Dropout(dropout), last))
    return network


PRETRAINED = {
    **{name: partial(make_pretrained, classic) for name, classic in CLASSICS.items()},
    **{name: partial(make_with_dropout, classic) for name, classic in DROPOUT_CLASSICS.items()},
}
