"""Writing cards: the JSON beside a file that featfer made, which says where the file comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Set
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featfer.utils.environment import describe_machine, find_versions
from featfer.utils.files import write_atomically, write_text
from featfer.utils.outputs import MODEL_CARD, check_output

if TYPE_CHECKING:
    from featfer.typing import Path as AnyPath
    from featfer.utils.outputs import Identity, Kind

ALONE = (".joblib", ".npz")  # forms of which there is one to a name: their cards take its place


def describe_origin() -> dict[str, Any]:
    """Return the keys date, machine and versions of a card: when, where and with which libraries something is made."""
    return {"date": date.today().isoformat(), "machine": describe_machine(), "versions": find_versions()}


def card_path(path: AnyPath) -> Path:
    """Return the path of a file's card: svm.json for svm.joblib, svm.skops.json for svm.skops.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Path
    """
    path = Path(path)
    return path.with_suffix(".json") if path.suffix in ALONE else path.with_name(f"{path.name}.json")


def check_with_card(path: AnyPath, kind: Kind | None, inputs: Set[Identity] = frozenset(), overwrite: bool = True) -> None:
    """Check, before long work, that a file and its card can be written and that nothing would be lost.

    Parameters
    ----------
    path, kind, inputs, overwrite
        As for `featfer.utils.outputs.check_output`. A card is always replaced.

    Raises
    ------
    WriteError
    """
    check_output(path, kind, inputs, overwrite)
    check_output(card_path(path), MODEL_CARD, inputs)


def write_with_card(path: AnyPath, content: bytes, card: dict[str, Any], kind: Kind | None) -> dict[str, Any]:
    """Write a file and its card, each whole or not at all.

    Parameters
    ----------
    path : Path
    content : bytes
    card : dict
        Plain data; the size of the file in bytes and its sha256 are added.
    kind : featfer.utils.outputs.Kind
        What the file is.

    Returns
    -------
    dict
        The card as written.

    Raises
    ------
    WriteError
        If one of them cannot be written.
    """
    card = {**card, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    with write_atomically(path, kind) as file:
        file.write(content)
    write_card(path, card)
    return card


def write_card(path: AnyPath, card: dict[str, Any]) -> None:
    """Write a card.

    Parameters
    ----------
    path : str or Path
        The file that the card describes.
    card : dict
        Plain data.

    Raises
    ------
    WriteError
    """
    write_text(card_path(path), json.dumps(card, indent=1) + "\n", MODEL_CARD)
