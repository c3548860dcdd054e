import re

import numpy as np
import pytest
from helpers.photographs import make_answers, make_photographs
from PIL import Image

from featfer.errors import ParameterError, WriteError
from featfer.evaluation.outside import score_outside
from featfer.reports.outside import (
    check_page,
    describe_scoring,
    format_figure,
    format_figures,
    format_p,
    format_pairs,
    format_recalls,
    write_page,
)
from featfer.reports.outside_plots import draw_confusions, draw_recalls, draw_reliabilities, draw_risk_coverage

TRUTH = [0, 0, 1, 1, 1, 1, 2, 2]
PICTURES = ("confusion.png", "recall.png", "reliability.png", "risk-coverage.png")


@pytest.fixture(scope="module")
def result():
    photographs = make_photographs(TRUTH, subjects=np.array(list("aabbccdd")), left_out={"bored": 1200, "": 1},
                                   unreadable=("x.png: no picture",))
    answers = {"one": make_answers([0, 1, 1, 1, 1, None, 0, 2]), "t<o>": make_answers([0, 0, 1, 1, 1, 1, 1, 2], 0.6)}
    return score_outside(photographs, answers, ["angry", "happy"], {"angry": 0.2, "happy": 0.6, "sad": 0.2}, 100)


def rows_of(table):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_figures_have_their_intervals():
    assert format_figure({"value": 0.6123, "low": 0.58, "high": 0.643}) == "61.2 (58.0 to 64.3)"
    assert format_figure({"value": 0.0984, "low": 0.08, "high": 0.1}, is_plain=True) == "0.098 (0.080 to 0.100)"
    assert format_figure({"value": -0.0001, "low": None, "high": None}) == "0.0"
    assert format_figure({"value": None, "low": None, "high": None}) == "-"
    assert [format_p(p) for p in (0.0421, 0.001, 0.00034, 0.0)] == ["0.042", "0.001", "3e-04", "0e+00"]


def test_tables_have_a_row_for_each_model(result):
    head, _, one, two = rows_of(format_figures(result))
    assert head[:3] == ["model", "mean recall, %", "accuracy at the shares, %"] and "ECE" in head
    assert one[0] == "one" and one[1].startswith("62.5 (") and one[2].startswith("68.8 (")
    assert two[0] == "t&lt;o&gt;" and two[1].startswith("100.0 (")
    head, _, one, _ = rows_of(format_recalls(result))
    assert head == ["recall, %", "angry", "happy"] and one[2].startswith("75.0 (")
    head, _, pair = rows_of(format_pairs(result))
    assert head[0] == "one minus" and pair[1].startswith("-37.5 (") and pair[-3:] == ["0", "2", "0.500"]


def test_without_shares_and_others_there_are_no_such_figures():
    result = score_outside(make_photographs(TRUTH), {"one": make_answers(TRUTH)}, draws=0)
    assert "at the shares" not in format_figures(result) and format_pairs(result) == ""
    assert describe_scoring(result) == ["8 photos; scored classes: angry, happy, sad."]


def test_what_was_scored_is_said(result):
    assert describe_scoring(result) == [
        "8 photos of 4 subjects; scored classes: angry, happy.",
        "Left out, as their label has no place among the model's: 1,200 bored, 1 without a label.",
        "Left out, as they cannot be read: 1; the first: x.png: no picture.",
        "Shares of the scored classes, in %: angry 25.0, happy 75.0.",
        "In brackets: 95 % intervals, from 100 bootstrap samples of subjects (seed 0)."]


def test_a_page_has_its_tables_and_its_plots(result, tmp_path):
    write_page([result], tmp_path / "page.md", "featfer cross photos.csv")
    text = (tmp_path / "page.md").read_text()
    for table in (format_figures(result), format_recalls(result), format_pairs(result), format_figures(result, "answered"),
                  format_figures(result, "all_classes")):
        assert table in text
    assert "```\nfeatfer cross photos.csv\n```" in text and "<o>" not in text
    links = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert sorted(links) == [f"page/{name}" for name in PICTURES]
    for link in links:
        with Image.open(tmp_path / link) as picture:
            assert picture.width > 300
    write_page([result], tmp_path / "page.md", "featfer cross photos.csv")  # is replaced


def test_each_data_set_has_plots_of_its_own(result, tmp_path):
    write_page([result, result], tmp_path / "page.md", "featfer cross a b")
    assert sorted(path.name for path in (tmp_path / "page").iterdir()) == [f"{i}-{name}" for i in "12" for name in PICTURES]


def test_a_page_that_cannot_be_written_is_refused_before(tmp_path):
    with pytest.raises(ParameterError, match=r"a page's name ends in \.md"):
        check_page(tmp_path / "page.txt", 1)
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "2-recall.png").write_bytes(b"another picture")
    check_page(tmp_path / "page.md", 1)
    with pytest.raises(WriteError, match=r"2-recall\.png"):
        check_page(tmp_path / "page.md", 2)
    (tmp_path / "mine.md").write_text("# Mine\n")
    with pytest.raises(WriteError, match=r"mine\.md"):
        check_page(tmp_path / "mine.md", 1)


def test_bars_are_the_recalls(result, tmp_path):
    axes, = draw_recalls(result, tmp_path / "a.png").axes
    assert [round(bar.get_height()) for bar in axes.patches] == [50, 75, 100, 100]


def test_curves_end_at_the_error_of_all_photos(result, tmp_path):
    axes, = draw_risk_coverage(result, tmp_path / "a.png").axes
    curves = [line.get_ydata() for line in axes.lines]
    assert [round(float(curve[-1]), 2) for curve in curves] == [31.25, 0.0]
    assert axes.get_legend().get_texts()[0].get_text().startswith("one, area 0.")


def test_a_diagram_for_each_model(result, tmp_path):
    panels = draw_reliabilities(result, tmp_path / "a.png").axes
    assert [panel.get_title().partition(":")[0] for panel in panels] == ["one", "t<o>"]
    assert panels[1].lines[1].get_xdata() == pytest.approx([0.6])


def test_confusions_have_a_column_of_photos_without_a_face(result, tmp_path):
    panel = draw_confusions(result, tmp_path / "a.png").axes[0]
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["angry", "happy", "sad", "no face"]
    assert [text.get_text() for text in panel.texts][4:8] == ["0", "75", "0", "25"]
    assert [tick.get_text() for tick in panel.get_yticklabels()] == ["angry (2)", "happy (4)", "sad (2)"]
