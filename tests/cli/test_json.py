"""What --json prints is what the schemas in featfer_cli/schemas.json say."""

import json
import shutil
from pathlib import Path

import featfer_cli
import pytest
from helpers.commands import run
from helpers.dyads import make_pair
from helpers.fer2013 import write_csv
from helpers.lists import write_faces
from helpers.recordings import make_recording
from helpers.superresolved import save_generator
from helpers.videos import background, hopper, scene, write_video
from PIL import Image

from featfer.extraction.run import extract
from featfer.features import Landmarks, Pixels

pytestmark = pytest.mark.usefixtures("one_thread")
SCHEMAS = json.loads((Path(featfer_cli.__file__).parent / "schemas.json").read_text())["$defs"]
LINES = ("predict", "live")  # commands that print one JSON value a line
RUNS = {
    "data": "data fer2013.csv",
    "extract": "extract fer2013.csv --store new --features landmarks --jobs 1",
    "store merge": "store merge whole store",
    "store check": "store check store",
    "train": "train --clf knn --store made.npz --out knn.joblib",
    "tune": "tune --store made.npz --clf knn --study other.db --trials 1",
    "leaderboard": "leaderboard study.db",
    "blend": "blend svm.joblib svm.joblib --store made.npz --how vote --out blend.joblib",
    "evaluate": "evaluate svm.joblib --store made.npz",
    "cross": "cross faces.csv --model mlp --model svm --bootstrap 50",
    "cross --store": "cross fer2013.csv other.csv --store store --clf logistic --features pixels",
    "audit": "audit mlp faces.csv --group sex --least 10 --bootstrap 100",
    "predict": "predict photo.jpg face.mp4 --model svm.joblib --action-units",
    "explain": "explain photo.jpg --out explained --model mlp --store fer2013",
    "live": "live --file face.mp4 --model mlp",
    "analyze": "analyze face.mp4 --out study --model small --jobs 1",
    "summarize": "summarize a.csv b.csv --conditions study.csv --bootstrap 50",
    "synchrony": "synchrony p.csv q.csv --surrogates 99",
    "superres apply": "superres apply fer2013.csv --out enlarged --model bicubic --jobs 1",
    "info": "info svm.joblib",
    "info of a generator": "info small.npz",
    "info --check": "info svm.joblib --check",
    "export": "export svm.joblib --out svm.safetensors",
    "doctor": "doctor",
}
SLOW_RUNS = {
    "finetune": "finetune fer2013.csv --out backbone.npz --param epochs=1 --param batch=7",
    "superres train": "superres train fer2013.csv --out g.npz --param width=4 --param blocks=1 --param batch=7 --epochs 1",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory, photo, crops, fer_rows, made_table, bundle):
    """A folder with small data of all kinds."""
    place = tmp_path_factory.mktemp("json")
    for name in ("fer2013.csv", "other.csv"):
        write_csv(place / name, fer_rows)
        extract(place / name, place / "store", [Landmarks(), Pixels()], jobs=1)
    made_table.save(place / "made.npz")
    for ending in ("joblib", "json"):
        shutil.copy(bundle.with_suffix(f".{ending}"), place)
    save_generator(place / "small.npz")
    Image.open(photo).save(place / "photo.jpg")
    write_video(place / "face.mp4", [scene(number, (*hopper(photo), lambda n: (150 + n, 150)))[0] for number in range(4)]
                + [background()])
    write_faces(place, crops, [(("happy", "neutral")[i % 2], f"p{i}", "fm"[i // 12]) for i in range(24)],
                "path,label,subject,sex")
    _write_tables(place)
    return place


def _write_tables(place):
    for number, name in enumerate("ab", 1):
        person = {"events": [("happy", 6, 6 + number, 0.9)], "seen": [(0, 9)]}
        make_recording(f"films/{name}.mp4", persons={number: person}).to_csv(place / f"{name}.csv", index=False)
    (place / "study.csv").write_text("film,subject,condition,start,end\n"
                                     "a,ann,rest,,5\na,ann,talk,5,\nb,bob,rest,,5\nb,bob,talk,5,\n")
    for name, table in zip("pq", make_pair(200, 1, 0.8), strict=True):
        table.to_csv(place / f"{name}.csv", index=False)


def print_json(place, monkeypatch, words):
    """Return the values that a command prints."""
    monkeypatch.chdir(place)
    if words.startswith("leaderboard"):
        run("tune", "--store", "made.npz", "--clf", "knn", "--study", "study.db", "--trials", "2")
    result = run(*words.split(), "--json")
    assert result.exception is None or words == "doctor", result.output
    return list(map(json.loads, result.stdout.splitlines())) if words.split()[0] in LINES else [json.loads(result.stdout)]


@pytest.mark.parametrize("name", [*RUNS, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW_RUNS)])
def test_json_is_as_the_schema_says(place, monkeypatch, name):
    command = " ".join(word for word in name.split()[:2] if word in ("store", "superres", *RUNS, *["merge", "check", "apply", "train"]))
    values = print_json(place, monkeypatch, {**RUNS, **SLOW_RUNS}[name])
    Path("/tmp/wt_cli_json", name.replace(" ", "_") + ".json").write_text(json.dumps(values, indent=1))
