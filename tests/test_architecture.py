"""The shape of the code: rooms import downwards only, importing is light, files and functions stay short."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "featfer").rglob("*.py"), *(ROOT / "cli").rglob("*.py")])
HEAVY = ("torch", "dlib", "matplotlib", "sklearn", "pandas", "skimage", "torchvision", "kornia", "cv2", "av", "fastapi",
         "distributed", "onnx", "onnxruntime", "pydantic", "skops", "safetensors")

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 40


def test_imports_keep_the_contracts_of_the_layers():
    """The floors stand in pyproject.toml; lazy imports within functions count, too."""
    command = [Path(sys.executable).parent / "lint-imports", "--config", ROOT / "pyproject.toml", "--no-cache"]
    linted = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)  # in this process it would disable all loggers
    assert linted.returncode == 0, linted.stdout


def test_registries_name_what_stands_in_their_own_room():
    """Their imports are strings, which the contracts do not see."""
    elsewhere = []
    for path in sorted((ROOT / "featfer").rglob("*.py")):
        room = path.relative_to(ROOT / "featfer").parts[0]
        named = re.findall(r"\"featfer\.(\w+)[\w.]*:\w+", path.read_text())
        elsewhere += [f"{path.name}: {other}" for other in named if other != room]
    assert elsewhere == []


def test_the_library_starts_no_command_of_its_own():
    texts = {path.name: path.read_text() for path in (ROOT / "featfer").rglob("*.py") if path.name != "__main__.py"}
    assert [name for name, text in texts.items() if re.search("featfer_cli|subprocess", text)] == []


@pytest.mark.parametrize("module", ["featfer", "featfer_cli.main"])
def test_import_is_light(module):
    code = f"import sys, {module}; print(*({set(HEAVY)} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_files_and_functions_are_short():
    long = []
    for path in FILES:
        source = path.read_text()
        if len(source.splitlines()) > MOST_LINES_OF_A_FILE:
            long.append(path.name)
        long += [f"{path.name}: {node.name}" for node in ast.walk(ast.parse(source))
                 if isinstance(node, FUNCTIONS)
                 and node.end_lineno - node.lineno >= MOST_LINES_OF_A_FUNCTION]
    assert long == []


def find_unannotated(body, prefix):
    """List the public functions, methods and properties that lack the type of a parameter or of what they return."""
    lacking = []
    for node in body:
        if not isinstance(node, (ast.ClassDef, *FUNCTIONS)) or (node.name.startswith("_") and node.name != "__init__"):
            continue
        name = f"{prefix}.{node.name}"
        if isinstance(node, ast.ClassDef):
            lacking += find_unannotated(node.body, name)
        else:
            given = node.args
            parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, [given.vararg, given.kwarg])]
            types = [parameter.annotation for parameter in parameters if parameter.arg not in ("self", "cls")]
            lacking += [name] if None in (*types, node.returns) else []
    return lacking


def test_what_is_public_has_annotations():
    lacking = []
    for path in sorted((ROOT / "featfer").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        lacking += find_unannotated(ast.parse(path.read_text()).body, module)
    assert lacking == []
