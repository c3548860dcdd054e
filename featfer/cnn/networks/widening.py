"""The deep CNN of an augmentation study on FER2013, 2021: it widens to 1024 channels, then narrows to 256."""

from torch import Tensor, nn

# Filters of each block; max-pooling stands between the levels. Published are 2 blocks of 32, then 3, then 2, the 1024, the 256
# and where the pooling is; the widths between, one block on each of the last levels and the global pooling are ours.
LEVELS = ((32, 32), (64, 64, 64), (128, 128), (256,), (1024,), (256,))


class Widening(nn.Module):
    """A network that widens to 1024 channels and narrows to 256.

    Images float32 (n, channels, side, side) in [0, 1] -> scores (n, classes); the log-softmax is part of the loss.

    Parameters
    ----------
    classes, channels : int
    """

    def __init__(self, classes: int, channels: int = 1) -> None:
        super().__init__()
        layers, inputs = list[nn.Module](), channels
        for level, widths in enumerate(LEVELS):
            if level:
                layers.append(nn.MaxPool2d(2, ceil_mode=True))  # 3 x 3 become 2 x 2
            for width in widths:
                layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(width)]
                inputs = width
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(inputs, classes, 1), nn.Flatten())

    def forward(self, x: Tensor) -> Tensor:         # channels x 48 x 48
        """Return the scores (n, classes) of images (n, channels, side, side)."""
        x = self.features(x)      # 32x48x48, 64x24x24, 128x12x12, 256x6x6, 1024x3x3, 256x2x2
        return self.head(x)
