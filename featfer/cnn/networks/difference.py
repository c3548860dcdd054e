"""Deep minus shallow, after a project with dlib features, classic networks and a real-time camera, 2022.

One branch extracts deep features, another shallow ones; their difference, deep - shallow, passes a few more layers to the
classifier. That much is published; widths, depths and the common stem are ours.
"""

from torch import Tensor, nn

from featfer.cnn.networks.checks import check_fraction

WIDTH = 192  # of both branches at their end


class DeepMinusShallow(nn.Module):
    """A network that classifies the difference between deep and shallow features.

    Images float32 (n, channels, side, side) in [0, 1] -> scores (n, classes).

    Parameters
    ----------
    classes, channels : int
    dropout : float, from 0 to below 1
        Dropout rate before the last layer.
    """

    def __init__(self, classes: int, channels: int = 1, dropout: float = 0.5) -> None:
        super().__init__()
        check_fraction("dropout", dropout)
        self.stem = nn.Sequential(make_unit(channels, 32), make_unit(32, 32, stride=2))
        self.shallow = nn.Sequential(make_unit(32, 64, stride=2), make_last_unit(64, WIDTH, stride=2))
        self.deep = nn.Sequential(
            make_unit(32, 64, stride=2), make_unit(64, 64), make_unit(64, 64),             # 64 x 12 x 12
            make_unit(64, 128, stride=2), make_unit(128, 128), make_unit(128, 128),        # 128 x 6 x 6
            make_last_unit(128, WIDTH))
        self.residual = nn.Sequential(nn.ReLU(), make_unit(WIDTH, 384, stride=2), make_unit(384, 512, stride=2))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(512, classes))

    def forward(self, x: Tensor) -> Tensor:                          # channels x 48 x 48
        """Return the scores (n, classes) of images (n, channels, side, side)."""
        x = self.stem(x)                           # 32 x 24 x 24
        x = self.deep(x) - self.shallow(x)         # 192 x 6 x 6
        x = self.residual(x)                       # 384 x 3 x 3, 512 x 2 x 2
        return self.head(x)


def make_last_unit(inputs: int, width: int, stride: int = 1) -> nn.Sequential:
    """Make a 3x3 convolution with batch normalisation; the end of a branch has no ReLU, so that it keeps its sign.

    Parameters
    ----------
    inputs, width : int
        Input and output channels.
    stride : int

    Returns
    -------
    torch.nn.Module
    """
    return nn.Sequential(nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False), nn.BatchNorm2d(width))


def make_unit(inputs: int, width: int, stride: int = 1) -> nn.Sequential:
    """Make a 3x3 convolution with batch normalisation and ReLU.

    Parameters
    ----------
    inputs, width, stride : int
        As for `make_last_unit`.

    Returns
    -------
    torch.nn.Module
    """
    return nn.Sequential(*make_last_unit(inputs, width, stride), nn.ReLU())
