"""featfer params"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click
from featfer_cli import options, printing
from featfer_cli.reference import HEADS, Reference, find_references, list_names, summarize, write_markdown

if TYPE_CHECKING:
    from featfer.utils.parameters import ParameterEntry

MODELS = {"clf": "classifier", "cnn": "network", "affect": "regressor"}  # options of `featfer train` that name one

LONGEST_NAME = 24  # before a text


@click.command()
@click.argument("name", required=False)
@click.option("--markdown", is_flag=True, help="Print the parameters of everything as a page in Markdown.")
@options.as_json
def params(name: str | None, markdown: bool, as_json: bool) -> None:
    """List classifiers, networks and recipes, or the parameters of one: what --param sets, its default, values and meaning.

    \b
    featfer params
    featfer params svm
    featfer params alexnet
    featfer params one-cycle --json
    featfer params --markdown > parameters.md
    """
    if markdown and (name or as_json):
        raise click.UsageError("--markdown prints everything: give neither NAME nor --json")
    if markdown:
        click.echo(write_markdown(), nl=False)
    elif name:
        print_references(find_references(name), as_json)
    elif as_json:
        printing.print_json([{"kind": kind, "name": one, "summary": summarize(kind, one)}
                             for kind, names in list_names().items() for one in names])
    else:
        _print_names()


def print_references(found: Sequence[Reference], as_json: bool = False) -> None:
    """Print the parameters of something.

    Parameters
    ----------
    found : list of Reference
    as_json : bool
    """
    if as_json:
        return printing.print_json([one.as_dict() for one in found])
    for number, one in enumerate(found):
        click.echo(f"{'' if not number else chr(10)}{one.command} --param NAME=VALUE")
        _print_list([("", one.summary)])
        _print_list([_format_entry(entry) for entry in one.parameters] or [("", "It has no parameters of its own.")])


def show_params(context: click.Context, option: click.Parameter, is_asked: bool) -> None:
    """Print the parameters of the classifier, network or regressor of `featfer train`, and end; the callback of --params."""
    if not is_asked:
        return
    given = [(kind, context.params[name]) for name, kind in MODELS.items() if context.params.get(name)]
    if len(given) != 1:
        raise click.UsageError("--params lists the parameters of --clf NAME, --cnn NAME or --affect NAME: give one of them")
    kind, name = given[0]
    print_references(find_references(name, kind, context.params["recipe"]))
    context.exit()


def _print_names() -> None:
    for kind, names in list_names().items():
        click.echo(f"{HEADS[kind]}:")
        _print_list([(name, summarize(kind, name)) for name in names])
        click.echo()
    click.echo("`featfer params NAME` lists the parameters of one.")


def _format_entry(entry: ParameterEntry) -> tuple[str, str]:
    """Return the name with the default, and the text; a long default stands in the text."""
    name, text = f"{entry.name}={entry.default}", f"{entry.meaning} [{entry.values}]"
    return (name, text) if len(name) <= LONGEST_NAME else (entry.name, f"{text} Default: {entry.default}")


def _print_list(rows: Iterable[tuple[str, str]]) -> None:
    """Print names and texts side by side, wrapped to the terminal's width."""
    formatter = click.get_current_context().make_formatter()
    formatter.indent()
    names = [row for row in rows if row[0]]
    if names:
        formatter.write_dl(names, col_max=LONGEST_NAME)
    for _, text in (row for row in rows if not row[0]):
        formatter.write_text(text)
    click.echo(formatter.getvalue(), nl=False)
