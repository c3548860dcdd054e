"""featfer export"""

import click
from featfer_cli import options, printing


@click.command()
@click.argument("model", default="stages")
@click.option("--out", required=True, metavar="FILE", help="Its ending says the form: .skops, .safetensors or .onnx.")
@click.option("--input", "takes", type=click.Choice(["faces", "features"]), default="faces", show_default=True,
              help="Where an ONNX graph begins: at the picture of a face, or at its features.")
@click.option("--on", "photos", multiple=True, metavar="PHOTO",
              help="Compare the answers to the faces in it, too. Repeatable. [default: two photos that come with libraries]")
@click.option("--tolerance", type=click.FloatRange(min=0, min_open=True),
              help="Largest difference of a probability allowed. [default: 1e-4 for ONNX, else 1e-6]")
@options.no_verify
@options.as_json
def export(model, out, takes, photos, tolerance, no_verify, as_json):
    """Write a model in a form that runs no code when it is read, or that other languages run.

    Every command that takes a model, and featfer.load, read .skops (every model) and .safetensors (most) again. ONNX has the
    network too: chips of faces in, probabilities out. Each is held against the original before it is written, and has a card.

    \b
    featfer export stages --out stages.skops
    featfer export svm.joblib --out svm.safetensors
    featfer export stages --out stages.onnx --on photo.jpg
    """
    from featfer.exporting import export as write

    card = write(model, out, takes, photos, tolerance, verify=not no_verify)
    if as_json:
        return printing.print_json(card)
    checked = card["export"]["checked"]
    click.echo(f"Wrote {out} ({card['bytes'] / 1e6:.1f} MB): largest difference of an answer {checked['difference']:.2g}, on "
               f"{checked['rows']} rows")
