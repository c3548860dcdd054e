"""featfer synchrony"""

from __future__ import annotations

from typing import Any

import click
from featfer_cli import files, options, printing
from featfer_cli.stopping import NOTHING, report_on_stop
from featfer_cli.values import FILE


@click.command()
@click.argument("a", type=FILE)
@click.argument("b", type=FILE)
@click.option("--measure", "measures", multiple=True, metavar="COLUMN",
              help="What is related: happy, AU12, valence, pitch or another column of numbers; repeatable.  [default: happy]")
@click.option("--window", type=float, default=10, show_default=True, metavar="SECONDS", help="Length of a window.")
@click.option("--step", type=float, default=5, show_default=True, metavar="SECONDS", help="From one window to the next.")
@click.option("--lag", type=float, default=5, show_default=True, metavar="SECONDS", help="The largest lag, either way.")
@click.option("--rate", type=float, metavar="HZ", help="Samples per second.  [default: 10, or the frame rate if it is lower]")
@click.option("--offset", type=float, default=0, show_default=True, metavar="SECONDS",
              help="How much later than A's film B's film starts, if they are two films.")
@click.option("--surrogates", type=click.IntRange(19, 100_000), default=1000, show_default=True, metavar="N",
              help="Shuffled orders to compare with.")
@click.option("--csv", "table", type=FILE, metavar="FILE.csv", help="Write the mean correlation at each lag.")
@options.out("FILE.md", "Write a page; its pictures go into a folder beside it.")
@options.seed
@options.as_json
def synchrony(a: str, b: str, table: str | None, out: str | None, as_json: bool, **given: Any) -> None:
    """Tell whether two persons' expressions move together, and who follows whom.

    A and B are a TABLE that `featfer analyze` wrote, or TABLE:PERSON with the number of a person in it; both may be in the same
    table. Correlates windows of both at lags (Boker et al. 2002), and compares with windows of other times that never met
    (surrogate synchrony, Tschacher et al. 2014).

    \b
    featfer synchrony study/talk.csv:1 study/talk.csv:2
    featfer synchrony study/a.csv study/b.csv --measure happy --measure AU12 --out synchrony.md
    """
    from featfer.studies.synchrony import synchrony as run
    from featfer.studies.synchrony_page import write_page
    from featfer.studies.tables import check_page, to_records, write_csv
    from featfer.utils.outputs import LAGS, SYNCHRONY

    if out:
        check_page(out, SYNCHRONY)
    for path, kind in ((out, SYNCHRONY), (table, LAGS)):
        if path:
            files.check_output(path, kind)
    with report_on_stop(NOTHING):
        result = run(a, b, **given)
    if table:
        write_csv(result.lags, table, LAGS)
    if out:
        write_page(result, out, options.command_line())
    if as_json:
        return printing.print_json({"settings": result.settings, "notes": result.notes, "measures": to_records(result.measures),
                                    "lags": to_records(result.lags)})
    return _print_result(result, [table, out])


def _print_result(result: Any, written: list[str | None]) -> None:
    from featfer.studies.synchrony import describe_all
    for sentence in (*result.notes, "", *describe_all(result)):
        printing.echo_line(sentence)
    for path in filter(None, written):
        printing.echo_line(f"Wrote {path}")
