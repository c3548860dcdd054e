"""featfer doctor"""

from __future__ import annotations

import click
from featfer_cli import layout, options, printing


@click.command()
@options.as_json
def doctor(as_json: bool) -> None:
    """Check the installation: dlib and how it was built, torch and its devices, extras, model files and their checksums.

    Each line begins with ok, with FIX for what must be mended, or with - for an extra that is not installed.

    \b
    featfer doctor
    """
    from featfer.doctor import diagnose

    findings = diagnose()
    if as_json:
        printing.print_json([finding._asdict() for finding in findings])
    else:
        for finding in findings:
            mark = "ok  " if finding.ok else "FIX " if finding.needed else "-   "
            layout.echo_wrapped(f"{mark} {finding.subject}: {finding.text}", indent=5)
    if not all(finding.ok for finding in findings if finding.needed):
        raise click.exceptions.Exit(1)
