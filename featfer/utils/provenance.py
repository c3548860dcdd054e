"""Cards: the JSON beside a file that featfer made, which says where the file comes from."""

import hashlib
import json
from datetime import date
from pathlib import Path

from featfer.utils.environment import machine, versions
from featfer.utils.files import write_atomically, write_text
from featfer.utils.outputs import MODEL_CARD, check_output

ALONE = (".joblib", ".npz")  # forms of which there is one to a name: their cards take its place


def describe_origin():
    """Return when, on what and with which libraries something is made: the keys date, machine and versions of its card."""
    return {"date": date.today().isoformat(), "machine": machine(), "versions": versions()}


def card_path(path):
    """Return the path of a file's card: svm.json of svm.joblib, and svm.skops.json of svm.skops."""
    path = Path(path)
    return path.with_suffix(".json") if path.suffix in ALONE else path.with_name(f"{path.name}.json")


def check_with_card(path, kind, inputs=frozenset(), overwrite=True):
    """Raise WriteError, before any work, where a file or its card cannot be written, or what is there would be lost.

    Parameters are those of `featfer.utils.outputs.check_output`; a card is always replaced.
    """
    check_output(path, kind, inputs, overwrite)
    check_output(card_path(path), MODEL_CARD, inputs)


def write_with_card(path, content, card, kind):
    """Write a file and its card, each whole.

    Parameters
    ----------
    path : Path
    content : bytes
    card : dict
        Plain data; the file's bytes and sha256 are added to it.
    kind : featfer.utils.outputs.Kind
        What the file is.

    Returns
    -------
    dict
        The card as it is written.

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


def write_card(path, card):
    """Write the card (plain data) of the file at a path; raise WriteError if it cannot be written."""
    write_text(card_path(path), json.dumps(card, indent=1) + "\n", MODEL_CARD)
