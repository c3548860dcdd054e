"""What is let in from outside: model files by their sha256, and nothing from the network."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from featfer_cli.main import main
from helpers.commands import succeeded
from helpers.fer2013 import write_csv

from featfer.faces.dlib_models import MODEL_FILES, MODELS_VARIABLE, find_model_file

ROOT = Path(__file__).parents[1]

WAYS = """
import json, sys
import numpy as np
from featfer.errors import MissingError
from featfer.faces import find_faces
from featfer.features import make_features

def features(words, **params):
    def use():
        for feature in make_features(words, **params):
            feature.transform(find_faces(np.zeros((64, 64), np.uint8), True))
    return use

def finetuned():
    from featfer.finetuning import run
    from featfer.finetuning.recipe import make_recipe
    from featfer.finetuning.trainer import FineTuner
    from featfer.faces.dlib_models import find_model_file
    FineTuner(find_model_file(run.NETWORK_FILE), 7, np.zeros((2, 150, 150), np.uint8), np.zeros(2), make_recipe(), "cpu")

ways = {
    "embedding": features("embedding"), "embedding, dlib's": features("embedding", backend="dlib"),
    "bf16": features("embedding", precision="bf16"), "stage": features("stage:128x8x8"), "geometry": features("geometry"),
    "landmarks": features("landmarks"), "chip of 68 points": features("hog", align="68"), "chip": features("pixels"),
    "mmod": lambda: find_faces(np.zeros((96, 96), np.uint8), detector="mmod"), "finetune": finetuned}
told = {}
for name, use in ways.items():
    try:
        use()
        told[name] = "used"
    except MissingError as error:
        told[name] = str(error)
print(json.dumps(told))
"""

ALONE = """
import json, socket, sys
asked = []
def refuse(name):
    def ask(*args, **options):
        asked.append(f"{name} {args[1:]}")
        raise OSError(f"no network: {name}")
    return ask
for name in ("connect", "connect_ex", "sendto", "sendmsg"):
    setattr(socket.socket, name, refuse(name))
for name in ("getaddrinfo", "gethostbyname", "create_connection"):
    setattr(socket, name, refuse(name))
from click.testing import CliRunner
from featfer_cli.main import main
for words in json.loads(sys.argv[1]):
    result = CliRunner().invoke(main, words)
    if result.exit_code:
        print("FAILED", words, result.output, repr(result.exception))
print("asked:", asked)
"""


def test_a_model_file_that_is_another_is_refused_whatever_uses_it(tmp_path):
    for name in MODEL_FILES:
        shutil.copy(find_model_file(name), tmp_path / name)
        with open(tmp_path / name, "r+b") as file:
            file.seek(1000)
            file.write(b"\0\1\2\3")
    done = subprocess.run([sys.executable, "-c", WAYS], capture_output=True, text=True,
                          env={**os.environ, MODELS_VARIABLE: str(tmp_path)})
    told = json.loads(done.stdout or "{}")
    assert len(told) == 10, done.stderr
    assert {name: said for name, said in told.items() if ": sha256 is " not in said} == {}


def test_no_module_takes_a_model_file_but_by_its_sha256():
    takes = re.compile(r"find_models_folder\(|shape_predictor\(|model_v1\(|dlib_weights\(")
    for path in sorted((ROOT / "featfer").rglob("*.py")):
        for line in path.read_text().splitlines():
            if takes.search(line) and not line.lstrip().startswith("def ") and path.name != "dlib_models.py":
                is_checked = "find_model_file(" in line or "dlib_weights(path)" in line
                assert is_checked, f"{path.relative_to(ROOT)}: {line.strip()}"


@pytest.mark.slow
def test_the_commands_ask_nothing_of_a_network(tmp_path, fer_rows, photo):
    csv, store, model = write_csv(tmp_path / "fer2013.csv", fer_rows), tmp_path / "store", tmp_path / "lda.joblib"
    features = ["--features", "embedding", "--store", store]
    commands = [
        ["doctor"], ["info"], ["predict", photo, "--model", "small"], ["data", csv, "--near", "0"],
        ["extract", csv, *features, "--jobs", "1"], ["store", "check", store],
        ["train", "--clf", "lda", *features, "--out", model], ["evaluate", model, "--store", store, "--split", "val"],
        ["predict", photo, "--model", model, "--out", tmp_path / "drawn", "--csv", tmp_path / "a.csv"],
        ["table", *features, "--out", tmp_path / "table.npz"], ["report", model, "--store", store, "--out", tmp_path / "a.md"],
        ["explain", photo, "--model", "small", "--out", tmp_path / "explained"]]
    done = subprocess.run([sys.executable, "-c", ALONE, json.dumps([list(map(str, words)) for words in commands])],
                          capture_output=True, text=True)
    assert done.stdout.splitlines() == ["asked: []"], done.stdout + done.stderr


def test_what_asks_the_network_says_so_in_its_help():
    said = {name: " ".join(succeeded(name, "--help").split()) for name, command in main.commands.items()
            if not hasattr(command, "commands")}
    assert "imagenet, which torchvision downloads" in said["train"]
    assert [name for name, text in said.items() if "download" in text.lower()] == ["train"]


def test_only_weights_that_are_asked_for_are_downloaded():
    """The one line in featfer that fetches something."""
    fetches = re.compile(r"urlopen|urlretrieve|requests\.|httpx|get_state_dict\(progress|from_url|hub\.load")
    paths = [path for folder in ("featfer", "cli") for path in sorted((ROOT / folder).rglob("*.py"))]
    found = [path.relative_to(ROOT).as_posix() for path in paths if fetches.search(path.read_text())]
    assert found == ["featfer/cnn/networks/weights.py"]
