"""featfer explain"""

from __future__ import annotations

import click
from featfer_cli import options, printing
from featfer_cli.stopping import report_on_stop
from featfer_cli.values import FILE, Words

MAPS = ("128x8x8", "64x17x17", "32x35x35", "256x4x4", "256x2x2")


@click.command()
@click.argument("image", metavar="IMAGE", type=FILE)
@options.out("DIR", "Folder for the pictures; it is made if it does not exist.", required=True)
@options.model
@options.detector
@options.smallest_face
@options.choice("--no-face", ["error", "whole"], "If no face is found: an error, or treat the whole image as a face.")
@click.option("--face", default=1, show_default=True, metavar="N", help="Which face, as `featfer predict` numbers them.")
@click.option("--maps", type=Words(MAPS), metavar="NAME",
              help="Which feature maps to show: a stage of dlib's network, such as 128x8x8, or a layer of the model's own "
                   "network  [default: the stage that the model uses, or its last layer with maps]")
@options.choice("--landmarks", ["5", "68"], "How many landmarks to draw on the chip; the 68-point model excludes commercial "
                "use.")
@click.option("--store", type=FILE, metavar="PATH",
              help="Search the nearest training faces in this store or table (.npz), or in "
                                              "fer2013, which ships with featfer.")
@options.source
@click.option("--images", type=FILE, metavar="SOURCE",
              help="The data set from which the store was extracted, to show the nearest faces.")
@options.labels
@options.prior
@options.no_verify
@options.device
@options.model_precision
@options.as_json
def explain(image: str, out: str, model: str, detector: str, smallest_face: int | None, no_face: str, face: int,
            maps: str | None, landmarks: str, store: str | None, source: str | None, images: str | None, labels: str | None,
            prior: str | None, no_verify: bool, device: str, precision: str | None, as_json: bool) -> None:
    """Show in pictures how a model recognizes the expression of one face.

    Writes to DIR: chip.png, the aligned face with its landmarks; maps.png, feature maps of the network; regions.png, how much
    the probability of the label falls when each part is covered (Zeiler and Fergus 2014); and with --store nearest.png, the
    most similar training faces.

    \b
    featfer explain photo.jpg --out explained
    featfer explain photo.jpg --out explained --face 2 --maps 64x17x17
    featfer explain turned.jpg --out explained --detector mmod
    featfer explain photo.jpg --out explained --model groups9.joblib --maps groups.1
    featfer explain photo.jpg --out explained --store store --images fer2013.csv
    """
    if store is None and (source or images):
        raise click.UsageError("--source and --images are of a store: give --store too")
    from featfer.bundle.persist import load_recognizer
    from featfer.explaining import explain
    from featfer.faces import find_detector
    find_detector(detector)
    recognizer = load_recognizer(model, not no_verify, labels, prior, device, precision)
    with report_on_stop(f"Pictures that are whole in {out} stay; the same command begins anew."):
        found = explain(recognizer, image, out, face, maps, int(landmarks), store, source, images, detector, no_face,
                        smallest_face)
    if as_json:
        return printing.print_json(found.as_dict())
    for line in found.describe():
        printing.echo_line(line)
