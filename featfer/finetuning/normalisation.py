"""Batch normalisation back in dlib's network for as long as it is trained on.

The network was trained with batch normalisation, of which its file keeps the finished affine layers, and loading folds those
into the convolutions. Without it, training on is slow and loses what the network knew.
"""

import torch
from torch import nn


class NormalisedConv(nn.Module):
    """A convolution and batch normalisation after it (Ioffe and Szegedy 2015)."""

    def __init__(self, conv):
        super().__init__()
        self.conv = conv
        self.norm = nn.BatchNorm2d(conv.out_channels)

    def forward(self, x):
        return self.norm(self.conv(x))

    def begin(self, maps):
        """Set the normalisation so that it changes nothing; maps: (n, channels, height, width), what the convolution gives."""
        variance, mean = torch.var_mean(maps.float(), dim=(0, 2, 3))
        self.norm.running_mean.copy_(mean)
        self.norm.running_var.copy_(variance)
        self.norm.weight.data = (variance + self.norm.eps).sqrt()
        self.norm.bias.data = mean.clone()

    def folded(self):
        """Return (weight, bias) of one convolution that does as both."""
        scale = self.norm.weight / (self.norm.running_var + self.norm.eps).sqrt()
        return (self.conv.weight * scale[:, None, None, None],
                (self.conv.bias - self.norm.running_mean) * scale + self.norm.bias)


def normalise(body, levels, chips):
    """Put batch normalisation after the convolutions of some levels of a DlibFaceNet, which still does as before.

    chips: uint8 (n, 150, 150, 3), those that the first means and variances are of
    """
    hooks = []
    for block in (block for level in levels for block in level):
        for name in ("first", "second"):
            part = NormalisedConv(getattr(block, name))
            setattr(block, name, part)
            hooks.append(part.conv.register_forward_hook(lambda conv, given, maps, part=part: part.begin(maps)))
    body.eval()
    with torch.no_grad():
        body(chips, stages=("256x2x2",))
    for hook in hooks:
        hook.remove()


def folded_state(body):
    """Return the state of a DlibFaceNet as it was before `normalise`, its normalisation folded into the convolutions."""
    state = {}
    for name, part in body.named_modules():
        if isinstance(part, NormalisedConv):
            state[f"{name}.weight"], state[f"{name}.bias"] = part.folded()
    kept = {key: value for key, value in body.state_dict().items() if ".conv." not in key and ".norm." not in key}
    return {**kept, **{key: value.detach() for key, value in state.items()}}
