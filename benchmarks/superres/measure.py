"""Compare the models of the page on super-resolution with each other, draw enlarged faces, then write the page.

    featfer benchmark benchmarks/superres/models.toml --source fer2013.csv --work work
    python -m benchmarks.superres.measure --source fer2013.csv --work work

Writes results/pairs.json, docs/super-resolution.png and the page.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.common import ROOT, read_arguments, write_results
from benchmarks.superres import page
from featfer.utils.files import write_atomically

ROWS = (3, 5, 61, 73)            # of the test split, in the picture
FACE = 192                    # pixels, of a face in it


def main():
    given = read_arguments(__doc__)
    write_results(page.PAIRS, pairs(given.work))
    save_picture(given.source, ROOT.parent / "docs" / "super-resolution.png")
    page.main()


def pairs(work):
    """Return {name: how it compares to the same on images as they are}, over the test split, of the models in a folder."""
    from featfer.evaluation.significance import mcnemar
    found = {}
    for model in page.MODELS:
        names = [model + way for way in page.WAYS if way and (work / f"{model}{way}.joblib").exists()]
        right = _right(work, model) if names else None
        found |= {name: mcnemar(right, _right(work, name)) for name in names}
    return found


def _right(work, name):
    """Return whether a model is right about each image of the test split, bool (n,)."""
    from featfer.bundle.persist import load
    from featfer.store.opening import open_table
    recognizer = load(work / f"{name}.joblib")
    rows = recognizer.match_labels(open_table(work / "store", recognizer.features)).split("test")
    return recognizer.probabilities(rows.features).argmax(axis=1) == rows.labels


def save_picture(source, path):
    """Draw some faces of the test split at 12 and at 48 pixels, enlarged in each way, to a PNG file."""
    from featfer.datasets import find_dataset
    from featfer.superres import Enlargement
    from featfer.superres.pairs import shrink
    faceset = find_dataset(source).load(source)
    rows = np.flatnonzero(faceset.splits == "test")[list(ROWS)]
    true = np.stack([faceset.images[row].read() for row in rows])
    ways = {"bicubic": Enlargement("bicubic"), "SRResNet": Enlargement("srresnet"), "SRGAN": Enlargement("srgan")}
    small = shrink(true)
    columns = {"12 pixels": small, **{name: list(map(way, small)) for name, way in ways.items()}, "48 pixels, the truth": true,
               **{f"{name}, 192": list(map(way, true)) for name, way in ways.items()}}
    picture = Image.new("L", (len(columns) * (FACE + 4) + 16, len(rows) * (FACE + 4) + 24), 255)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(14)
    for column, (title, images) in enumerate(columns.items()):
        left = column * (FACE + 4) + (16 if column > 4 else 0)
        pen.text((left + FACE / 2, 12), title, 0, font, anchor="mm")
        for row, image in enumerate(images):
            picture.paste(_shown(image), (left, 24 + row * (FACE + 4)))
    with write_atomically(path) as file:
        picture.save(file, format="PNG", optimize=True)


def _shown(image):
    """Return a face in the picture's size: each pixel a square where it has fewer, averaged where it has more."""
    method = Image.Resampling.NEAREST if len(image) <= FACE else Image.Resampling.LANCZOS
    return Image.fromarray(np.asarray(image)).resize((FACE, FACE), method)


if __name__ == "__main__":
    main()
