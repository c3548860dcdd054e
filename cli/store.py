"""featfer store"""

import click
from featfer_cli import options, printing
from featfer_cli.stopping import keeping


@click.group()
def store():
    """Join stores, and see whether they are sound.

    \b
    featfer store merge whole part1 part2 part3 part4
    featfer store check store
    """


@store.command()
@click.argument("out")
@click.argument("stores", nargs=-1, required=True, metavar="STORE...")
@options.as_json
def merge(out, stores, as_json):
    """Join the stores of several runs in OUT, made where there is none.

    Whole shards are linked, or copied to another disk, after each has been read through; the stores stay as they are. What OUT
    has already is kept: the same command again adds what is new.

    \b
    featfer extract fer2013.csv --store part1 --shard 1/2
    featfer extract fer2013.csv --store part2 --shard 2/2
    featfer store merge whole part1 part2
    """
    from dataclasses import asdict

    from featfer.store.merging import merge as run

    with keeping(f"What was joined in {out} is kept; the same command adds the rest."):
        merged = run(out, stores)
    if as_json:
        return printing.print_json(asdict(merged))
    click.echo(f"{out}: {merged.added:,} shards and {merged.sources:,} sources added, {merged.kept:,} shards were there.")
    for source, features in merged.missing.items():
        for feature, missing in features.items():
            click.echo(f"{source}: {f'{missing:,} images have no {feature} yet' if missing else f'all images have {feature}'}.")


@store.command()
@click.argument("folder")
@options.as_json
def check(folder, as_json):
    """Read every file of a store and compare it with its checksum; the exit code is 1 where one is damaged.

    Nothing is changed. What is damaged is named; the `featfer extract` that made it sets it aside and makes it anew.

    \b
    featfer store check store
    """
    from featfer.store.store import Store

    result = Store(folder).check()
    if as_json:
        printing.print_json(result)
    else:
        _print(result)
    if result["damaged"]:
        raise click.exceptions.Exit(1)


def _print(result):
    for path, reason in result["damaged"].items():
        click.echo(f"Error: {path}: damaged ({reason})", err=True)
    for path in result["set_aside"]:
        click.echo(f"{path}: was damaged and set aside; delete it when you like")
    damaged = len(result["damaged"])
    click.echo(f"{result['folder']}: {result['files']:,} files, {result['bytes'] / 1e6:,.1f} MB, {damaged or 'none'} damaged.")
    if result["damaged"]:
        click.echo("Run the same `featfer extract` again: it sets them aside and makes them anew.")
