"""Generators on disk: arrays in an .npz file, without code. Those that ship are known by name."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featfer.errors import DataError, MissingError
from featfer.superres import SHIPPED
from featfer.utils.cards import GENERATOR_CARD, read_card_file
from featfer.utils.fitted_files import PREFIX, content_of, reference_of
from featfer.utils.npz import DAMAGE, describe_failure, read_content

if TYPE_CHECKING:
    from featfer import typing
    from featfer.superres.network import Generator
    from featfer.typing import Floats

SCALE = 4  # by which width and height grow
PRECISIONS = ("float32", "bf16")


def is_generator(name: typing.Path) -> bool:
    """Tell whether a name is that of a generator that ships, a reference, or an existing file.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool
    """
    return name in SHIPPED or str(name).startswith(PREFIX) or Path(name).is_file()


def find_generator_file(name: typing.Path) -> typing.Path:
    """Return the path of a generator that ships; other names are returned as they are.

    Parameters
    ----------
    name : str

    Returns
    -------
    Path or str
    """
    return Path(str(files("featfer_models"))) / f"{name}.npz" if name in SHIPPED else name


def read_card(name: typing.Path) -> tuple[Path, dict[str, Any]]:
    """Read the card of a generator.

    Parameters
    ----------
    name : str
        A generator that ships, or a file.

    Returns
    -------
    Path, dict
        The file of the generator, and its card.

    Raises
    ------
    DataError
        If it has no card.
    BundleError
        If the card is not valid.
    """
    path = Path(find_generator_file(name))
    card = path.with_suffix(".json")
    try:
        return path, read_card_file(card, GENERATOR_CARD)
    except FileNotFoundError:
        raise DataError(f"{card}: no such card; `featfer superres train` writes it") from None


def read_shipped_for(reference: str) -> None:
    """Read the generators that ship if a reference is unknown, because it may be one of theirs.

    Parameters
    ----------
    reference : str
        "sha256:..."
    """
    try:
        reference_of(reference)
    except MissingError:
        for name in SHIPPED:
            reference_of(find_generator_file(name))


def read_generator(name: typing.Path) -> Generator:
    """Load a generator.

    Parameters
    ----------
    name : str
        A generator that ships, a file, or the reference of one that was read before.

    Returns
    -------
    featfer.superres.network.Generator

    Raises
    ------
    MissingError
        If there is no such file.
    DataError
        If it is not a generator.
    """
    from featfer.superres.network import load_generator
    try:
        return load_generator(read_weights(name))
    except DAMAGE as error:
        raise DataError(f"{name}: not a generator ({describe_failure(error)}); `featfer superres train` makes one") from None


def read_weights(name: typing.Path) -> dict[str, Floats]:
    """Read the weights of a generator.

    Parameters
    ----------
    name : str
        As for `read_generator`.

    Returns
    -------
    dict of array
    """
    return read_content(content_of(find_generator_file(name)))
