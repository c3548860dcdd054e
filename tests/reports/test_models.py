import re
from dataclasses import replace
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from featfer.bundle.persist import load, read_card
from featfer.errors import ParameterError, WriteError
from featfer.evaluation.metrics import calibration_error
from featfer.evaluation.scoring import evaluate, remove_calibration
from featfer.labels import FER3, FER7
from featfer.reports.models import write_report
from featfer.reports.published import DLIB_FEATURES_2022, FER2013_IMAGES
from featfer.training.classifier import train
from featfer.utils.files import make_distinct
from featfer.utils.markdown import markdown_table, percent

COMMAND = "featfer report svm.joblib rf.joblib"


@pytest.fixture(scope="module")
def models(bundle, made_table):
    """The names, recognizers and cards of an SVM and a forest."""
    forest, card = train(made_table, "rf", {"trees": 10}, seed=4, command="featfer train --clf rf")
    return [("svm", load(bundle), read_card(bundle)), ("a forest", forest, card)]


@pytest.fixture(scope="module")
def leaky(made_table):
    """The made-up table; 20 of its test images also occur in train, and 14 have wrong labels."""
    groups, labels = made_table.groups.copy(), made_table.labels.copy()
    groups[280:300], labels[280:294] = groups[:20], 3
    return replace(made_table, groups=groups, labels=labels)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, models, leaky):
    """The folder of a report on both models."""
    folder = tmp_path_factory.mktemp("report")
    write_report(models, lambda recognizer: leaky, folder / "my report.md", COMMAND)
    return folder


@pytest.fixture(scope="module")
def text(folder):
    return (folder / "my report.md").read_text()


def links(text):
    return [unquote(link) for link in re.findall(r"!\[[^]]*\]\(([^) ]*)\)", text)]


def tables(text):
    """Return the tables of a Markdown text as lists of rows of cells."""
    blocks = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    return [[re.split(r"(?<!\\)\|", line.strip()[1:-1]) for line in block.splitlines()] for block in blocks]


def cells(text, first):
    """Return the cells of the first row whose first cell is `first`."""
    return next([cell.strip() for cell in row] for table in tables(text) for row in table if row[0].strip() == first)


def test_every_picture_is_linked_and_every_link_opens(folder, text):
    assert len(links(text)) == len(set(links(text))) == 5
    for link in links(text):
        with Image.open(folder / link) as image:
            image.verify()
            assert image.format == "PNG"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")} == set(links(text))


def test_links_hold_no_space(text):
    assert all("%20" in link for link in re.findall(r"\]\((.*?)\)", text))


def test_tables_are_well_formed(text):
    found = tables(text)
    assert [len(table) for table in found] == [2 + 2, 2 + 2, *[2 + 9, 2 + 7, 2 + 7] * 2]
    for table in found:
        assert {len(row) for row in table} == {len(table[0])}
        assert all(re.fullmatch(r" ---:? ", cell) for cell in table[1])


def test_summary_has_the_figures_of_evaluate(text, models, leaky):
    for name, recognizer, _ in models:
        val, test = (evaluate(recognizer, leaky, split) for split in ("val", "test"))
        assert cells(text, name)[2:7] == [
            percent(val["accuracy"]), percent(test["accuracy"]), percent(test["copies"]["accuracy_without"]),
            percent(test["macro"]["f1-score"]), f"{test['ece']:.3f}"]


@pytest.fixture(scope="module")
def official(made_table):
    """The made-up table with as many rows in each split as FER2013."""
    rows = [np.resize(np.flatnonzero(made_table.splits == split), images) for split, images in FER2013_IMAGES.items()]
    return replace(made_table.rows(np.concatenate(rows)), ids=np.arange(sum(FER2013_IMAGES.values())).astype(str))


@pytest.fixture(scope="module")
def official_text(tmp_path_factory, models, official):
    path = tmp_path_factory.mktemp("official") / "r.md"
    own = (models[1][0], models[1][1], {**models[1][2], "classifier": "own"})
    write_report([*models, own], lambda recognizer: official, path, COMMAND)
    return path.read_text()


def test_published_figures_are_beside_ours_on_fer2013(official_text):
    for name, clf in (("svm", "svm"), ("a forest", "rf")):
        assert cells(official_text, name)[7:] == [str(DLIB_FEATURES_2022[clf][column]) for column in ("raw", "super-resolved")]
    assert "Published: the 2022 study" in official_text
    assert ("models are trained on train (28,709 images), chosen on val (3,589 images) and scored on test (3,589 images). "
            "These are FER2013's official splits: Training, PublicTest and PrivateTest.") in official_text


def test_published_figures_of_seven_classes_are_not_beside_three(tmp_path, models, official):
    name, recognizer, card = models[0]
    three = (name, recognizer.relabel(FER3), {**card, "labels": {"set": FER3.name, "names": FER3.names}})
    write_report([three], lambda recognizer: official, tmp_path / "r.md", COMMAND)
    text = (tmp_path / "r.md").read_text()
    assert len(cells(text, "svm")) == 7 and "ublished" not in text and "official" in text


def test_classifier_without_published_figures_has_a_dash(official_text):
    assert cells(official_text, "a forest-2")[7:] == ["-", "-"]


def test_another_data_set_has_its_own_protocol_and_no_published_figures(text):
    assert "trained on train (210 images), chosen on val (70 images) and scored on test (70 images)." in text
    assert not any(word in text for word in ("ublished", "official", "FER2013", "PublicTest", "PrivateTest", "at random"))
    assert len(cells(text, "svm")) == 7


def test_random_splits_are_named(tmp_path, models, leaky):
    drawn = replace(leaky, split_plan="60/20/20 by image, seed 0")
    write_report(models[:1], lambda recognizer: drawn, tmp_path / "r.md", COMMAND)
    assert "The splits were drawn at random: 60/20/20 by image, seed 0." in (tmp_path / "r.md").read_text()


def test_classes_have_the_figures_of_evaluate(text, models, leaky):
    section = text.partition("## a forest")[2]
    test = evaluate(models[1][1], leaky, "test")
    assert test["classes"]["happy"]["precision"] > test["classes"]["happy"]["recall"]
    for name in FER7.names:
        row = test["classes"][name]
        shares = [percent(row[metric]) for metric in ("precision", "recall", "f1-score")]
        assert cells(section, name) == [name, *shares, f"{row['support']:.0f}"]
    assert cells(section, "macro")[1] == percent(test["macro"]["precision"])


def test_confusion_is_in_percent_of_each_true_class(text):
    table = next(table for table in tables(text) if table[0][0].strip() == "true")
    assert [cell.strip() for cell in table[0][1:]] == [row[0].strip() for row in table[2:]] == list(FER7.names)
    for row in table[2:]:
        assert sum(map(float, row[1:])) == pytest.approx(100, abs=0.4)


def test_duplicates_are_separate(text, models, leaky):
    copies = evaluate(models[0][1], leaky, "test")["copies"]
    assert (f"on the 20 copies of training images {percent(copies['accuracy'])} %, on the other 50 "
            f"{percent(copies['accuracy_without'])} %") in text


def test_report_says_how_each_model_was_made(text, models):
    assert f"```\n{COMMAND}\n```" in text
    assert text.startswith("# Expression recognition on made\n")
    for _, _, card in models:
        assert f"```\n{card['command']}\n```" in text
    assert "parameters {'trees': 10}, seed 4" in text
    assert f"scikit-learn {models[0][2]['versions']['scikit-learn']}" in text.partition("## Scored with")[2]


def test_equal_names_are_numbered(tmp_path, models, made_table):
    write_report([models[0], models[0]], lambda recognizer: made_table, tmp_path / "r.md", COMMAND)
    text = (tmp_path / "r.md").read_text()
    assert links(text) == ["r/accuracy.png", *(f"r/{name}-{what}.png" for name in ("svm", "svm-2")
                                               for what in ("confusion", "reliability"))]
    assert cells(text, "svm")[1:] == cells(text, "svm-2")[1:]


def test_numbered_names_stay_distinct():
    assert make_distinct(["a", "a", "a-2", "b", "a"]) == ["a", "a-2", "a-2-2", "b", "a-3"]


@pytest.mark.parametrize(("align", "words"), [("68", "embedding, 68-point chips"), ("none", "embedding, unaligned")])
def test_alignment_is_named(tmp_path, models, made_table, align, words):
    name, recognizer, card = models[0]
    feature = {**card["features"][0], "params": {**card["features"][0]["params"], "align": align}}
    card = {**card, "features": [feature]}
    write_report([(name, recognizer, card)], lambda recognizer: made_table, tmp_path / "r.md", COMMAND)
    assert cells((tmp_path / "r.md").read_text(), "svm")[1] == words


def test_report_s_name_ends_in_md(tmp_path, models, made_table):
    with pytest.raises(ParameterError, match=r"report: a report's name ends in \.md"):
        write_report(models, lambda recognizer: made_table, tmp_path / "report", COMMAND)


def test_place_that_cannot_be_written_to_is_an_error(tmp_path, models, made_table):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match=r"r\.md: cannot be written \(Not a directory"):
        write_report(models, lambda recognizer: made_table, tmp_path / "file" / "r.md", COMMAND)


def test_a_bar_in_a_cell_does_not_split_it():
    assert markdown_table(["a", "b"], [["x|y", 1]]).splitlines() == ["| a | b |", "| --- | ---: |", "| x\\|y | 1 |"]


@pytest.mark.parametrize(("value", "text"), [(0.59514, "59.51"), (1, "100.00"), (0, "0.00"), (None, "-")])
def test_percent(value, text):
    assert percent(value) == text


def test_a_model_that_averages_over_views_says_so(tmp_path, models, leaky):
    name, recognizer, card = models[0]
    averaging = {**card, "views": {"trained": ["plain"], "averaged": ["plain", "flip"]}}
    blended = {**card, "members": [averaging, card]}
    for shown, said in ((averaging, True), (blended, True), (card, False)):
        write_report([(name, recognizer, shown)], lambda recognizer: leaky, tmp_path / "report.md", COMMAND)
        text = (tmp_path / "report.md").read_text()
        assert ("averaged over the views plain, flip (test-time augmentation)" in text) == said


def test_beyond_accuracy_has_top_guesses_and_class_averages(text, models, leaky):
    section = text.partition("## Beyond accuracy")[2]
    for name, recognizer, _ in models:
        test, rows = evaluate(recognizer, leaky, "test"), leaky.split("test")
        probabilities = remove_calibration(recognizer).probabilities(rows.features)
        assert cells(section, name) == [
            name, *map(percent, test["top"]), percent(test["macro"]["recall"]), percent(test["macro"]["f1-score"]),
            f"{calibration_error(rows.labels, probabilities):.3f}", f"{test['ece']:.3f}"]


def test_what_was_not_calibrated_has_a_dash(tmp_path, models, leaky):
    name, recognizer, card = models[0]
    write_report([(name, remove_calibration(recognizer), card)], lambda recognizer: leaky, tmp_path / "report.md", COMMAND)
    assert cells((tmp_path / "report.md").read_text().partition("## Beyond accuracy")[2], name)[6] == "-"


def test_a_model_says_what_it_learnt(tmp_path, models, leaky):
    name, recognizer, card = models[0]
    objective = {"balance": "weights", "soft": False, "coarse_to_fine": True}
    for shown, said in (({**card, "objective": objective}, True), (card, False)):
        write_report([(name, recognizer, shown)], lambda recognizer: leaky, tmp_path / "report.md", COMMAND)
        assert ("; classes balanced by weights; coarse to fine; parameters" in (tmp_path / "report.md").read_text()) == said
