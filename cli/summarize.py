"""featfer summarize"""

from __future__ import annotations

from typing import Any

import click
from featfer_cli import files, options, printing
from featfer_cli.stopping import NOTHING, report_on_stop
from featfer_cli.values import FILE


@click.command()
@click.argument("tables", nargs=-1, required=True, metavar="TABLE...", type=FILE)
@click.option("--conditions", type=FILE, metavar="FILE.csv",
              help="Who is seen in which film and under which condition: a csv of film,subject,condition and, if wanted, "
                   "person,start,end (seconds).  [default: each person is a subject]")
@click.option("--baseline", metavar="WHAT",
              help="Subtract each subject's baseline from expressions and action units: START-END (the mean in these seconds "
                   "of each film), condition=NAME (the mean under it), or quantile (the lower 10 %).  [default: none]")
@click.option("--smoothing", type=click.FloatRange(0, 60), default=0.1, show_default=True, metavar="SECONDS",
              help="Standard deviation of the Gaussian that smooths events, shares above thresholds and head motion; 0 for "
                   "none.")
@click.option("--threshold", type=click.FloatRange(0, 1, min_open=True), default=0.5, show_default=True, metavar="P",
              help="Probability at which an event of an expression begins; it ends below 60 % of it.")
@options.out("FILE.md", "Write a page; its pictures go into a folder beside it.")
@click.option("--csv", "table", type=FILE, metavar="FILE.csv", help="Write all numbers, one a row.")
@click.option("--events", type=FILE, metavar="FILE.csv", help="Write the events: onset, apex, offset and peak of each, as csv.")
@options.bootstrap("the subjects", aliases=("--draws",))
@options.seed
@options.as_json
def summarize(tables: tuple[str, ...], out: str | None, table: str | None, events: str | None, as_json: bool,
              **given: Any) -> None:
    """Summarize expressions, action units, blinks and head motion by subject, film and condition.

    TABLE is a .csv or .parquet that `featfer analyze` wrote. Name all films of a study at once: with --conditions, means over
    subjects and differences between conditions are computed too.

    \b
    featfer summarize study/a.csv study/b.csv
    featfer summarize study/a.csv study/b.csv --conditions study.csv --out summary.md --csv summary.csv --events events.csv
    """
    from featfer.studies.page import write_page
    from featfer.studies.summary import summarize as run
    from featfer.studies.tables import check_page, write_csv
    from featfer.utils.outputs import EVENTS, MEASURES, SUMMARY

    if out:
        check_page(out, SUMMARY)
    for path, kind in ((out, SUMMARY), (table, MEASURES), (events, EVENTS)):
        if path:
            files.check_output(path, kind)
    with report_on_stop(NOTHING):
        summary = run(list(tables), **given)
    if table:
        write_csv(summary.rows, table, MEASURES)
    if events:
        write_csv(summary.events, events, EVENTS)
    if out:
        write_page(summary, out, options.command_line())
    return _print_json(summary) if as_json else _print_summary(summary, [table, events, out])


def _print_json(summary: Any) -> None:
    from featfer.studies.tables import to_records
    printing.print_json({"settings": summary.settings, "notes": summary.notes, "rows": to_records(summary.rows),
                         "events": to_records(summary.events), "effects": to_records(summary.effects)})


def _print_summary(summary: Any, written: list[str | None]) -> None:
    from featfer.studies.tables import format_effects, format_overview
    click.echo(format_overview(summary))
    if len(summary.effects):
        click.echo(f"\n{format_effects(summary.effects)}")
    click.echo("")
    for note in summary.notes:
        printing.echo_line(note)
    for path in filter(None, written):
        printing.echo_line(f"Wrote {path}")
