"""The largest absolute values of the maps of the networks that ship on aligned faces, for convolutions in 8 bits."""

import functools
import hashlib
import json
from importlib.resources import files

from featfer.errors import MissingError
from featfer.typing import Path
from featfer.utils.fitted_files import SHIPPED, reference_of

DLIB = "dlib"  # the network as dlib published it
RANGES = {DLIB: "ranges.json", **{name: f"ranges-{name}.json" for name in SHIPPED}}  # `python -m benchmarks.speed.ranges`


def find_ranges(network: Path) -> str | None:
    """Return the name of the file with the ranges of a network, or None if they are not known.

    Parameters
    ----------
    network : str or Path
        DLIB, or as for `featfer.utils.fitted_files.reference_of`. Of a file that is not there, no ranges are known.

    Returns
    -------
    str or None
    """
    if network == DLIB:
        return RANGES[DLIB]
    try:
        reference = reference_of(network)
    except MissingError:
        return None
    return next((RANGES[name] for name in SHIPPED if reference_of(name) == reference), None)


def read_ranges(file: str) -> dict[str, float]:
    """Return {name of a map: its largest absolute value} from one of the files RANGES."""
    return dict(json.loads(_read(file))["ranges"])


def digest_ranges(file: str) -> str:
    """Return the sha256 of a file of ranges, for fingerprints (str)."""
    return hashlib.sha256(_read(file)).hexdigest()


@functools.cache
def _read(file: str) -> bytes:
    return files("featfer.features.dlibnet").joinpath(file).read_bytes()
