"""featfer audit"""

from __future__ import annotations

from typing import Any

import click
from featfer_cli import files, layout, options, outside_options, printing
from featfer_cli.stopping import NOTHING, report_on_stop
from featfer_cli.values import FILE


@click.command()
@click.argument("model", type=options.model_type)
@click.argument("source", type=FILE)
@click.option("--group", "groups", required=True, multiple=True, metavar="COLUMN",
              help="A column of the csv whose values are the groups, such as sex, age or camera; repeatable.")
@click.option("--least", type=click.IntRange(min=2), default=20, show_default=True, metavar="N",
              help="Groups of fewer pictures are too small to be scored.")
@outside_options.scoring
@options.out("FILE.md", "Write a page.")
@outside_options.answering
@options.smallest_face
@options.device
@options.seed
@options.as_json
def audit(model: str, source: str, groups: tuple[str, ...], least: int, out: str | None, **given: Any) -> None:
    """Compare how well a model does on groups of labelled pictures.

    SOURCE is a csv with the columns path, label, the groups and, if known, subject. Prints figures by group, and which
    differences between groups are larger than chance explains, corrected for the number of comparisons; the page and JSON have
    all comparisons.

    \b
    featfer audit photos photos.csv --group sex --group age --out audit.md
    """
    from featfer.evaluation.audit import audit as run
    from featfer.reports.audit import write_audit
    from featfer.utils.outputs import AUDIT

    if out:
        files.check_output(out, AUDIT)
    loaded = outside_options.load_models([model], given["labels"], given["no_verify"], given["device"])
    with report_on_stop(NOTHING):
        photographs, answers = outside_options.answer(source, loaded, given, groups)
        (title, of_model), = answers.items()
        result = run(photographs, of_model, given["classes"], least, given["draws"], given["seed"])
    if out:
        write_audit(result, out, title, options.command_line())
    return printing.print_json(result) if given["as_json"] else _print_audit(result, out)


def _print_audit(result: dict[str, Any], out: str | None) -> None:
    from featfer.reports.audit import describe_audit, describe_found, format_groups, format_recalls
    layout.echo_wrapped(f"{result['source']}: {' '.join(describe_audit(result))}")
    for name, column in result["columns"].items():
        click.echo("")
        printing.echo_line(f"By {name}, in %:")
        for table in filter(None, (format_groups(column), format_recalls(column))):
            click.echo("")
            layout.echo_table(table)
    click.echo("")
    for sentence in describe_found(result):
        layout.echo_wrapped(sentence)
    if out:
        printing.echo_line(f"Wrote {out}")
