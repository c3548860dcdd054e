"""Networks that are described as a list of blocks.

The four descriptions are those of a CNN with an adversarial neighbour loss for FER2013, 2020: its published final network of 15
convolutions, and three variants on the way to it. The ELU and the batch normalisation of the dense layer are ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from featfer.cnn.networks.checks import check_fraction, check_whole
from featfer.errors import ParameterError

SIDE = 48  # of the images that the descriptions are for
MOST_BLOCKS = 5  # each halves the side: 48, 24, 12, 6, 3, 1


@dataclass(frozen=True)
class Block:
    """[convolution - ELU - batch normalisation] x count, then max-pooling 2x2 and dropout.

    Attributes
    ----------
    count : int
        The number of convolutions.
    filters : int
        Of each convolution.
    kernel : int or tuple of int
        The side of all convolutions, or of each.
    dropout : float
        Dropout rate.

    Raises
    ------
    ParameterError
        If a value is not valid.
    """

    count: int
    filters: int
    kernel: int | list[int] | tuple[int, ...] = 3
    dropout: float = 0.5

    def __post_init__(self) -> None:
        check_whole("block: count", self.count, 1)
        check_whole("block: filters", self.filters, 1)
        check_fraction("block: dropout", self.dropout)
        for side in self.kernels:
            check_whole("block: kernel", side, 1)
        if len(self.kernels) != self.count:
            raise ParameterError(f"block: kernel {self.kernel!r} is neither one side nor one for each of the {self.count} "
                                 "convolutions")

    @property
    def kernels(self) -> tuple[int, ...]:
        """The side of each convolution (tuple of int)."""
        return tuple(self.kernel) if isinstance(self.kernel, (list, tuple)) else (self.kernel,) * self.count


BLOCKS15 = (Block(2, 32, 5), Block(3, 64), Block(4, 64), Block(3, 128), Block(3, 512, (3, 2, 2)))
BLOCKS9 = (Block(2, 64, 5, 0.4), Block(3, 128, 3, 0.4), Block(4, 256, 3, 0.5))
BLOCKS10 = (Block(2, 64, 5, 0.4), Block(2, 128, 3, 0.4), Block(2, 256), Block(2, 512), Block(2, 512))
BLOCKS15_3X3 = (Block(2, 32), Block(3, 64), Block(4, 64), Block(3, 128), Block(3, 512))


class BlockNet(nn.Module):
    """A network of blocks, with one hidden dense layer.

    Images float32 (n, channels, side, side) in [0, 1], side 48 or more -> scores (n, classes). The last feature maps of larger
    images are averaged to the size that images of 48 pixels have.

    Parameters
    ----------
    blocks : tuple of Block
        Five at most.
    hidden : int
        Width of the dense layer.
    dropout : float
        Dropout rate after it.
    classes, channels : int

    References
    ----------
    Initialisation: He et al. 2015.
    """

    def __init__(self, blocks: Sequence[Block], hidden: int, dropout: float, classes: int, channels: int = 1) -> None:
        super().__init__()
        widths = [channels] + [block.filters for block in blocks]
        self.blocks = nn.Sequential(*(make_block(block, inputs) for block, inputs in zip(blocks, widths, strict=False)))
        side = SIDE >> len(blocks)
        self.pool = nn.AdaptiveAvgPool2d(side)  # changes nothing at 48
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(widths[-1] * side**2, hidden), ELU(), nn.BatchNorm1d(hidden), nn.Dropout(dropout),
            nn.Linear(hidden, classes))
        self.apply(init_he_normal)

    def forward(self, x: Tensor) -> Tensor:           # channels x 48 x 48
        """Return the scores (n, classes) of images (n, channels, side, side)."""
        x = self.blocks(x)          # filters x side x side: 512 x 1 x 1 after five blocks
        return self.head(self.pool(x))


class ELU(nn.Module):
    """Exponential linear units, for inputs of any shape: x if it is positive, else exp(x) - 1.

    On a CPU, torch's own uses expm1, which is exact near 0, costs ten exponentials and took three tenths of a training step of
    blocks15; in float32 the difference is 6e-8 at most.

    References
    ----------
    Clevert et al. 2016.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply it to each value."""
        if x.is_cuda:
            return F.elu(x)
        above = x.relu()
        return above + ((x - above).exp() - 1)


def make_block(block: Block, inputs: int) -> nn.Sequential:
    """Make a Block as a module.

    Parameters
    ----------
    block : Block
    inputs : int
        Input channels.

    Returns
    -------
    torch.nn.Module
    """
    layers: list[nn.Module] = []
    for kernel in block.kernels:
        if kernel % 2 == 0:  # an even kernel keeps the side by one more row of zeros at the bottom and right
            layers.append(nn.ZeroPad2d((kernel // 2 - 1, kernel // 2) * 2))
        padding = kernel // 2 if kernel % 2 else 0
        layers += [nn.Conv2d(inputs, block.filters, kernel, padding=padding), ELU(), nn.BatchNorm2d(block.filters)]
        inputs = block.filters
    return nn.Sequential(*layers, nn.MaxPool2d(2), nn.Dropout(block.dropout))


def init_he_normal(layer: nn.Module) -> None:
    """Initialise the weights of a layer for rectified units (He et al. 2015), and its biases with zeros.

    Parameters
    ----------
    layer : torch.nn.Module
    """
    if isinstance(layer, (nn.Conv2d, nn.Linear)):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def custom_blocks(classes: int, channels: int = 1, blocks: Any = None, hidden: int = 128, dropout: float = 0.5) -> BlockNet:
    """Make a BlockNet from your own description.

    Parameters
    ----------
    classes, channels : int
    blocks : list
        Needed: for each block a dict with count, filters, kernel (default 3) and dropout (default 0.5), or a list of these in
        this order.
    hidden : int, from 1
        Width of the dense layer.
    dropout : float, from 0 to below 1
        Dropout rate of the dense layer.

    Returns
    -------
    BlockNet

    Raises
    ------
    ParameterError
        If a value is not valid.
    """
    check_whole("hidden", hidden, 1)
    check_fraction("dropout", dropout)
    return BlockNet(read_blocks(blocks), hidden, dropout, classes, channels)


def read_blocks(rows: Any) -> tuple[Block, ...]:
    """Make Blocks from plain data.

    Parameters
    ----------
    rows : list
        As for `custom_blocks`.

    Returns
    -------
    tuple of Block

    Raises
    ------
    ParameterError
        If it is not a valid description.
    """
    if not isinstance(rows, (list, tuple)) or not 1 <= len(rows) <= MOST_BLOCKS:
        raise ParameterError(f"blocks {rows!r} is not a list of 1 to {MOST_BLOCKS} blocks, such as "
                             "[[2, 32, 5, 0.5], {count = 3, filters = 64}]")
    return tuple(map(_read_block, rows))


def _read_block(row: Any) -> Block:
    if isinstance(row, Block):
        return row
    try:
        return Block(**row) if isinstance(row, dict) else Block(*row)
    except TypeError:
        raise ParameterError(f"block {row!r}: give {', '.join(Block.__dataclass_fields__)}, as a table or in this "
                             "order") from None


blocks15 = partial(BlockNet, BLOCKS15, 128, 0.5)
blocks15_3x3 = partial(BlockNet, BLOCKS15_3X3, 128, 0.5)
blocks10 = partial(BlockNet, BLOCKS10, 128, 0.6)
blocks9 = partial(BlockNet, BLOCKS9, 128, 0.6)
