"""Files that commands read and write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from featfer_cli import printing

if TYPE_CHECKING:
    from featfer.face_model import FaceModel
    from featfer.recognizer import Recognizer
    from featfer.utils.outputs import Kind

QUICK = 600  # seconds; a model that took longer to train is replaced only with --overwrite


def check_output(path: str | Path, kind: Kind, overwrite: bool = True) -> None:
    """Check, before long work, that an output of the running command can be written and is not one of its inputs.

    Parameters
    ----------
    path : str or Path
    kind : featfer.utils.outputs.Kind
        What will be written.
    overwrite : bool
        Whether a file of this kind may be replaced.

    Raises
    ------
    WriteError
    """
    from featfer.utils.outputs import check_output
    check_output(path, kind, _identify_inputs(), overwrite)


def check_bundle(path: str, overwrite: bool) -> Path:
    """Check, before long work, that a bundle and its card can be written.

    Parameters
    ----------
    path : str
    overwrite : bool
        Whether a bundle may be replaced that took longer than QUICK seconds to train, or has no card.

    Returns
    -------
    Path
        Of the bundle.

    Raises
    ------
    FeatferError
        If its name has another ending, or one of the files cannot be written.
    """
    from featfer.bundle.persist import check_bundle_path
    from featfer.utils.outputs import BUNDLE
    from featfer.utils.provenance import check_with_card
    bundle = check_bundle_path(path)
    check_with_card(bundle, BUNDLE, _identify_inputs(), overwrite or _was_quick(bundle))
    return bundle


def _identify_inputs() -> Any:
    """Return the identities of the files that the running command may read: those of all texts on its line but outputs."""
    from featfer.utils.outputs import identify_files
    given = click.get_current_context().params
    inputs = [value for name, value in given.items() if name not in ("out", "table", "events")]
    return identify_files(_list_words(inputs))


def _was_quick(bundle: Path) -> bool:
    from featfer.bundle.persist import read_card
    from featfer.errors import BundleError
    try:
        return read_card(bundle).get("seconds", QUICK) < QUICK
    except BundleError:
        return False


def _list_words(value: Any) -> list[str]:
    """Return the texts in the value of an option, which may be names of files."""
    if isinstance(value, str):
        return [value]
    return [word for part in value for word in _list_words(part)] if isinstance(value, (list, tuple)) else []


def load_models(models: Sequence[str], labels: str | None, no_verify: bool, device: str = "cpu"
                ) -> list[tuple[str, Recognizer, dict[str, Any]]]:
    """Load bundles with their cards.

    Parameters
    ----------
    models : list of str
        Files of bundles, or names of models that ship.
    labels : str or None
        The label set in which they are to predict.
    no_verify : bool
        Whether to load bundles that differ from their cards.
    device : str
        Where torch computes.

    Returns
    -------
    list of (str, Recognizer, dict)
        Name, recognizer and card of each.
    """
    from featfer.bundle.persist import load_recognizer, read_card
    found = [(Path(model).stem, load_recognizer(model, not no_verify, labels, device=device), read_card(model))
             for model in models]
    return [(name, recognizer, card | {"labels": {"set": recognizer.label_set.name, "names": recognizer.label_set.names}})
            for name, recognizer, card in found]  # the card then has the labels asked for


def save_and_print(recognizer: FaceModel, card: dict[str, Any], path: Path, what: str, as_json: bool) -> None:
    """Save a recognizer with its card, and print a summary.

    Parameters
    ----------
    recognizer : Recognizer or AffectRecognizer
    card : dict
    path : Path
    what : str
        What was done, such as "Trained svm on 28,709 faces".
    as_json : bool
        Whether to print the card instead.
    """
    from featfer.bundle.persist import save
    card = save(recognizer, path, card)
    if as_json:
        return printing.print_json(card)
    click.echo(f"{what} in {card['seconds']:.1f} s: {path} ({card['bytes'] / 1e6:.1f} MB)")
    reason = card["data"].get("uncalibrated_because")
    for split, result in card["figures"].items():
        note = f"; not calibrated: {reason}" if split == "val" and reason else ""
        printing.echo_line(printing.describe_figures(result) + note)
    if reason and "val" not in card["figures"]:
        click.echo(f"Not calibrated: {reason}; put images in val/, or have `featfer extract --split` draw all splits")
    if untrained := card.get("labels", {}).get("untrained"):
        printing.echo_line(f"No training images of {', '.join(untrained)}: it gives them no probability")
