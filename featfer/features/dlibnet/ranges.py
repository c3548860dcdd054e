"""The largest absolute values of the maps of dlib's network on aligned faces, for convolutions in 8 bits."""

import functools
import hashlib
import json
from importlib.resources import files

RANGES = "ranges.json"  # made by `python -m benchmarks.speed.ranges`


def read_ranges() -> dict[str, float]:
    """Return {name of a map: its largest absolute value}."""
    return dict(json.loads(_read())["ranges"])


def digest_ranges() -> str:
    """Return the sha256 of the ranges, for fingerprints (str)."""
    return hashlib.sha256(_read()).hexdigest()


@functools.cache
def _read() -> bytes:
    return files("featfer.features.dlibnet").joinpath(RANGES).read_bytes()
