"""featfer benchmark"""

from __future__ import annotations

from typing import Any

import click
from featfer_cli.stopping import report_on_stop
from featfer_cli.values import FILE, FOLDER, Words

from featfer.utils.words import count


@click.command()
@click.argument("config", type=FILE)
@click.option("--source", type=FILE, required=True, metavar="SOURCE",
              help="The data set, as for `featfer extract`.")
@click.option("--work", type=FOLDER, required=True, metavar="DIR",
              help="Folder for the store, the fitted files and the models.")
@click.option("--only", multiple=True, metavar="NAME", help="Make only this model, and what it needs; repeatable.")
@click.option("--device", type=Words(["cpu", "cuda"]), metavar="DEVICE",
              help="Where networks compute: cpu, cuda or cuda:N.  [default: as CONFIG says]")
@click.option("--dry-run", is_flag=True, help="Print the commands without running them.")
def benchmark(config: str, source: str, work: str, only: tuple[str, ...], device: str | None, dry_run: bool) -> None:
    """Train the models that a file lists, and write a report on them.

    CONFIG is a TOML file, such as benchmarks/study/models.toml; the cards of the models go into the folder of the same name.
    Finished work is not repeated: stopped at any moment, the same command goes on. A model counts as done if its card is in
    that folder, even if it was made elsewhere; --only NAME makes it when its bundle is not in DIR. A model is made again when
    its entry in CONFIG has changed.

    \b
    featfer benchmark benchmarks/study/models.toml --source fer2013.csv --work work
    featfer benchmark benchmarks/study/models.toml --source fer2013.csv --work work --only small --dry-run
    """
    from featfer_cli.benchmark_plan import plan, run

    from featfer.utils.outputs import check_folder

    todo = plan(config, source, work, only, device)
    _print_plan(todo, work)
    if dry_run:
        return click.echo("".join(f"$ {job}\n" for job in todo.jobs), nl=False)
    check_folder(work)
    with report_on_stop("What was made is kept; the same command goes on."):
        run(todo, click.echo)


def _print_plan(todo: Any, work: str) -> None:
    done = len(set(todo.requested) - set(todo.missing))
    to_make = f", to make: {', '.join(todo.missing)}" if todo.missing else ""
    click.echo(f"{count(len(todo.requested), 'model')}: {done} done{to_make}")
    if todo.card_only:
        click.echo(f"{len(todo.card_only)} done by their cards in {todo.results}; their bundles are not in {work}, --only NAME "
                   "makes one")
    for why in dict.fromkeys(filter(None, todo.missing.values())):
        click.echo(f"made again, since {why}: {', '.join(name for name in todo.missing if todo.missing[name] == why)}")
