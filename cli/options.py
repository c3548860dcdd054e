"""The options that several commands share, and how they print."""

import functools
import json
import shlex
import sys

import click

store = click.option("--store", required=True, metavar="PATH",
                     help="Folder of the feature store; to read: also a table (.npz), or fer2013, the one that ships.")
source = click.option("--source", metavar="NAME", help="Which source, when the store holds several.")
seed = click.option("--seed", default=0, show_default=True, help="Of all that is drawn at random.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
no_verify = click.option("--no-verify", is_flag=True, help="Load a bundle whose sha256 is not its card's. Loading runs code "
                                                           "from the file: only for files that you trust.")


def features(command):
    """Add --features, --align, --backend, --precision, --device; the command gets `features`, a function that makes them."""
    @click.option("--features", "names", default="embedding", show_default=True, metavar="LIST",
                  help="Features, with commas: embedding, stage:MAP (such as stage:128x8x8), landmarks.")
    @click.option("--align", default="5", show_default=True, help="Turn faces upright by 5 or 68 landmarks, or none.")
    @click.option("--backend", default="torch", show_default=True, help="Of the embedding: torch, or dlib (the reference).")
    @click.option("--precision", default="float32", show_default=True, help="Of the embedding: float32 or bf16.")
    @click.option("--device", default="cpu", show_default=True, help="For torch: cpu, cuda or cuda:N.")
    @functools.wraps(command)
    def with_features(names, align, backend, precision, device, **options):
        def make():
            from featfer.features import make_features
            return make_features(names, align=align, backend=backend, precision=precision, device=device)
        return command(features=make, **options)
    return with_features


def print_json(data):
    """Print plain data as JSON."""
    click.echo(json.dumps(data, indent=1))


def command_line():
    """Return the command that is running, as a person would type it."""
    return shlex.join(["featfer", *sys.argv[1:]])


def describe(result):
    """Return a line on the figures of a split."""
    copies = result.get("copies")
    without = ""
    if copies and copies["images_without"]:
        without = f"; without its {copies['images']} copies of training images {copies['accuracy_without']:.2%}"
    return (f"{result['split']}: accuracy {result['accuracy']:.2%} of {result['images']:,} images, macro F1 "
            f"{result['macro']['f1-score']:.2%}{without}")
