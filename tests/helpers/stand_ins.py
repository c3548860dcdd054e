"""Small files under the names that the pages use, so that what is printed there can be run."""

import shutil

import numpy as np
import skimage.data
from helpers.commands import run, succeeded
from helpers.fer2013 import write_csv
from helpers.recordings import make_recording
from helpers.videos import write_timed
from PIL import Image

from featfer.bundle.persist import save
from featfer.extraction.run import extract
from featfer.features import make_features
from featfer.labels import FER7
from featfer.store.opening import open_table
from featfer.training.classifier import train

FEATURES = "embedding", "stage:128x8x8"
SPLITS = "train", "val", "test"
SHIPPED_TABLE = "some.npz"
ROWS = 540  # more than the 384 components that a page asks for


def write_stand_ins(folder, crops, rows, hopper):
    """Write them to a folder: photos, films, FER2013, a store, models and tables of recordings.

    crops: uint8 (n, 48, 48); rows: (label, pixels, usage) of a small FER2013; hopper: path of a photo
    """
    _write_photos(folder, hopper)
    _write_films(folder)
    _write_store(folder, crops)
    write_csv(folder / "fer2013.csv", rows)
    _write_recordings(folder)
    (folder / "expressions.jsonl").write_text(run("predict", folder / "photos", "--json").stdout)
    (folder / "shares.toml").write_text("neutral = 50\nhappy = 40\nsad = 4\nangry = 2\nsurprise = 2\nfear = 1\ndisgust = 1\n")
    (folder / "overview").mkdir()
    (folder / "overview" / "copies.csv").write_text("id,split,copy,copy_split,kind,correlation\n")


def _write_photos(folder, hopper):
    """Two photos and a face; a folder of them, listed with labels and groups."""
    collins = Image.fromarray(skimage.data.astronaut())
    (folder / "photos").mkdir()
    for name in ("photo.jpg", "a.jpg", "photos/collins.jpg"):
        collins.save(folder / name)
    for name in ("b.jpg", "photos/hopper.jpg"):
        shutil.copy(hopper, folder / name)
    collins.crop((170, 70, 272, 172)).resize((48, 48)).save(folder / "face.png")
    rows = ("collins.jpg,happy,collins,f,20-39", "hopper.jpg,neutral,hopper,f,60-79")
    (folder / "photos.csv").write_text("\n".join(["path,label,subject,sex,age", *(f"photos/{row}" for row in rows)]) + "\n")


def _write_films(folder):
    """A second of a face that moves a little."""
    picture = skimage.data.astronaut()[:300, 80:380]
    for name in ("video.mp4", "interview.mp4"):
        write_timed(folder / name, [np.roll(picture, number // 4, 1) for number in range(25)])


def _write_store(folder, crops):
    """A store of rated faces, a model that learnt from it, and a few rows of the table that ships."""
    (folder / "faces").mkdir()
    lines, draw = ["path,label,split,valence,arousal"], np.random.default_rng(0)
    for number in range(ROWS):
        crop = np.clip(crops[number % len(crops)] + draw.integers(-8, 9, (48, 48)), 0, 255).astype(np.uint8)
        Image.fromarray(crop).save(folder / "faces" / f"{number}.png")
        split = "train" if number < 0.8 * ROWS else SPLITS[number % 3]
        lines.append(f"faces/{number}.png,{FER7.names[number % 7]},{split},{number % 7 / 7:.2f},{number % 5 / 5:.2f}")
    (folder / "rated.csv").write_text("\n".join(lines) + "\n")
    extract(folder / "rated.csv", folder / "store", [make_features(name)[0] for name in FEATURES], jobs=1)
    table = open_table(folder / "store", make_features("embedding"))
    recognizer, card = train(table, "mlp", {"epochs": 2})
    for name in ("mine.joblib", "svm.joblib"):
        save(recognizer, folder / name, card)
    shipped = open_table("fer2013", make_features("embedding"))
    some = [np.flatnonzero((shipped.splits == split) & (shipped.labels == label))[:30]
            for split in SPLITS for label in range(7)]
    shipped.rows(np.concatenate(some)).save(folder / SHIPPED_TABLE)


def _write_recordings(folder):
    """Tables as `featfer analyze` writes them, of two films and of a talk, and the list of a study."""
    (folder / "study").mkdir()
    for name, people in (("a", (1,)), ("b", (1, 2)), ("talk", (1, 2))):
        persons = {number: {"events": [("happy", start + number, start + number + 1, 0.9) for start in range(0, 200, 7)]}
                   for number in people}
        table = make_recording(f"{name}.mp4", np.arange(2000) / 10, persons)
        table.assign(AU12=4 * table["happy"]).to_csv(folder / "study" / f"{name}.csv", index=False)
    (folder / "study.csv").write_text("film,subject,condition,person,start,end\na.mp4,ann,rest,,0,30\na.mp4,ann,comedy,,30,\n"
                                      "b.mp4,bob,rest,2,0,30\nb.mp4,bob,comedy,2,30,\n")
    for form in ("openface", "pyfeat"):
        succeeded("analyze", folder / "interview.mp4", "--out", folder / form, "--format", form)

