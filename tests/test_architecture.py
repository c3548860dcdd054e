"""The shape of the code: imports point down, importing is light, files and functions stay short."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (
    {"errors", "cards", "forking", "labels", "environment", "recipes", "files", "outputs", "cells", "arrays", "checkpoints",
     "progress", "published"},
    {"decoding", "images", "intensities", "walking", "opencv", "pyav", "film_damage", "film_times", "duplicates", "processes"},
    {"datasets", "faces", "films"},
    {"features", "sources", "superres"},
    {"table", "store", "stored", "merging", "chunks", "cluster",
     "extraction", "finetuning", "codebook"},
    {"classifiers", "regressors", "cnn", "spaces", "study"},
    {"recognizer", "affect_recognizer", "bundle", "plain", "golden"},
    {"evaluation", "paired", "affect", "plots", "galleries", "drawing", "placing", "diagnosis", "predictions", "units_seen",
     "exporting"},
    {"annotating", "training", "affect_training", "report", "listing", "overview", "overview_page"},
    {"tuning", "blending", "crossing", "benchmark", "cnn_training", "explaining", "live", "serving"},
    {"featfer"},  # the public names: __init__.py
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted((ROOT / "featfer").rglob("*.py"))
FILES = MODULES + sorted((ROOT / "cli").rglob("*.py"))
HEAVY = ("torch", "dlib", "matplotlib", "sklearn", "pandas", "skimage", "torchvision", "kornia", "cv2", "av", "fastapi",
         "distributed", "onnx", "onnxruntime", "skops", "safetensors")

MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 40


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def room_of(path):
    """Return the room of a file below featfer/: its folder there, or itself."""
    room = path.relative_to(ROOT / "featfer").with_suffix("").parts[0]
    return "featfer" if room == "__init__" else room


def imported(source):
    """Return the dotted names that a source text imports, at its top or inside its functions."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names.update(f"{module}.{alias.name}" for alias in node.names)
    return names


def rooms_imported(source):
    """Return the rooms of featfer that a source text imports; a name that is no room is one of __init__.py's."""
    parts = [name.split(".") for name in imported(source)]
    inside = [rest[0] if rest else "featfer" for first, *rest in parts if first == "featfer"]
    return {room if room in FLOOR else "featfer" for room in inside}


def test_imports_are_seen_in_every_form():
    source = ("import featfer.store.store\nfrom featfer import plots\nfrom featfer.faces.detect import find_faces as find\n"
              "import numpy, featfer_cli\ndef later():\n    from featfer.reports.models import write_report\n")
    assert rooms_imported(source) == {"store", "plots", "faces", "report"}
    assert rooms_imported("import featfer") == rooms_imported("from featfer import load") == {"featfer"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_has_a_floor_and_imports_from_no_higher_one(path):
    assert room_of(path) in FLOOR, "give it a floor in FLOORS"
    floor = FLOOR[room_of(path)]
    higher = {room: FLOOR[room] for room in rooms_imported(path.read_text()) if FLOOR[room] > floor}
    assert not higher, f"{name_of(path)} is on floor {floor}"


def test_every_room_of_the_floors_is_there():
    assert {room_of(path) for path in MODULES} == set(FLOOR)
    assert sum(map(len, FLOORS)) == len(FLOOR)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_library_knows_nothing_of_its_commands_and_uses_full_names(path):
    names = imported(path.read_text())
    assert not [name for name in names if name.startswith(("featfer_cli", "click", "."))]


@pytest.mark.parametrize("module", ["featfer", "featfer_cli.main"])
def test_import_is_light(module):
    code = f"import sys, {module}; print(*({set(HEAVY)} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_and_functions_are_short(path):
    source = path.read_text()
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert len(source.splitlines()) <= MOST_LINES_OF_A_FILE
    assert [f.name for f in functions if f.end_lineno - f.lineno >= MOST_LINES_OF_A_FUNCTION] == []
