"""featfer models"""

from __future__ import annotations

from typing import Any

import click
from featfer_cli import options, printing

HEAD = ("model", "labels", "accuracy", "on", "MB", "features")


@click.command()
@options.as_json
def models(as_json: bool) -> None:
    """List the models that ship with featfer: what each is for, its labels, accuracy, size and features.

    \b
    featfer models
    featfer models --json
    """
    from featfer.bundle.shipped import list_shipped

    found = list_shipped()
    if as_json:
        return printing.print_json(found)
    rows = [_format_row(model) for model in found]
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    for row, model in zip([HEAD, *rows], [None, *found], strict=True):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if model:
            click.echo(f"{' ' * widths[0]}  {model['purpose']}{'; the default' * model['is_default']}")
    click.echo("\nCompare only what was scored on the same data set. `featfer info MODEL` says how\n"
               "a model was trained, and what it is for and not for.")


def _format_row(model: dict[str, Any]) -> list[str]:
    """Return the cells of a model: the figure is that of its test split, or of val if it was not scored on test."""
    split, score = list(model["scores"].items())[-1]
    figure = f"{score['accuracy']:.2%}" if "accuracy" in score else f"PSNR {score['psnr']:.2f} dB"
    return [model["name"], model["label_set"] or "-", figure, f"{split} of {model['source']}", f"{model['bytes'] / 1e6:.1f}",
            ", ".join(model["features"]) or "-"]
