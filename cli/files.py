"""The files that commands read and write."""

import click
from featfer_cli import printing

QUICK = 600  # seconds; a model that took longer to make is not replaced unasked


def check_output(path, kind, overwrite=True):
    """Raise WriteError, before long work, where an output of the running command cannot be written, or is one of the files that
    stand on its line; kind, overwrite: as for featfer.utils.outputs.check_output."""
    from featfer.utils.outputs import check_output, identify_files
    given = click.get_current_context().params
    words = [word for name, value in given.items() if name not in ("out", "table") for word in _words(value)]
    check_output(path, kind, identify_files(words), overwrite)


def check_bundle(path, overwrite):
    """Raise FeatferError, before long work, where a bundle and its card cannot be written; return the bundle's Path.

    overwrite: may a bundle be replaced that took longer than QUICK to make, by its card, or has none
    """
    from featfer.bundle.persist import card_path, check_bundle_path
    from featfer.utils.outputs import BUNDLE, MODEL_CARD
    path = check_bundle_path(path)
    check_output(path, BUNDLE, overwrite or _was_quick(path))
    check_output(card_path(path), MODEL_CARD)
    return path


def _was_quick(bundle):
    from featfer.bundle.persist import read_card
    from featfer.errors import BundleError
    try:
        return read_card(bundle).get("seconds", QUICK) < QUICK
    except BundleError:
        return False


def _words(value):
    """Return the words in an option's value, such as may name files."""
    if isinstance(value, str):
        return [value]
    return [word for part in value for word in _words(part)] if isinstance(value, (list, tuple)) else []


def loaded(models, labels, no_verify):
    """Return (name, Recognizer, card) of each bundle, in these labels; the card then names them."""
    from pathlib import Path

    from featfer.bundle.persist import load_recognizer, read_card
    found = [(Path(model).stem, load_recognizer(model, not no_verify, labels), read_card(model)) for model in models]
    return [(name, recognizer, card | {"labels": {"set": recognizer.label_set.name, "names": recognizer.label_set.names}})
            for name, recognizer, card in found]


def keep(recognizer, card, path, what, as_json):
    """Save a recognizer with its card, and print the card, or a line on what was done and its figures."""
    from featfer.bundle.persist import save
    card = save(recognizer, path, card)
    if as_json:
        return printing.print_json(card)
    click.echo(f"{what} in {card['seconds']:.1f} s: {path} ({card['bytes'] / 1e6:.1f} MB)")
    reason = card["data"].get("uncalibrated_because")
    for split, result in card["figures"].items():
        printing.echo_line(printing.describe(result) + (f"; not calibrated: {reason}" if split == "val" and reason else ""))
    if reason and "val" not in card["figures"]:
        click.echo(f"Not calibrated: {reason}; put images in val/, or have `featfer extract --split` draw all splits")
    if untrained := card.get("labels", {}).get("untrained"):
        printing.echo_line(f"No training images of {', '.join(untrained)}: it gives them no probability")
