"""The wheel, installed into an environment of its own, does what the checkout does."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest
import skimage

import featfer
from featfer.datasets import find_dataset
from featfer.labels import FER7

ROOT = Path(__file__).parents[1]
MODELS = {"photos": "blend", "fer2013": "blend", "small": "mlp", "svm": "svm", "rf": "rf", "mlp": "mlp"}  # and classifiers

INCLUDED = ("constraints.txt", "CHANGELOG.md", "CITATION.cff")  # beside the packages, in the source distribution
MOST_BYTES = 100e6  # of a file, as PyPI takes it

COMMANDS = """
import json, sys
from click.testing import CliRunner
from featfer_cli.main import main
results = [CliRunner().invoke(main, words, catch_exceptions=False) for words in json.loads(sys.argv[1])]
print(json.dumps([json.loads(result.stdout.splitlines()[0] if words[0] == "predict" else result.stdout)
                  for words, result in zip(json.loads(sys.argv[1]), results)]))
"""

pytestmark = pytest.mark.slow


def checked(*words, cwd):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, cwd=cwd, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build_command():
    if all(importlib.util.find_spec(name) for name in ("build", "setuptools")):
        return [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist"]
    return [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", "dist", "."]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of what the checkout has for its distributions, and some of its tests."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("featfer", "cli", "models"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests").mkdir()
    for name in ("pyproject.toml", "LICENSE", "README.md", *INCLUDED, "MANIFEST.in", "tests/test_errors.py"):
        shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def wheel(source):
    """Path of the wheel, built from a copy of the checkout."""
    checked(*build_command(), cwd=source)
    (path,) = (source / "dist").glob("*.whl")
    return path


@pytest.fixture(scope="module")
def sdist(source):
    """Path of the source distribution."""
    pytest.importorskip("build", reason="build is not installed: pip install '.[test]'")
    checked(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", "dist", cwd=source)
    (path,) = (source / "dist").glob("*.tar.gz")
    return path


@pytest.fixture(scope="module")
def binaries(tmp_path_factory, wheel):
    """Folder of the commands of a fresh environment with the wheel in it, and this environment's libraries behind it."""
    home = tmp_path_factory.mktemp("fresh")
    venv.create(home, symlinks=os.name != "nt")
    scheme = {"base": str(home), "platbase": str(home)}
    folder, packages = (Path(sysconfig.get_path(name, "venv", scheme)) for name in ("scripts", "purelib"))
    checked(sys.executable, "-m", "pip", "--python", folder / "python", "install", "--no-deps", "--no-index", wheel, cwd=home)
    # Only now: pip would take this environment's featfer for the fresh one's, and uninstall it.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def test_wheel_holds_the_packages_and_the_models(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    folders = {name.partition("/")[0] for name in names}
    assert folders == {"featfer", "featfer_cli", "featfer_models", f"featfer-{featfer.__version__}.dist-info"}
    sources = {f"{package}/{path.relative_to(ROOT / folder).as_posix()}" for package, folder in
               (("featfer", "featfer"), ("featfer_cli", "cli")) for path in (ROOT / folder).rglob("*.py")}
    shipped = {f"featfer_models/{name}{suffix}" for name in MODELS for suffix in (".joblib", ".json")}
    assert sources <= names
    assert shipped | {"featfer_models/fer2013.npz", "featfer/py.typed"} <= names
    assert not [name for name in names if re.search(r"(^|/)(tests?|fixtures|__pycache__|docs|benchmarks)/", name)]


def test_source_distribution_holds_what_makes_the_wheel_and_no_tests(sdist, wheel):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    made = {name.replace("featfer_cli/", "cli/").replace("featfer_models/", "models/")
            for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert made | {"pyproject.toml", "README.md", "LICENSE", *INCLUDED} <= names
    folders = {name.partition("/")[0] for name in names if "/" in name}
    assert folders == {"featfer", "cli", "models", "featfer.egg-info"}


def test_distributions_are_small_and_well_described(sdist, wheel):
    for path in (sdist, wheel):
        assert path.stat().st_size < MOST_BYTES, f"{path.name}: too large for an index"
    if importlib.util.find_spec("twine"):
        assert checked(sys.executable, "-m", "twine", "check", "--strict", sdist, wheel, cwd=sdist.parent).count("PASSED") == 2


def test_installed_package_is_the_wheel_s(binaries, tmp_path):
    code = "import featfer, featfer_cli, featfer_models; print(featfer.__file__, featfer_cli.__file__, featfer_models.__file__)"
    places = [Path(place) for place in checked(binaries / "python", "-c", code, cwd=tmp_path).split()]
    assert all(place.is_relative_to(binaries.parent) for place in places)


def test_version(binaries, tmp_path):
    assert checked(binaries / "featfer", "--version", cwd=tmp_path).split()[-1] == featfer.__version__


def printed(binaries, cwd, *commands):
    """Return what commands print as JSON, run one after the other in a process of the fresh environment."""
    return json.loads(checked(binaries / "python", "-c", COMMANDS, json.dumps(commands), cwd=cwd))


def test_predict_with_the_models_that_ship(binaries, tmp_path):
    smiling = str(Path(skimage.data_dir) / "astronaut.png")
    found = printed(binaries, tmp_path, *(["predict", smiling, "--model", model, "--json"] for model in MODELS))
    labels = [[face["label"] for face in result["faces"]] for result in found]
    assert labels == [["happy"]] * len(MODELS)


def test_info_of_the_models_that_ship(binaries, tmp_path):
    cards = printed(binaries, tmp_path, *(["info", model, "--json"] for model in MODELS))
    assert [card["classifier"] for card in cards] == list(MODELS.values())
    assert all(set(card["figures"]) == {"val", "test"} for card in cards)


def test_load_in_python(binaries, tmp_path):
    code = "import featfer; print(type(featfer.load()).__name__)"
    assert checked(binaries / "python", "-W", "error", "-c", code, cwd=tmp_path) == "Recognizer\n"


def test_a_type_checker_sees_the_types(binaries, tmp_path):
    (tmp_path / "user.py").write_text("from featfer import classifiers, datasets\n"
                                      "reveal_type(datasets.find_dataset('faces').load('faces'))\n"
                                      "reveal_type(classifiers.RBFSVM().fit([[0], [1]], [0, 1]))\n"
                                      "reveal_type(classifiers.Objective().is_plain)\n")
    text = checked(sys.executable, "-m", "mypy", "--python-executable", binaries / "python", "user.py", cwd=tmp_path)
    assert re.findall('Revealed type is "(.*)"', text) == [
        "featfer.datasets.faceset.FaceSet", "featfer.classifiers.svm.RBFSVM", "bool"]


def test_evaluate_on_the_table_that_ships(binaries, tmp_path):
    result = json.loads(checked(binaries / "featfer", "evaluate", "svm", "--store", "fer2013", "--json", cwd=tmp_path))
    card = json.loads((ROOT / "models" / "svm.json").read_text())
    assert result["images"] == 3589
    assert result["accuracy"] == pytest.approx(card["figures"]["test"]["accuracy"], abs=0.005)


def test_the_default_model_knows_the_real_faces(real_csv):
    faceset = find_dataset(real_csv).load(real_csv, False)
    rows = np.flatnonzero(faceset.splits == "test")
    found = featfer.load().predict([faceset.images[row].read() for row in rows], no_face="whole")
    right = [faces[0].label == FER7.names[label] for faces, label in zip(found, faceset.labels[rows], strict=True)]
    assert len(right) == 100 and sum(right) > 60


@pytest.mark.parametrize(("model", "most"), [("photos", 50), ("fer2013", 40), ("small", 2)])
def test_what_ships_stays_small(model, most):
    assert (ROOT / "models" / f"{model}.joblib").stat().st_size < most * 1e6
