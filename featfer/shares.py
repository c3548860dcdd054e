"""Shares of the classes among the photographs that a model will meet, read from text or a file."""

from collections.abc import Iterable
from numbers import Real
from pathlib import Path
from typing import Any

from featfer.errors import ParameterError
from featfer.utils.files import read_json

FORM = "give NAME=SHARE,NAME=SHARE..., or a .toml or .json file with a number for each name"
LARGEST = 1e30


def read_shares(text: str, label_set: Any) -> dict[str, float]:
    """Read the shares of classes.

    Parameters
    ----------
    text : str
        Such as "neutral=50,happy=42"; or the name of a .toml or .json file that has a number for each name. They need not
        sum to 1 or to 100.
    label_set : LabelSet
        Of the classes.

    Returns
    -------
    dict of str to float
        The share of each class that is named, in the order of the label set; they sum to 1.

    Raises
    ------
    ParameterError
        When it cannot be read, names a class twice or one that is not in the label set, or a share is not a number from 0.
    """
    is_file = Path(text).suffix in (".toml", ".json")
    given, where = (_read_file(text), text) if is_file else (_parse(text), f"shares {text!r:.80}")
    shares = {}
    for name, share in given:
        label = label_set.names[label_set.index(name)]
        if label in shares:
            raise ParameterError(f"{where}: {label} stands there twice")
        if not _is_share(share):
            raise ParameterError(f"{where}: {share!r:.40} of {label} is not a number from 0; {FORM}")
        shares[label] = float(share)
    if not sum(shares.values()):
        raise ParameterError(f"{where}: all are 0; {FORM}")
    return {name: shares[name] / sum(shares.values()) for name in label_set.names if name in shares}


def are_shares(shares: object, names: Iterable[str]) -> bool:
    """Say whether a value gives a share to each of some classes.

    Parameters
    ----------
    shares : object
    names : sequence of str

    Returns
    -------
    bool
        True for a dict with a number from 0 for each name, not 0 for all, and with nothing else.
    """
    return (isinstance(shares, dict) and shares.keys() == set(names) and all(map(_is_share, shares.values()))
            and sum(shares.values()) > 0)


def _is_share(value: Any) -> bool:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return is_number and 0 <= value <= LARGEST


def _parse(text: str) -> list[tuple[str, Any]]:
    pairs = []
    for word in text.split(","):
        name, _, share = word.partition("=")
        try:
            pairs.append((name.strip(), float(share)))
        except ValueError:
            raise ParameterError(f"shares {text!r:.80}: {word!r:.40} is not NAME=SHARE; {FORM}") from None
    return pairs


def _read_file(path: str) -> list[tuple[str, Any]]:
    if path.endswith(".toml"):
        from featfer.utils.schemas import read_table  # here: every prediction imports this module
        return list(read_table(path, path).items())
    try:
        return list(read_json(path).items())
    except (OSError, ValueError) as error:
        raise ParameterError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}); {FORM}") from None
