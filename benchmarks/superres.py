"""Write benchmarks/superres.md from the cards that `featfer benchmark benchmarks/superres.toml` left beside it.

    python benchmarks/superres.py                                       from what is in benchmarks/superres
    python benchmarks/superres.py --source fer2013.csv --work work      after comparing the models anew, and with a new picture
"""

import argparse
import json
import string
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from featfer.utils.files import write_atomically, write_text
from featfer.utils.markdown import markdown_table, percent

HERE = Path(__file__).parent
FOLDER = HERE / "superres"
WAYS = {"": "as they are", "-bicubic": "bicubic", "-srresnet": "SRResNet", "-srgan": "SRGAN"}
MODELS = {"svm": "SVM, embedding", "rf": "random forest, embedding", "mlp": "MLP, embedding", "stage": "SVM, map 128x8x8",
          "mobilenetv3": "MobileNetV3, 96x96", "deep-minus-shallow": "deep minus shallow, 96x96"}
ROWS = (3, 5, 61, 73)            # of the test split, in the picture
FACE = 192                    # pixels, of a face in it
GENERATORS = ("srresnet", "srgan")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", help="fer2013.csv, to draw the picture from")
    parser.add_argument("--work", help="the folder that the models were made in, to compare them")
    asked = parser.parse_args()
    if asked.work:
        write_text(FOLDER / "paired" / "test.json", json.dumps(pairs(Path(asked.work)), indent=1) + "\n")
    if asked.source:
        save_picture(asked.source, HERE.parent / "docs" / "super-resolution.png")
    paired = json.loads((FOLDER / "paired" / "test.json").read_text())
    write_text(HERE / "superres.md", page({path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}, paired))


def pairs(work):
    """Return {name: how it compares to the same on images as they are}, over the test split, of the models in a folder."""
    from featfer.evaluation.significance import mcnemar
    found = {}
    for model in MODELS:
        names = [model + way for way in WAYS if way and (work / f"{model}{way}.joblib").exists()]
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


def page(cards, paired):
    """Return the page (Markdown) on the models whose cards these are, {name: card}, and on how they compare to others."""
    template = string.Template((HERE / "superres.template.md").read_text())
    return template.substitute(quality=quality(), setting=_setting(cards["svm"]), accuracy=_accuracy(cards, paired),
                               commands="\n".join(f"- {name}: `{cards[name]['command']}`" for name in sorted(cards)))


def quality():
    """Return a table of PSNR and SSIM at 12 -> 48 pixels, from the cards of the generators that ship."""
    from featfer.superres.generators import read_card
    figures = {name: read_card(name)[1]["figures"] for name in GENERATORS}
    ways = {"bicubic": figures["srresnet"], "lanczos": figures["srresnet"], **figures}
    rows = [[name if name in GENERATORS else name.capitalize(),
             *(f"{of[split][name if name not in GENERATORS else 'generator'][what]:{form}}"
               for split in ("val", "test") for what, form in (("psnr", ".2f"), ("ssim", ".4f")))] for name, of in ways.items()]
    return markdown_table(["", "PSNR val, dB", "SSIM val", "PSNR test, dB", "SSIM test"], rows)


def _accuracy(cards, paired):
    rows = [[title, WAYS[way], *_figures(cards[model + way]), *_against(paired.get(model + way))]
            for model, title in MODELS.items() for way in WAYS if model + way in cards]
    return markdown_table(["", "images", "val", "test", "test without copies", "right only as they are", "right only enlarged",
                           "p"], rows)


def _figures(card):
    val, test = card["figures"]["val"], card["figures"]["test"]
    return percent(val["accuracy"]), f"**{percent(test['accuracy'])}**", percent(test["copies"]["accuracy_without"])


def _against(pair):
    return ("", "", "") if pair is None else (pair["only_one"], pair["only_other"], f"{pair['p']:.3f}")


def _setting(card):
    return f"Measured on {card['date']} on an {card['machine']}, with the versions of [constraints.txt](../constraints.txt)"


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
