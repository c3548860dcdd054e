"""The page on super-resolution, made from cards."""

import pytest
from featfer_cli.benchmark_config import read_listing
from featfer_cli.benchmark_plan import plan

from benchmarks.common import read_cards, read_results
from benchmarks.superres import page as superres


@pytest.fixture
def cards():
    return read_cards(superres.HERE)


@pytest.fixture
def paired():
    return read_results(superres.PAIRS)


def test_the_page_is_what_the_cards_say(cards, paired):
    assert superres.page(cards, paired) == (superres.HERE / "README.md").read_text()


def test_a_row_has_the_figures_of_its_card_and_its_pair(cards, paired):
    cards["svm-srresnet"]["figures"]["test"]["accuracy"] = 0.12345
    paired["svm-srresnet"] = {"images": 3589, "only_one": 321, "only_other": 123, "p": 0.0456}
    rows = [line for line in superres.page(cards, paired).splitlines() if line.startswith("| SVM, embedding | SRResNet |")]
    cells = [cell.strip() for cell in rows[0].strip("|").split("|")]
    assert (cells[3], *cells[5:]) == ("**12.35**", "321", "123", "0.046")


def test_every_model_of_the_page_is_in_the_list(cards):
    assert set(cards) <= set(read_listing(superres.HERE / "models.toml").models)


def test_what_enlarges_is_passed_on_to_the_extraction(tmp_path, fer_csv):
    config = tmp_path / "list.toml"
    config.write_text('report = false\nmodels = [{ name = "one", clf = "svm", features = "--superres bicubic" },\n'
                      '          { name = "other", clf = "svm" }]\n')
    extractions = [" ".join(map(str, job.arguments)) for job in plan(config, fer_csv, tmp_path / "work").jobs[:2]]
    assert sorted(words.partition("--features ")[2] for words in extractions) == ["embedding", "embedding --superres bicubic"]
