"""Stages of dlib's network as a module that torch exports."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from featfer.features import Embedding, Stage
from featfer.features.dlibnet.feature import network_weights
from featfer.features.dlibnet.torch_net import build_network


class StageValues(nn.Module):
    """Chips float32 (n, 150, 150, 3) -> a tuple with the values of each feature, float32 (n, size).

    Parameters
    ----------
    features : list of (Stage or Embedding)
        All with the same network.
    """

    def __init__(self, features: Sequence[Stage | Embedding]) -> None:
        super().__init__()
        self.net = build_network(network_weights(features[0].network))
        self.stages = [(feature.output, getattr(feature, "grid", None)) for feature in features]

    def forward(self, chips: Tensor) -> tuple[Tensor, ...]:
        """Return the values of each feature, (n, size), of chips (n, 150, 150, 3)."""
        found = self.net(chips, {stage for stage, _ in self.stages})
        maps = (found[stage] if grid is None else F.adaptive_avg_pool2d(found[stage], grid) for stage, grid in self.stages)
        return tuple(map_.flatten(1) for map_ in maps)
