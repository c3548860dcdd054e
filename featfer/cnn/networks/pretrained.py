"""Classic networks as torchvision has them, with weights from ImageNet or without.

A project with dlib features, classic networks and a real-time camera, 2022, took them pretrained and updated only the
classifier and the last feature layers. Those with batch normalisation and dropout before the last layer are of a project on
AffectNet, 2018. Which feature layers are the last, and how far an image is enlarged, is not published: that is ours.
"""

import math
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import nn
from torch.nn import functional as F

from featfer.cnn.networks.checks import check_share, check_whole
from featfer.cnn.networks.weights import load_weights, torchvision_models
from featfer.errors import ParameterError

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean and standard deviation of red, green, blue
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))  # what GoogLeNet's weights were trained on
TRAINABLE = ("all", "last")


@dataclass(frozen=True)
class Classic:
    """What has to be known of a network of torchvision.

    maker: its function there; first, last: path of the first convolution and of the last layer
    tail: paths of what is trained where trainable is "last": the classifier and the last feature layers
    dense: path of the first of several fully connected layers, where a pooling brings every map to the side that it takes
    least: side of the smallest image that it takes; moments: mean and standard deviation of the pixels that it is given
    options: further arguments of the function
    """

    maker: str
    first: str
    last: str
    tail: tuple
    dense: str | None = None
    least: int = 32
    moments: tuple = IMAGENET
    options: dict = field(default_factory=dict)


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
    """Images float32 (n, channels, side, side) in [0, 1] -> scores (n, classes).

    net: of torchvision; classic: what is known of it; enlarge: side that smaller images are brought to, bilinear
    Pixels are normalised as for ImageNet, with its weights or without; grey ones by the mean of what the colours are
    normalised by. With trainable "last", frozen batch normalisation keeps its statistics in training too.
    """

    def __init__(self, net, classic, channels, trainable, enlarge):
        super().__init__()
        self.net, self.enlarge = net, enlarge
        if channels == 1:
            make_grey(net.get_submodule(classic.first))
        for name, moment in zip(("mean", "std"), classic.moments, strict=True):
            moment = torch.tensor(moment)
            self.register_buffer(name, (moment.mean(0, keepdim=True) if channels == 1 else moment).view(-1, 1, 1))
        self.frozen = freeze_below(net, classic.tail) if trainable == "last" else []

    def forward(self, x):                                        # channels x side x side
        if min(x.shape[2:]) < self.enlarge:
            x = F.interpolate(x, size=(self.enlarge, self.enlarge), mode="bilinear")
        return self.net((x - self.mean) / self.std)

    def train(self, mode=True):
        """Set the mode of all but frozen batch normalisation, which keeps to evaluation."""
        super().train(mode)
        for name in self.frozen:
            self.net.get_submodule(name).eval()
        return self


def make_grey(conv):
    """Give a convolution of colours one channel: on grey it computes what it did on grey repeated to three."""
    conv.in_channels = 1
    conv.weight = nn.Parameter(conv.weight.detach().sum(1, keepdim=True))


def freeze_below(net, tail):
    """Let only the layers at the paths in tail learn; return the paths of the batch normalisation that is frozen so."""
    for name, values in net.named_parameters():
        values.requires_grad_(name.startswith(tuple(f"{path}." for path in tail)))
    return [name for name, layer in net.named_modules() if isinstance(layer, nn.BatchNorm2d) and not layer.weight.requires_grad]


def pool_globally(net, dense):
    """Let a network average its last map before its first fully connected layer, at the path `dense`.

    Where the map is one cell already, as VGG's of an image below 64 pixels, torchvision repeats it over 7x7: the network
    computes what it did, with a 49th of that layer's weights.
    """
    layer, cells = net.get_submodule(dense), math.prod(net.avgpool.output_size)
    net.avgpool = nn.AdaptiveAvgPool2d(1)
    layer.weight = nn.Parameter(layer.weight.detach().unflatten(1, (-1, cells)).sum(2))
    layer.in_features = layer.weight.shape[1]


def pretrained(classic, classes, channels=1, weights=None, trainable="all", enlarge=None, global_pool=False):
    """Return a network of torchvision with a new last layer.

    weights: None: drawn at random; "imagenet": downloaded by torchvision; or the path of a state dict of the same network
    trainable: "all", or "last": the classifier and the last feature layers; enlarge: None: only as far as the network needs
    global_pool: of AlexNet and VGG alone: average the last map before the fully connected layers, see `pool_globally`
    Raises ParameterError for a value that cannot be, DataError for weights that do not fit, MissingError where torchvision or
    the weights are not there.
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
    if global_pool:
        pool_globally(net, classic.dense)
    return Pretrained(net, classic, channels, trainable, enlarge)


def with_dropout(classic, classes, channels=1, weights=None, trainable="all", enlarge=None, dropout=0.5):
    """Return a network as `pretrained` does, with batch normalisation and dropout (share) before its last layer."""
    check_share("dropout", dropout)
    network = pretrained(classic, classes, channels, weights, trainable, enlarge)
    last = network.net.get_submodule(classic.last)
    network.net.set_submodule(
        classic.last, nn.Sequential(nn.BatchNorm1d(last.in_features), nn.Dropout(dropout), last))
    return network


PRETRAINED = {
    **{name: partial(pretrained, classic) for name, classic in CLASSICS.items()},
    **{name: partial(with_dropout, classic) for name, classic in DROPOUT_CLASSICS.items()},
}
