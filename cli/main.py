"""The command line. Each command has a file of its own, and is loaded without heavy libraries."""

from __future__ import annotations

import sys
from typing import Any

import click
from featfer_cli.analyze import analyze
from featfer_cli.audit import audit
from featfer_cli.benchmark import benchmark
from featfer_cli.blend import blend
from featfer_cli.codebook import codebook
from featfer_cli.cross import cross
from featfer_cli.data import data
from featfer_cli.doctor import doctor
from featfer_cli.evaluate import evaluate
from featfer_cli.explain import explain
from featfer_cli.export import export
from featfer_cli.extract import extract
from featfer_cli.finetune import finetune
from featfer_cli.help import EXIT_CODES, break_examples
from featfer_cli.info import info
from featfer_cli.leaderboard import leaderboard
from featfer_cli.live import live
from featfer_cli.models import models
from featfer_cli.params import params
from featfer_cli.predict import predict
from featfer_cli.report import report
from featfer_cli.serve import serve
from featfer_cli.stopping import find_exit_code, handle_signals
from featfer_cli.store import store
from featfer_cli.streams import guard_streams
from featfer_cli.summarize import summarize
from featfer_cli.superres import superres
from featfer_cli.synchrony import synchrony
from featfer_cli.table import table
from featfer_cli.train import train
from featfer_cli.tune import tune
from featfer_cli.verbosity import add_verbosity, say

from featfer.errors import FeatferError, WriteError, to_one_line


class Group(click.Group):
    """Runs commands, and prints errors that the user can fix in one line; other errors keep their traceback."""

    def main(self, *args: Any, **settings: Any) -> Any:
        """Run the command line."""
        with guard_streams(), handle_signals():
            try:
                return super().main(*args, **settings)
            except WriteError as error:  # while printing help, which no command does
                click.echo(f"Error: {error}", err=True)
                sys.exit(1)

    def invoke(self, context: click.Context) -> Any:
        """Run a command, and print the errors that the user can fix."""
        try:
            with say():
                return super().invoke(context)
        except FeatferError as error:
            click.echo(f"Error: {error}", err=True)
            context.exit(1)
        except OSError as error:  # about a file: a name that is too long, a folder without permission, a missing disk
            if error.filename is None:
                raise
            click.echo(f"Error: {to_one_line(str(error.filename))}: {error.strerror}", err=True)
            context.exit(1)
        except MemoryError:
            click.echo("Error: not enough memory; run the same command again when there is more", err=True)
            context.exit(1)
        except KeyboardInterrupt as stopped:
            click.echo(f"\nStopped. {str(stopped) or 'Nothing was written.'}", err=True)
            context.exit(find_exit_code(stopped))

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of the commands in the order in which they were added."""
        return list(self.commands)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=EXIT_CODES)
@click.version_option(package_name="featfer", prog_name="featfer")
def main() -> None:
    """Facial expression recognition with classical features and shallow classifiers.

    \b
    featfer predict photo.jpg                                 a model that ships
    featfer extract fer2013.csv --store store                 faces -> features
    featfer train --clf svm --store store --out svm.joblib    -> a recognizer
    featfer report svm.joblib --store store --out report.md   figures, pictures
    """


for command in (data, extract, store, codebook, finetune, train, tune, leaderboard, blend, evaluate, report, cross, audit,
                benchmark, predict, explain, live, analyze, summarize, synchrony, serve, superres, models, info, params, export,
                table, doctor):
    main.add_command(break_examples(add_verbosity(command)))

if __name__ == "__main__":
    sys.exit(main())
