"""featfer data"""

from __future__ import annotations

from typing import Any

import click
from featfer_cli import layout, options, printing
from featfer_cli.stopping import report_on_stop
from featfer_cli.values import FILE

from featfer.utils.words import count


@click.command()
@click.argument("source", type=FILE)
@options.out("DIR", "Folder for a page with pictures (overview.md) and a table of all duplicates (copies.csv).")
@click.option("--store", type=FILE, metavar="PATH",
              help="A store with the features of SOURCE: it tells where no face was found.")
@click.option("--near", type=click.IntRange(min=0), default=40, show_default=True, metavar="N",
              help="How many pairs of near duplicates to show, the least similar first; 0 does not search for near "
                   "duplicates, which is quick.")
@options.labels
@options.codes
@options.as_json
def data(source: str, out: str | None, store: str | None, near: int, labels: str | None, codes: str | None,
         as_json: bool) -> None:
    """Show what a data set contains, and which images occur in it more than once.

    Counts the images of each class and split; exact, near and mirrored duplicates within and across splits; duplicates with
    different labels; and images that are unreadable or show nothing. All pairs are compared: FER2013 takes about a minute.

    \b
    featfer data fer2013.csv
    featfer data fer2013.csv --store store --out overview
    featfer evaluate svm.joblib --store store --dedup overview/copies.csv
    """
    from featfer.reports.dataset import inspect_dataset
    from featfer.reports.dataset_page import check_page, write_page

    if out:
        check_page(source, out)
    with report_on_stop(f"Files that are whole in {out} stay; the same command begins anew." if out else ""):
        overview = inspect_dataset(source, near > 0, store, labels, codes)
        written = write_page(overview, out, near, options.command_line()) if out else []
    if as_json:
        return printing.print_json(overview.as_dict())
    _print_overview(overview)
    for path in written:
        printing.echo_line(f"written: {path}")


def _print_overview(overview: Any) -> None:
    from featfer.reports.dataset_page import make_sentences, make_tables
    for head, rows in make_tables(overview):
        width = max(len(row[0]) for row in [head, *rows])
        printing.echo_line(f"{head[0]:{width}}" + "".join(f"{name:>9}" for name in head[1:]))
        for name, *cells in rows:
            printing.echo_line(f"{name:{width}}" + "".join(f"{cell:9,}" for cell in cells))
        click.echo()
    for sentence in make_sentences(overview):
        layout.echo_wrapped(sentence)
    printing.echo_line(f"{overview.source}: {count(len(overview.rows), 'image')} in {overview.seconds:.0f} s")
