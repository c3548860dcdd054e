"""featfer export"""

from __future__ import annotations

import click
from featfer_cli import options, printing
from featfer_cli.values import FILE

from featfer.utils.words import count


@click.command()
@click.argument("model", default="photos", type=options.model_type)
@options.out("FILE", "The file to write; its ending chooses the form: .skops, .safetensors or .onnx.", required=True)
@options.choice("--input", ["faces", "features"], "The input of an ONNX graph: the picture of a face, or its features.",
                "takes")
@click.option("--on", "photos", multiple=True, type=FILE, metavar="PHOTO",
              help="Check the predictions on the faces in this photo too; repeatable.  [default: two photos that come with "
                   "libraries]")
@click.option("--tolerance", type=click.FloatRange(min=0, min_open=True), metavar="P",
              help="By how much a probability may differ at most.  [default: 1e-4 for ONNX, else 1e-6]")
@options.no_verify
@options.as_json
def export(model: str, out: str, takes: str, photos: tuple[str, ...], tolerance: float | None, no_verify: bool,
           as_json: bool) -> None:
    """Write a model in a form that runs no code when it is loaded, or that other programs can run.

    .skops holds every model and .safetensors most; every command that takes a model, and featfer.load, read both. .onnx also
    contains the network: chips of faces in, probabilities out. The exported model is compared with the original before it is
    written, and gets a card.

    \b
    featfer export photos --out photos.skops
    featfer export svm.joblib --out svm.safetensors
    featfer export photos --out photos.onnx --on photo.jpg
    """
    from featfer.exporting import export as write

    card = write(model, out, takes, photos, tolerance, verify=not no_verify)
    if as_json:
        return printing.print_json(card)
    checked = card["export"]["checked"]
    click.echo(f"Wrote {out} ({card['bytes'] / 1e6:.1f} MB): largest difference of an answer {checked['difference']:.2g}, on "
               f"{count(checked['rows'], 'row')}")
