"""What --json prints is what the schemas in featfer_cli/schemas.json say."""

import json
import shutil
from pathlib import Path

import featfer_cli
import jsonschema
import pytest
from featfer_cli.main import main
from helpers.commands import run
from helpers.dyads import make_pair
from helpers.fer2013 import write_csv
from helpers.lists import write_faces
from helpers.recordings import make_recording
from helpers.videos import background, hopper, scene, write_video
from PIL import Image

from featfer.extraction.run import extract
from featfer.features import Landmarks, Pixels
from featfer.labels import FER7

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
    "cross --store": "cross fer2013.csv other --store store --clf logistic --features pixels",
    "audit": "audit mlp faces.csv --group sex --least 10 --bootstrap 100",
    "predict": "predict photo.jpg face.mp4 --model svm.joblib --action-units",
    "explain": "explain photo.jpg --out explained --model mlp --store fer2013",
    "live": "live --file face.mp4 --model mlp",
    "analyze": "analyze face.mp4 --out study --model small --jobs 1",
    "summarize": "summarize a.csv b.csv --conditions study.csv --bootstrap 50",
    "synchrony": "synchrony p.csv q.csv --surrogates 99",
    "superres apply": "superres apply fer2013.csv --out enlarged --model bicubic --jobs 1",
    "info": "info svm.joblib",
    "info of a generator": "info srgan",
    "info --check": "info svm.joblib --check",
    "export": "export svm.joblib --out svm.safetensors",
    "doctor": "doctor",
    "models": "models",
    "params": "params",
    "params of one": "params one-cycle",
}
SLOW_RUNS = {
    "finetune": "finetune fer2013.csv --out backbone.npz --param epochs=1 --param batch=7",
    "superres train": "superres train fer2013.csv --out g.npz --param width=4 --param blocks=1 --param batch=7 --epochs 1",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory, photo, crops, fer_rows, made_table, bundle):
    """A folder with small data of all kinds."""
    place = tmp_path_factory.mktemp("json")
    extract(write_csv(place / "fer2013.csv", fer_rows), place / "store", [Landmarks(), Pixels()], jobs=1)
    for number, (label, pixels, usage) in enumerate(fer_rows):
        folder = place / "other" / ("train" if usage == "Training" else "test") / FER7.names[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    extract(place / "other", place / "store", [Pixels()], jobs=1)
    made_table.save(place / "made.npz")
    for ending in ("joblib", "json"):
        shutil.copy(bundle.with_suffix(f".{ending}"), place)
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


def command_of(name):
    """Return the command of a run: "info" of "info --check"."""
    return next(command for command in sorted(SCHEMAS, key=len, reverse=True) if name.startswith(command))


def make_strict(schema):
    """Return a schema that allows no keys but those that it describes."""
    if isinstance(schema, list):
        return list(map(make_strict, schema))
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if {"properties", "required"} <= set(schema) else {}
    return {**closed, **{key: make_strict(value) for key, value in schema.items()}}


@pytest.mark.parametrize("name", [*RUNS, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW_RUNS)])
def test_json_is_as_the_schema_says(place, monkeypatch, name):
    schema = {"$ref": f"#/$defs/{command_of(name)}", "$defs": make_strict(SCHEMAS)}
    values = print_json(place, monkeypatch, {**RUNS, **SLOW_RUNS}[name])
    assert values
    for value in values:
        jsonschema.validate(value, schema)


def test_every_command_with_json_has_a_schema_and_a_run():
    commands = {}
    for name, command in main.commands.items():
        commands |= {f"{name} {inner}": of for inner, of in command.commands.items()} if hasattr(command, "commands") else {
            name: command}
    with_json = {name for name, command in commands.items() if any("--json" in option.opts for option in command.params)}
    assert with_json <= set(SCHEMAS)
    assert with_json == {command_of(name) for name in {**RUNS, **SLOW_RUNS}}
    jsonschema.Draft202012Validator.check_schema(SCHEMAS)


def test_the_documentation_names_the_schemas():
    text = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()
    assert "schemas.json" in text and all(f"`{command_of(name)}`" in text for name in {**RUNS, **SLOW_RUNS})
