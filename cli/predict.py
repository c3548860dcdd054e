"""featfer predict"""

from collections import deque
from pathlib import Path

import click
from featfer_cli import options


@click.command()
@click.argument("images", nargs=-1, required=True)
@click.option("--model", default="stages", show_default=True,
              help="A bundle's file, or one that ships: stages, small, svm, rf or mlp.")
@click.option("--out", metavar="DIR", help="Save each picture there with boxes and bars drawn on it.")
@options.no_verify
@options.as_json
def predict(images, model, out, no_verify, as_json):
    """Say which expressions are in the faces of images.

    A line a face: where it is, and the blend of expressions. Images that cannot be read are named, the others done; the
    exit code is then 1. Of images of the same name, the pictures in DIR are numbered.

    \b
    featfer predict photo.jpg
    featfer predict photos/*.jpg --json > expressions.json
    featfer predict photo.jpg --out annotated
    """
    from featfer.bundle import load
    from featfer.errors import FeatferError

    pictures = _pictures(images, out)
    recognizer, results, failed = load(model, verify=not no_verify), [], []
    for name, image, expressions in _predicted(recognizer, images, failed):
        try:
            _draw(image, expressions, pictures[name])
        except FeatferError as error:
            failed.append(str(error))
            continue
        results.append({"image": name, "faces": [expression.as_dict() for expression in expressions]})
        if not as_json:
            for expression in expressions:
                click.echo(f"{name}: {_line(expression)}")
    if as_json:
        options.print_json(results)
    for reason in failed:
        click.echo(f"Error: {reason}", err=True)
    if failed:
        raise click.exceptions.Exit(1)


def _pictures(images, out):
    """Return where the picture drawn on each image goes, None without --out."""
    if out is None:
        return dict.fromkeys(images)
    from featfer.errors import ParameterError
    from featfer.files import distinct
    pictures = [Path(out) / f"{stem}.png" for stem in distinct(Path(name).stem for name in images)]
    originals = {Path(name).resolve() for name in images}
    for picture in pictures:
        if picture.resolve() in originals:
            raise ParameterError(f"--out {out}: {picture} is one of the images and would be lost; name another folder")
    return dict(zip(images, pictures, strict=True))


def _predicted(recognizer, names, failed):
    """Yield (name, image, expressions) of each image; what cannot be read goes to the list of failures."""
    from featfer.errors import DataError
    from featfer.images import read_image
    read = deque()

    def images():
        for name in names:
            try:
                read.append((name, read_image(name)))
            except DataError as error:
                failed.append(str(error))
            else:
                yield read[-1][1]
    for expressions in recognizer.stream(images()):
        yield *read.popleft(), expressions


def _draw(image, expressions, picture):
    if picture:
        from featfer.drawing import save_drawing
        save_drawing(image, expressions, picture)


def _line(expression):
    left, top, right, bottom = (round(side) for side in expression.box)
    where = f"face at {left},{top} to {right},{bottom}" if expression.status == "found" else "no face found, whole image taken"
    blend = ", ".join(f"{name} {share:.0%}" for name, share in expression.blend() if share >= 0.005)
    return f"{where}: {blend}"
