"""The recipe of the container: what it copies exists, what it installs is declared. Building it needs Docker."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
INSTRUCTIONS = [line.partition(" ")[::2] for line in (ROOT / "Dockerfile").read_text().splitlines() if re.match("[A-Z]", line)]


def arguments(instruction):
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def installs():
    return [shlex.split(rest) for rest in arguments("RUN") if rest.startswith("pip install")]


def test_what_is_copied_exists_and_is_not_left_out():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {name for rest in arguments("COPY") if "--from" not in rest for name in rest.split()[:-1]}
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)
    assert (ROOT / ".dockerignore").read_text().startswith("*\n")


def test_all_that_the_build_reads_is_copied():
    copied = " ".join(arguments("COPY")).split()
    assert {"pyproject.toml", PROJECT["readme"], *PROJECT["license-files"], "constraints.txt"} <= set(copied)
    folders = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"].values()
    assert set(folders) <= set(copied)


def test_its_extras_exist():
    (place,) = [word for command in installs() for word in command if word.startswith(".[")]
    extras = place[2:-1].split(",")
    assert set(extras) <= set(PROJECT["optional-dependencies"])
    assert {"dlib-bin", "video", "serve"} <= set(extras)


def test_torch_for_the_cpu_comes_before_featfer():
    torch, featfer = installs()
    assert "torch" in torch and "https://download.pytorch.org/whl/cpu" in torch
    assert all(command[command.index("-c") + 1] == "constraints.txt" for command in (torch, featfer))


def test_its_python_is_one_that_featfer_runs_on():
    versions = {tuple(map(int, re.match(r"python:(\d+)\.(\d+)-slim", rest).groups())) for rest in arguments("FROM")}
    least = tuple(map(int, PROJECT["requires-python"].removeprefix(">=").split(".")))
    assert len(versions) == 1 and min(versions) >= least


def test_it_runs_featfer_and_not_as_root():
    names = [name for name, _ in INSTRUCTIONS]
    assert arguments("ENTRYPOINT") == ['["featfer"]']
    (user,) = arguments("USER")
    assert user != "root" and any(f"useradd --create-home {user}" in rest for rest in arguments("RUN"))
    assert names.index("USER") < names.index("ENTRYPOINT")


def test_the_citation_has_the_version_and_licence_of_the_package():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= citation.keys()
    assert (str(citation["version"]), citation["license"]) == (PROJECT["version"], PROJECT["license"])
    assert citation["authors"] == [{"name": "The featfer authors"}]
