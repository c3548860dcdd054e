"""featfer doctor"""

import click
from featfer_cli import options, printing


@click.command()
@options.as_json
def doctor(as_json):
    """Check the installation: dlib and how it was built, torch and its devices, model files and their checksums.

    \b
    featfer doctor
    """
    from featfer.doctor import diagnose

    findings = diagnose()
    if as_json:
        printing.print_json([finding._asdict() for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{'ok  ' if finding.ok else 'FIX '} {finding.subject}: {finding.text}")
    if not all(finding.ok for finding in findings):
        raise click.exceptions.Exit(1)
