"""Batch normalisation in dlib's network during fine-tuning.

dlib's network was trained with batch normalisation. Its file holds only the resulting affine layers, and loading folds those
into the convolutions. Fine-tuning without normalisation is slow, and loses what the network knew.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from featfer.features.dlibnet.torch_net import DlibFaceNet


class NormalisedConv(nn.Module):
    """A convolution followed by batch normalisation.

    Parameters
    ----------
    conv : torch.nn.Conv2d

    References
    ----------
    Ioffe and Szegedy 2015.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv = conv
        self.norm: Any = nn.BatchNorm2d(conv.out_channels)  # by their types its weights and statistics may be None

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised maps (n, channels, h, w)."""
        return self.norm(self.conv(x))

    def initialise(self, maps: Tensor) -> None:
        """Set the normalisation so that it changes nothing.

        Parameters
        ----------
        maps : tensor (n, channels, h, w)
            Output of the convolution.
        """
        variance, mean = torch.var_mean(maps.float(), dim=(0, 2, 3))
        self.norm.running_mean.copy_(mean)
        self.norm.running_var.copy_(variance)
        self.norm.weight.data = (variance + self.norm.eps).sqrt()
        self.norm.bias.data = mean.clone()

    def fold(self) -> tuple[Tensor, Tensor]:
        """Return (weight, bias) of the convolution that computes the same as both."""
        scale = self.norm.weight / (self.norm.running_var + self.norm.eps).sqrt()
        return (self.conv.weight * scale[:, None, None, None],
                (self.conv.bias - self.norm.running_mean) * scale + self.norm.bias)


def normalise(body: DlibFaceNet, levels: Iterable[Any], chips: Tensor) -> None:
    """Put batch normalisation after the convolutions of some levels; the network still computes the same.

    Parameters
    ----------
    body : featfer.features.dlibnet.torch_net.DlibFaceNet
    levels : list
        Levels of the network.
    chips : uint8 tensor (n, 150, 150, 3)
        From which the first means and variances are computed.
    """
    hooks = []
    for block in (block for level in levels for block in level):
        for name in ("first", "second"):
            part = NormalisedConv(getattr(block, name))
            setattr(block, name, part)
            hooks.append(part.conv.register_forward_hook(partial(_initialise, part)))
    body.eval()
    with torch.no_grad():
        body(chips, stages=("256x2x2",))
    for hook in hooks:
        hook.remove()


def _initialise(part: NormalisedConv, conv: nn.Module, inputs: Any, maps: Tensor) -> None:
    part.initialise(maps)


def fold_state(body: nn.Module) -> dict[str, Tensor]:
    """Return the weights of a network as it was before `normalise`, with the normalisation folded into the convolutions.

    Parameters
    ----------
    body : featfer.features.dlibnet.torch_net.DlibFaceNet

    Returns
    -------
    dict of tensor
    """
    state = {}
    for name, part in body.named_modules():
        if isinstance(part, NormalisedConv):
            state[f"{name}.weight"], state[f"{name}.bias"] = part.fold()
    kept = {key: value for key, value in body.state_dict().items() if ".conv." not in key and ".norm." not in key}
    return {**kept, **{key: value.detach() for key, value in state.items()}}
