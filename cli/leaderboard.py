"""featfer leaderboard"""

from __future__ import annotations

from typing import Any

import click
from featfer_cli import layout, options, printing
from featfer_cli.values import FILE

from featfer.utils.words import count

SHOWN = 20


@click.command()
@click.argument("study", type=FILE)
@options.as_json
def leaderboard(study: str, as_json: bool) -> None:
    """Print the trials of a study made by `featfer tune`, best first.

    \b
    featfer leaderboard tune.db
    """
    from featfer.tuning.study import leaderboard as read

    print_leaderboard(read(study), as_json)


def print_leaderboard(board: dict[str, Any], as_json: bool) -> None:
    """Print the best trials of a study, the reasons of its failures, and the command that trains the best.

    Parameters
    ----------
    board : dict
        What featfer.tuning.study.leaderboard returns.
    as_json : bool
        Whether to print all of it as JSON.
    """
    if as_json:
        return printing.print_json(board)
    rows, failures = board["rows"], board["failures"]
    width = max([len("features"), *(len(row["features"]) for row in rows)])
    printing.echo_line(f"{count(len(rows) + len(failures), 'trial')}, {len(failures):,} failed; by {board['objective']}")
    layout.echo_wrapped(f"rank  without copies  all of val  seconds  {'features':{width}}  classifier   parameters", 6)
    for row in rows[:SHOWN]:
        figures = f"{row['rank']:4}{row['accuracy_without_copies']:16.2%}{row['accuracy']:12.2%}{row['seconds']:9.1f}"
        layout.echo_wrapped(f"{figures}  {row['features']:{width}}  {row['classifier']:11}  {_format_params(row['params'])}", 6)
    for failure in failures:
        layout.echo_wrapped(f"failed: {failure['features']}, {failure['reason']}", 6)
    if rows:
        click.echo("\nTrain the best with")
        printing.echo_line(f"  {rows[0]['command']}")


def _format_params(params: dict[str, Any]) -> str:
    return " ".join(f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in params.items())
