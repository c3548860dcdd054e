"""The network of a project from detected face to a blend of emotions, 2017: nine convolutions in three groups."""

from torch import Tensor, nn

from featfer.cnn.networks.blocks import SIDE, init_he_normal
from featfer.cnn.networks.checks import check_fraction, check_whole


class GroupNet(nn.Module):
    """A network of groups of convolutions, with two hidden dense layers.

    Images float32 (n, channels, side, side) in [0, 1], side 48 or more -> scores (n, classes). The feature maps of group i are
    the output of groups[i]. The dense layers and the initialisation are ours.

    Parameters
    ----------
    widths : tuple of int
        The filters of each group.
    count : int
        The 3x3 convolutions in a group.
    classes, channels : int
    hidden : int, from 1
        Width of the dense layers.
    dropout : float, from 0 to below 1
        Dropout rate after the dense layers.

    References
    ----------
    Initialisation: He et al. 2015.
    """

    def __init__(self, widths: tuple[int, ...], count: int, classes: int, channels: int = 1, hidden: int = 64,
                 dropout: float = 0.4) -> None:
        super().__init__()
        check_whole("hidden", hidden, 1)
        check_fraction("dropout", dropout)
        inputs = [channels, *widths]
        self.groups = nn.Sequential(*(make_group(*pair, count) for pair in zip(inputs, widths, strict=False)))
        side = SIDE >> len(widths)
        self.pool = nn.AdaptiveAvgPool2d(side)  # changes nothing at 48
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(widths[-1] * side**2, hidden), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, classes))
        self.apply(init_he_normal)

    def forward(self, x: Tensor) -> Tensor:           # channels x 48 x 48
        """Return the scores (n, classes) of images (n, channels, side, side)."""
        x = self.groups(x)          # 32 x 24 x 24, 64 x 12 x 12, 128 x 6 x 6
        return self.head(self.pool(x))


def make_group(inputs: int, width: int, count: int) -> nn.Sequential:
    """Make a group: [3x3 convolution - ReLU] x count, then max-pooling 2x2.

    Parameters
    ----------
    inputs, width : int
        Input and output channels.
    count : int

    Returns
    -------
    torch.nn.Module
    """
    layers = []
    for before in [inputs] + [width] * (count - 1):
        layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool2d(2))


def groups9(classes: int, channels: int = 1, hidden: int = 64, dropout: float = 0.4) -> GroupNet:
    """Make the published network: three groups of three convolutions with 32, 64 and 128 filters.

    Parameters
    ----------
    classes, channels, hidden, dropout
        As for `GroupNet`.

    Returns
    -------
    GroupNet
    """
    return GroupNet((32, 64, 128), 3, classes, channels, hidden, dropout)


def groups_shallow(classes: int, channels: int = 1, hidden: int = 64, dropout: float = 0.4) -> GroupNet:
    """Make the first, shallow attempt, which was no better than chance: one group with one convolution.

    Parameters
    ----------
    classes, channels, hidden, dropout
        As for `GroupNet`.

    Returns
    -------
    GroupNet
    """
    return GroupNet((32,), 1, classes, channels, hidden, dropout)
