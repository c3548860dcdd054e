"""Pages of docs that state facts of the project: they agree with it."""

import re
import tomllib
from pathlib import Path

import pytest
from helpers.commands import succeeded

from featfer.bundle.shipped import list_shipped
from featfer.doctor import EXTRAS
from featfer.faces.dlib_models import MODEL_FILES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def rows(page, first="| "):
    return [line for line in (DOCS / page).read_text("utf-8").splitlines() if line.startswith(first)]


def names(page):
    return re.findall(r"`([^`]+)`", " ".join(line.split("|")[1] for line in rows(page)))


def test_installation_lists_every_extra():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    listed = [line.split("`")[1] for line in rows("install.md", "| `") if len(line.split("|")) == 5]
    assert sorted(listed) == sorted(declared)
    assert set(EXTRAS) <= set(listed)


def test_installation_names_the_pythons_of_the_package():
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert f"Python {needed.removeprefix('>=')} to 3.14" in (DOCS / "install.md").read_text("utf-8")


def test_licences_name_every_model_file_and_every_model():
    listed = names("licences.md")
    assert set(MODEL_FILES) <= set(listed)
    assert {model["name"] for model in list_shipped()} | {"fer2013.npz"} <= set(listed)


def test_models_say_what_they_are_not_for():
    section = (DOCS / "models.md").read_text("utf-8").partition("## What they are not for")[2].partition("\n## ")[0]
    text = " ".join(section.split())
    for words in ("An expression is not a feeling", "Barrett et al. 2019", "20(1)", "Regulation (EU) 2024/1689",
                  "Article 5(1)(f)", "2 February 2025", "Annex III", "Article 50(3)", "no legal advice"):
        assert words in text
    assert "See docs/models.md, What they are not for." in succeeded("info", "photos")


@pytest.mark.parametrize("page", ["install.md", "licences.md", "models.md", "parameters.md"])
def test_links_between_pages_lead_somewhere(page):
    for link, place in re.findall(r"\]\((?!http)([^)#]*)(#[^)]*)?\)", (DOCS / page).read_text("utf-8")):
        target = DOCS / (link or page)
        assert target.exists(), link
        if place:
            heads = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
            assert place[1:] in {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}, place
