"""The documentation as a site: it builds without a warning, is whole, and loads nothing from outside."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from featfer_cli.main import main
from helpers.pages import ROOT
from playwright.sync_api import sync_playwright
from sphinx.util.inventory import InventoryFile

import featfer
from featfer.classifiers import CLASSIFIERS
from featfer.features import FEATURES

pytestmark = pytest.mark.slow
CHROMIUM = Path("/usr/bin/chromium")

LOADED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^>]*>")
IMPORTED = re.compile(r"(?:url\(|@import )[\"']?(?:https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Folder of the site, built as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run([sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-c", "docs", ".", folder], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def described(site):
    """The names of all objects in the reference."""
    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    return {name for kind, objects in inventory.data.items() if kind.startswith("py:") for name in objects}


def test_every_public_name_is_in_the_reference(described):
    assert [name for name in featfer.__all__ if f"featfer.{name}" not in described] == []


@pytest.mark.parametrize("registry", [FEATURES, CLASSIFIERS], ids=["features", "classifiers"])
def test_every_feature_and_classifier_is_in_the_reference(registry, described):
    assert [name for name, made in registry.items()
            if described.isdisjoint((f"featfer.{made.__qualname__}", f"{made.__module__}.{made.__qualname__}"))] == []


def test_every_command_is_in_the_reference(site):
    text = (site / "docs" / "reference" / "commands.html").read_text()
    names = [f"{name} {part}" if part else name for name, command in main.commands.items()
             for part in ("", *getattr(command, "commands", ()))]
    assert [name for name in names if f'id="featfer-{name.replace(" ", "-")}"' not in text] == []


def test_nothing_is_loaded_from_outside(site):
    pages, styles = list(site.rglob("*.html")), list(site.rglob("*.css"))
    assert len(pages) > 50 and len(styles) > 2
    assert [(page.name, found) for page in pages for found in LOADED.findall(page.read_text())] == []
    assert [style.name for style in styles if IMPORTED.search(style.read_text())] == []


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium")
def test_the_site_is_found_and_searched_from_the_disk(site):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        asked, errors = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((site / "index.html").as_uri())
        page.wait_for_url("**/docs/index.html")
        page.goto(f"{(site / 'search.html').as_uri()}?q=synchrony")
        page.wait_for_selector("ul.search li a")
        found = page.locator("ul.search li a").all_text_contents()
        browser.close()
    assert any("From two films" in title or "synchrony" in title for title in found)
    assert errors == [] and [url for url in asked if not url.startswith(("file:", "data:"))] == []
