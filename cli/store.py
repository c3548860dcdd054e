"""featfer store"""

from __future__ import annotations

from typing import Any

import click
from featfer_cli import options, printing
from featfer_cli.stopping import report_on_stop
from featfer_cli.values import FOLDER

from featfer.utils.words import count


@click.group()
def store() -> None:
    """Join stores, and check them for damage.

    \b
    featfer store merge whole part1 part2 part3 part4
    featfer store check store
    """


@store.command()
@click.argument("out", type=FOLDER)
@click.argument("stores", nargs=-1, required=True, metavar="STORE...", type=FOLDER)
@options.as_json
def merge(out: str, stores: tuple[str, ...], as_json: bool) -> None:
    """Join the stores of several runs in OUT, which is made if it does not exist.

    Complete shards are verified, then linked, or copied if OUT is on another disk; the stores themselves stay as they are. OUT
    keeps what it already has: repeat the same command to add what is new.

    \b
    featfer extract fer2013.csv --store part1 --shard 1/2
    featfer extract fer2013.csv --store part2 --shard 2/2
    featfer store merge whole part1 part2
    """
    from dataclasses import asdict

    from featfer.store.merging import merge as run

    with report_on_stop(f"What was joined in {out} is kept; the same command adds the rest."):
        merged = run(out, stores)
    if as_json:
        return printing.print_json(asdict(merged))
    click.echo(f"{out}: {count(merged.added, 'shard')} and {count(merged.sources, 'source')} added, "
               f"{count(merged.kept, 'shard was', 'shards were')} there.")
    for source, features in merged.missing.items():
        for feature, missing in features.items():
            said = f"{count(missing, 'image has', 'images have')} no {feature} yet" if missing else f"all images have {feature}"
            click.echo(f"{source}: {said}.")


@store.command()
@click.argument("folder", metavar="STORE", type=FOLDER)
@options.as_json
def check(folder: str, as_json: bool) -> None:
    """Read every file of a store and compare it with its checksum; the exit code is 1 if one is damaged.

    Damaged files are named, and nothing is changed; the `featfer extract` that made them sets them aside and makes them anew.

    \b
    featfer store check store
    """
    from featfer.store.store import Store

    result = Store(folder).check()
    if as_json:
        printing.print_json(result)
    else:
        _print_result(result)
    if result["damaged"]:
        raise click.exceptions.Exit(1)


def _print_result(result: dict[str, Any]) -> None:
    for path, reason in result["damaged"].items():
        click.echo(f"Error: {path}: damaged ({reason})", err=True)
    for path in result["set_aside"]:
        click.echo(f"{path}: was damaged and set aside; delete it when you like")
    damaged = len(result["damaged"]) or "none"
    click.echo(f"{result['folder']}: {count(result['files'], 'file')}, {result['bytes'] / 1e6:,.1f} MB, {damaged} damaged.")
    if result["damaged"]:
        click.echo("Run the same `featfer extract` again: it sets them aside and makes them anew.")
