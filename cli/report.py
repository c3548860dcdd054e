"""featfer report"""

from __future__ import annotations

from functools import partial

import click
from featfer_cli import files, options
from featfer_cli.stopping import report_on_stop


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...", type=options.model_type)
@options.stores
@options.out("FILE.md", "Where the report goes; its pictures go into a folder beside it.", default="report.md",
             show_default=True)
@options.source
@options.labels
@options.no_verify
@options.device
def report(models: tuple[str, ...], stores: tuple[str, ...], out: str, source: str | None, labels: str | None, no_verify: bool,
           device: str) -> None:
    """Write a Markdown report on models: their figures on val and test, beside published figures.

    \b
    featfer report svm.joblib rf.joblib mlp.joblib --store store --out report.md
    """
    from featfer.reports.models import write_report
    from featfer.store.opening import open_matching
    from featfer.utils.outputs import REPORT

    files.check_output(out, REPORT)
    loaded = files.load_models(models, labels, no_verify, device)
    with report_on_stop("Pictures that are whole stay, the report is not written; the same command begins anew."):
        write_report(loaded, partial(open_matching, stores, source=source), out, options.command_line())
    click.echo(f"Wrote {out}")
