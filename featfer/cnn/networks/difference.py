"""Deep minus shallow, after a project with dlib features, classic networks and a real-time camera, 2022.

One branch extracts deep features, one shallow ones; the residual, deep - shallow, passes a few more layers to the classifier.
That much is published; widths, depths and the shared stem are ours.
"""

from torch import nn

from featfer.cnn.networks.checks import check_share

WIDTH = 192  # of both branches at their end


class DeepMinusShallow(nn.Module):
    """Images float32 (n, channels, side, side) in [0, 1] -> scores (n, classes); dropout: before the last layer."""

    def __init__(self, classes, channels=1, dropout=0.5):
        super().__init__()
        check_share("dropout", dropout)
        self.stem = nn.Sequential(unit(channels, 32), unit(32, 32, stride=2))
        self.shallow = nn.Sequential(unit(32, 64, stride=2), last_unit(64, WIDTH, stride=2))
        self.deep = nn.Sequential(
            unit(32, 64, stride=2), unit(64, 64), unit(64, 64),             # 64 x 12 x 12
            unit(64, 128, stride=2), unit(128, 128), unit(128, 128),        # 128 x 6 x 6
            last_unit(128, WIDTH))
        self.residual = nn.Sequential(nn.ReLU(), unit(WIDTH, 384, stride=2), unit(384, 512, stride=2))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(512, classes))

    def forward(self, x):                          # channels x 48 x 48
        x = self.stem(x)                           # 32 x 24 x 24
        x = self.deep(x) - self.shallow(x)         # 192 x 6 x 6
        x = self.residual(x)                       # 384 x 3 x 3, 512 x 2 x 2
        return self.head(x)


def last_unit(inputs, width, stride=1):
    """Return a convolution 3x3 with batch normalisation: what ends a branch keeps its sign."""
    return nn.Sequential(nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False), nn.BatchNorm2d(width))


def unit(inputs, width, stride=1):
    """Return a convolution 3x3 with batch normalisation and ReLU."""
    return nn.Sequential(*last_unit(inputs, width, stride), nn.ReLU())
