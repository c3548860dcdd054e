"""Generators on disk: arrays by name in an .npz, no code; those that ship go by their names."""

from importlib.resources import files
from pathlib import Path

from featfer.errors import DataError, MissingError
from featfer.superres import SHIPPED
from featfer.utils.cards import GENERATOR_CARD, read_card_file
from featfer.utils.fitted_files import PREFIX, content_of, reference_of
from featfer.utils.npz import DAMAGE, describe_failure, read_content

SCALE = 4  # how many times as high and wide an image becomes
PRECISIONS = ("float32", "bf16")


def is_generator(name):
    """Say whether a generator ships under this name, or it is a reference or the name of a file."""
    return name in SHIPPED or str(name).startswith(PREFIX) or Path(name).is_file()


def generator_file(name):
    """Return the path of a generator that ships, by its name; of another the name as it is."""
    return Path(str(files("featfer_models"))) / f"{name}.npz" if name in SHIPPED else name


def read_card(name):
    """Return (path, card) of a generator, by its file or the name of one that ships; raise DataError where it has no card,
    BundleError where that is not as cards are."""
    path = Path(generator_file(name))
    card = path.with_suffix(".json")
    try:
        return path, read_card_file(card, GENERATOR_CARD)
    except FileNotFoundError:
        raise DataError(f"{card}: no such card; `featfer superres train` writes it") from None


def recall(reference):
    """Read the generators that ship, where a reference is not known here and may be one of theirs."""
    try:
        reference_of(reference)
    except MissingError:
        for name in SHIPPED:
            reference_of(generator_file(name))


def read_generator(name):
    """Return the Generator in a file, or of one that ships, by its name, or of one that was read before, by its reference.

    Raises MissingError for a file that is not there, DataError for one that is no generator.
    """
    from featfer.superres.network import load_generator
    try:
        return load_generator(read_weights(name))
    except DAMAGE as error:
        raise DataError(f"{name}: not a generator ({describe_failure(error)}); `featfer superres train` makes one") from None


def read_weights(name):
    """Return the arrays of a generator by their names; name: as for `read_generator`."""
    return read_content(content_of(generator_file(name)))
