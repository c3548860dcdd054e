from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from helpers.recordings import make_recording
from PIL import Image

from featfer.reports.plots import COLOURS
from featfer.studies.summary import summarize
from featfer.studies.timelines import GREY, POINTS, average_for_drawing, choose_colours, draw_timeline

STUDY = pd.DataFrame({"film": "a", "subject": "ann", "condition": ["rest", "talk"], "start": [0, 5], "end": [5, 10]})


@pytest.fixture(scope="module")
def table():
    return make_recording(persons={1: {"events": [("happy", 2, 4, 0.9), ("sad", 6, 7, 0.8)], "seen": [(0, 8), (9, 10)]}})


@pytest.mark.parametrize("baseline", [None, "0-2"])
def test_probabilities_events_conditions_and_what_is_missing_are_drawn(table, tmp_path, baseline):
    summary = summarize(table, STUDY, baseline=baseline)
    figure = draw_timeline(summary.recordings, summary.events, tmp_path / "a.png", "ann in $a$")
    areas, marks = figure.axes
    assert areas.get_xlim() == marks.get_xlim() == (0, pytest.approx(10))
    assert areas.get_ylabel() == ("probability" if baseline is None else "minus the baseline")
    assert [text.get_text() for text in areas.texts] == ["rest", "talk"]
    lanes = [text.get_text() for text in marks.get_yticklabels()]
    assert lanes == (["happy", "sad", "neutral"] if baseline is None else ["happy", "sad"])
    bars = [bar for bar in marks.patches if round(bar.get_height(), 6) == 0.7]
    assert len(bars) == len(summary.events) and bars[0].get_width() == pytest.approx(2, abs=0.1)
    missing = [patch for patch in areas.patches if patch.get_hatch()]
    assert [(patch.get_x(), patch.get_width()) for patch in missing] == [(pytest.approx(8), pytest.approx(1))]
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width == 990


def test_a_film_without_events_is_drawn(tmp_path):
    summary = summarize(make_recording(persons={1: {"level": {"happy": 0.2, "sad": 0.2, "fear": 0.2}}}), threshold=0.9)
    assert not len(summary.events)
    draw_timeline(summary.recordings, summary.events, tmp_path / "a.png", "1 in a")


def test_apexes_that_would_hide_the_events_are_left_out(tmp_path):
    for seconds, is_marked in ((100, True), (400, False)):
        events = [("happy", start, start + 1, 0.9) for start in range(1, seconds, 3)]
        summary = summarize(make_recording(times=np.arange(seconds * 10) / 10, persons={1: {"events": events}}), smoothing=0)
        figure = draw_timeline(summary.recordings, summary.events, tmp_path / "a.png", "1 in a")
        assert bool(figure.axes[1].lines) == is_marked
        assert ("apex of an event" in [text.get_text() for text in figure.legends[0].get_texts()]) == is_marked


def test_expressions_have_the_colours_of_the_page_of_a_film():
    script = (files("featfer.analysis") / "page" / "script.js").read_text()
    colours = choose_colours(["angry", "disgust", "fear", "happy", "sad", "surprise", "contempt"])
    for name, colour in colours.items():
        assert f'{name}: "{colour.lower()}"' in script


def test_other_labels_have_colours_of_their_own_and_grey_at_last():
    names = ["happy", *(f"mood {number}" for number in range(10)), "neutral"]
    colours = choose_colours(names)
    assert list(colours) == names
    assert (colours["happy"], colours["neutral"], colours["mood 9"]) == ("#E6A700", GREY, GREY)
    assert len({colours[f"mood {number}"] for number in range(len(COLOURS))}) == len(COLOURS)


def test_long_recordings_are_averaged_for_the_picture():
    times = np.arange(9 * POINTS) / 30
    values = np.stack([times, np.where(times < 100, np.nan, 1)], axis=1)
    at, means = average_for_drawing(times, values, 0, 9 * POINTS / 30)
    assert len(at) == POINTS and at == pytest.approx(means[:, 0])
    assert np.isnan(means[at < 99, 1]).all() and (means[at > 101, 1] == 1).all()
    assert average_for_drawing(times[:10], values[:10], 0, 1)[0] is not None and len(average_for_drawing(
        times[:10], values[:10], 0, 1)[0]) == 10
