"""Words of messages."""

from __future__ import annotations


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Say how many of something there are: "1 image", "2,345 images".

    Parameters
    ----------
    number : int
    noun : str
        In the singular.
    plural : str, optional
        Default: the singular with an s.

    Returns
    -------
    str
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
