"""Printing of texts, JSON and figures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click
from featfer_cli.verbosity import is_quiet

from featfer.utils.words import count


def echo_line(text: str, err: bool = False) -> None:
    """Print a line; characters that cannot be printed, which names of files may have, are escaped.

    Parameters
    ----------
    text : str
    err : bool
        Whether to print on standard error.
    """
    from featfer.errors import to_one_line
    click.echo(to_one_line(text), err=err)


def echo_note(text: str) -> None:
    """Print a line on standard error that is neither a result nor an error, unless the command is quiet.

    Parameters
    ----------
    text : str
    """
    if not is_quiet():
        echo_line(text, err=True)


def print_json(data: Any) -> None:
    """Print plain data as JSON.

    Parameters
    ----------
    data : plain data
    """
    click.echo(json.dumps(data, indent=1))


def print_json_lines(items: Iterable[Any]) -> None:
    """Print plain data as JSON, a line for each item as it comes.

    Parameters
    ----------
    items : iterable of plain data
    """
    from featfer.utils.progress import hide_bars
    for item in items:
        with hide_bars():
            click.echo(json.dumps(item))


def describe_shares(shares: Mapping[str, float]) -> str:
    """Describe the shares of labels, largest first.

    Parameters
    ----------
    shares : dict of str to float

    Returns
    -------
    str
    """
    return ", ".join(f"{name} {share:.1%}" for name, share in sorted(shares.items(), key=lambda pair: -pair[1]))


def describe_figures(result: dict[str, Any]) -> str:
    """Describe the figures of a split in one line.

    Parameters
    ----------
    result : dict
        Figures of expressions, or of valence and arousal, as a card has them.

    Returns
    -------
    str
    """
    if "accuracy" not in result:
        return f"{result['split']}: {count(result['images'], 'image')}; {'; '.join(_describe_affect(result))}"
    copies = result.get("copies")
    without = ""
    if copies and copies["images"] and copies["accuracy_without"] is not None:
        without = (f"; without its {count(copies['images'], 'copy', 'copies')} of training images "
                   f"{copies['accuracy_without']:.2%}")
    absent = [name for name, of in result.get("classes", {}).items() if not of["support"]]
    of = f" (without {', '.join(absent)}: no images)" if absent else ""
    before = f", {result['uncalibrated_ece']:.3f} before calibration" if "uncalibrated_ece" in result else ""
    return (f"{result['split']}: accuracy {result['accuracy']:.2%} of {count(result['images'], 'image')}, macro "
            f"F1 {result['macro']['f1-score']:.2%}{of}{without}; ECE {result['ece']:.3f}{before}")


def _describe_affect(result: dict[str, Any]) -> Iterator[str]:
    from featfer.affect.metrics import AFFECT
    for name in AFFECT:
        if of := result.get(name):
            yield (f"{name} RMSE {of['rmse']:.3f}, Pearson correlation {of['pearson']:.3f}, CCC {of['ccc']:.3f}, same sign "
                   f"{of['sign']:.2%}")
