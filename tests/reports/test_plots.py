import numpy as np
import pytest
from PIL import Image

from featfer.evaluation.metrics import compute_figures
from featfer.labels import FER7
from featfer.reports.plots import draw_accuracies, draw_class_histogram, draw_confusion, draw_learning_curves, draw_reliability

DPI = 110
BLUE, ORANGE = (0, 114, 178), (230, 159, 0)
ROWS = [("svm", {"test": 59.5, "val": 58.0, "published": 42.76}), ("knn", {"test": 30.0, "val": 31.0, "published": None})]


@pytest.fixture
def result():
    """Figures of 70 predictions; those for the last two classes are all wrong."""
    truth = np.arange(70) % 7
    predicted = np.where(truth >= 5, 0, truth)
    return compute_figures(truth, np.eye(7)[predicted], FER7.names)


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def measure_colour(image, colour):
    """Return the fraction of a picture's pixels that have a colour."""
    return (np.abs(image - colour).max(axis=2) <= 2).mean()


def test_confusion_opens_at_its_size(tmp_path, result):
    draw_confusion(result, tmp_path / "c.png", "svm")
    with Image.open(tmp_path / "c.png") as image:
        image.verify()
        assert (image.format, image.size) == ("PNG", (round(6.4 * DPI), round(5.6 * DPI)))


def test_confusion_is_dark_where_all_of_a_class_is_predicted(tmp_path, result):
    draw_confusion(result, tmp_path / "c.png", "svm")
    image = pixels(tmp_path / "c.png")
    darkest, lightest = (8, 48, 107), (247, 251, 255)  # ends of matplotlib's Blues
    cell = measure_colour(image, lightest) / (7 * 7 - 7)
    assert measure_colour(image, darkest) / cell == pytest.approx(7, abs=1)


def test_confusion_of_a_class_without_images(tmp_path):
    result = compute_figures(np.zeros(5, int), np.eye(7)[np.zeros(5, int)], FER7.names)
    draw_confusion(result, tmp_path / "c.png", "svm")
    assert pixels(tmp_path / "c.png").shape == (616, 704, 3)


def test_accuracies_grow_with_their_rows(tmp_path):
    heights = []
    for count in (1, 2, 6):
        draw_accuracies(ROWS[:1] * count, tmp_path / "a.png")
        height, width, _ = pixels(tmp_path / "a.png").shape
        assert width == 8 * DPI
        heights.append(height)
    bars = [round((higher - heights[0]) / more) for higher, more in zip(heights[1:], (1, 5), strict=True)]
    assert bars[0] == pytest.approx(bars[1], abs=1)
    assert heights[0] > 1.5 * bars[0] > DPI


def test_bars_are_as_long_as_their_accuracies(tmp_path):
    draw_accuracies([("svm", {"test": 80.0, "val": 40.0})], tmp_path / "a.png")
    image = pixels(tmp_path / "a.png")[:, :500]  # without the legend
    longest = [(np.abs(image - colour).max(axis=2) <= 2).sum(axis=1).max() for colour in ((0, 114, 178), (230, 159, 0))]
    draw_accuracies([("svm", {"test": 20.0, "val": 40.0})], tmp_path / "b.png")
    shorter = (np.abs(pixels(tmp_path / "b.png")[:, :500] - (0, 114, 178)).max(axis=2) <= 2).sum(axis=1).max()
    assert shorter * 2 == pytest.approx(longest[1], abs=3)
    assert longest[0] > longest[1]


def test_group_without_a_figure_has_no_bar(tmp_path):
    draw_accuracies(ROWS, tmp_path / "all.png")
    draw_accuracies([(name, {**values, "published": None}) for name, values in ROWS], tmp_path / "none.png")
    green = (0, 158, 115)
    assert measure_colour(pixels(tmp_path / "all.png"), green) > 0.05
    assert measure_colour(pixels(tmp_path / "none.png"), green) < 0.005


def test_pictures_are_the_same_every_time(tmp_path, result):
    for name in "ab":
        draw_confusion(result, tmp_path / f"c{name}.png", "svm")
        draw_accuracies(ROWS, tmp_path / f"a{name}.png")
    assert (tmp_path / "ca.png").read_bytes() == (tmp_path / "cb.png").read_bytes()
    assert (tmp_path / "aa.png").read_bytes() == (tmp_path / "ab.png").read_bytes()


def test_folder_is_made_and_nothing_else_left(tmp_path, result):
    draw_confusion(result, tmp_path / "new" / "c.png", "svm")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["c.png"]


def epochs(count, **measured):
    """Return the history of a network whose loss falls and whose accuracy grows; `measured` is added to every epoch."""
    return [{"epoch": i, "loss": 2 / i, "train": 1 - 1 / i, **measured} for i in range(1, count + 1)]


def lines(axes):
    """Return the lines in an Axes as {label: values}."""
    return {line.get_label(): line.get_ydata().tolist() for line in axes.lines}


def test_learning_curves_are_those_of_the_history(tmp_path):
    history = epochs(4, val=0.5, val_without_copies=0.25, val_loss=1.5)
    fig = draw_learning_curves({"": history}, tmp_path / "l.png", "own network")
    losses, shares = fig.axes
    assert lines(losses) == {"training": [2, 1, 2 / 3, 0.5], "val": [1.5] * 4}
    assert lines(shares) == {"training": pytest.approx([0, 50, 200 / 3, 75]), "val without copies": [25] * 4}
    assert (fig.get_suptitle(), losses.get_ylabel(), shares.get_ylabel()) == ("own network", "loss", "accuracy, %")
    assert pixels(tmp_path / "l.png").shape == (396, 9 * DPI, 3)
    assert measure_colour(pixels(tmp_path / "l.png"), BLUE) > 0.002


def test_learning_curves_of_two_have_a_colour_each(tmp_path):
    measured = {"val": 0.5, "val_without_copies": 0.25, "val_loss": 1.5}
    fig = draw_learning_curves({"plain": epochs(3, **measured), "augmented": epochs(5, **measured)}, tmp_path / "l.png", "both")
    assert list(lines(fig.axes[0])) == ["plain, training", "plain, val", "augmented, training", "augmented, val"]
    assert [len(values) for values in lines(fig.axes[1]).values()] == [3, 3, 5, 5]
    assert min(measure_colour(pixels(tmp_path / "l.png"), colour) for colour in (BLUE, ORANGE)) > 0.0003


@pytest.mark.parametrize(("measured", "shown"), [
    ({}, ["training"]), ({"val": 0.5, "val_without_copies": None, "val_loss": 1.5}, ["training", "val"])])
def test_learning_curves_show_what_was_measured(tmp_path, measured, shown):
    fig = draw_learning_curves({"": epochs(1, **measured)}, tmp_path / "l.png", "one epoch")
    assert [list(lines(axes)) for axes in fig.axes] == [shown, shown]
    assert measure_colour(pixels(tmp_path / "l.png"), BLUE) > 0.0001


def test_class_histogram_has_a_bar_for_each_class_of_each_split(tmp_path):
    counts = {"train": {"happy": 7215, "sad": 4830, "neutral": 10}, "val": {"happy": 895, "sad": 653, "neutral": 0}}
    fig = draw_class_histogram(counts, tmp_path / "h.png", "Images")
    (axes,) = fig.axes
    assert [patch.get_height() for patch in axes.patches] == [7215, 4830, 10, 895, 653, 0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["happy", "sad", "neutral"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["train (12,055)", "val (1,548)"]
    assert "7,215" in [text.get_text() for text in axes.texts]
    image = pixels(tmp_path / "h.png")
    assert image.shape == (418, 8 * DPI, 3)
    assert measure_colour(image, BLUE) / measure_colour(image, ORANGE) == pytest.approx(12055 / 1548, rel=0.1)


def test_reliability_draws_every_curve_and_the_counts_of_the_first(tmp_path):
    curves = {"calibrated": [(30, 0.4, 0.5), (70, 0.9, 0.88)], "before": [(100, 0.95, 0.8)]}
    fig = draw_reliability(curves, tmp_path / "r.png", "svm")
    shares, counts = fig.axes
    assert [line.get_xydata().tolist() for line in shares.lines] == [[[0, 0], [1, 1]], [[0.4, 0.5], [0.9, 0.88]], [[0.95, 0.8]]]
    assert [text.get_text() for text in shares.get_legend().get_texts()] == ["calibrated", "before"]
    assert [bar.get_height() for bar in counts.patches] == [30, 70]
    assert measure_colour(pixels(tmp_path / "r.png"), BLUE) > 0.005


def test_names_are_drawn_literally(tmp_path, result, recwarn):
    names = ("$\\frac", "a_$x^", "日本", "<b>", "\\x", "$$", "c|d")
    odd = result | {"classes": dict(zip(names, result["classes"].values(), strict=True))}
    draw_confusion(odd, tmp_path / "c.png", "$x^")
    assert not recwarn.list
    assert measure_colour(pixels(tmp_path / "c.png"), (8, 48, 107)) > 0.02


def test_a_class_without_images_has_no_percentages(tmp_path):
    few = compute_figures(np.array([0, 1]), np.eye(3)[[0, 1]], ("no", "yes", "maybe"))
    none = few | {"confusion": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}
    for name, result in (("few", few), ("none", none)):
        draw_confusion(result, tmp_path / f"{name}.png", "two")
    dark = [measure_colour(pixels(tmp_path / f"{name}.png"), (8, 48, 107)) for name in ("few", "none")]
    assert dark[0] < 0.8 * dark[1]
