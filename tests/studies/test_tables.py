import io

import numpy as np
import pandas as pd
import pytest
from helpers.recordings import make_recording

from featfer.errors import WriteError
from featfer.studies.summary import summarize
from featfer.studies.tables import (
    WIDTH,
    align,
    format_effects,
    format_number,
    format_overview,
    name_file,
    shorten_films,
    tabulate,
    to_records,
    write_csv,
)
from featfer.utils.outputs import EVENTS, MEASURES


@pytest.fixture(scope="module")
def summary():
    films = [make_recording(f"films/a very long name of a film, number {i}.mp4", persons={i: {"seen": [(0, 5)]}})
             for i in (1, 2)]
    study = pd.DataFrame([(film["film"].iloc[0], f"=subject {i}", condition, start, end) for i, film in enumerate(films, 1)
                          for condition, start, end in (("rest", 0, 4), ("talking", 4, 10))],
                         columns=["film", "subject", "condition", "start", "end"])
    return summarize(films, study)


def test_the_csv_reads_back_without_an_index_and_with_empty_cells(summary, tmp_path):
    write_csv(summary.rows, tmp_path / "s.csv", MEASURES)
    text = (tmp_path / "s.csv").read_text()
    assert text.startswith("subject,film,condition,person,start_s,end_s,measure,name,value,unit\n'=subject 1,")
    assert "event_duration,happy,,s\n" in text and "nan" not in text.lower()
    read = pd.read_csv(io.StringIO(text))
    assert read["value"].to_numpy() == pytest.approx(summary.rows["value"].to_numpy(), nan_ok=True)
    with pytest.raises(WriteError, match=r"not events of `featfer summarize`"):
        write_csv(summary.events, tmp_path / "s.csv", EVENTS)


def test_the_overview_fits_a_terminal_and_leaves_out_the_rarest(summary):
    text = format_overview(summary)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.startswith("Missing time and mean probabilities in %, blinks a minute.\n") and " neutral " in text
    last = text.splitlines()[-1].split()
    assert last[-1] == "0.0" and "83.3" in last  # blinks, and the share missing


def test_of_many_expressions_the_largest_are_shown():
    names = [f"expression{i}" for i in range(12)] + ["neutral"]
    table = make_recording(persons={1: {"level": {"expression7": 0.4}}}, expressions=names)
    text = format_overview(summarize(table))
    head = text.splitlines()[2]
    assert max(map(len, text.splitlines()[2:])) <= WIDTH and "expression7  " in head and "neutral" in head
    assert " Without room here: expression" in text and len(head.split()) < 13


def test_the_effects_fit_a_terminal(summary):
    lines = format_effects(summary.effects).splitlines()
    assert max(map(len, lines)) <= WIDTH and len(lines) == 3 + 7
    assert lines[-1].split() == ["neutral", "talking", "minus", "rest", "100.0", "100.0", "0.0", "(0.0", "to", "0.0)", "2",
                                 "1.000", "1.000"]
    assert "talking" in format_effects(summary.effects[summary.effects["kind"] == "mean"])


def test_columns_of_text_are_shortened_where_there_is_no_room_and_empty_ones_left_out():
    text = align(["name", "none", "value"], [["a long name", "", "1"], ["b", "", "22"]], texts=2, width=14)
    assert text == "name     value\na long…      1\nb           22"


def test_films_have_the_shortest_names_that_differ():
    assert shorten_films(["x/a.mp4", "x/b.mp4", "x/a.mp4"]) == {"x/a.mp4": "a", "x/b.mp4": "b"}
    assert list(shorten_films(["x/a.mp4", "x/a.mov"]).values()) == ["a.mp4", "a.mov"]
    assert list(shorten_films(["x/a.mp4", "y/a.mp4"]).values()) == ["x/a.mp4", "y/a.mp4"]


def test_a_measure_s_table_has_a_row_for_each_stretch_in_their_order(summary):
    table = tabulate(summary.rows, "event_duration")
    assert [key[2] for key in table.index] == ["rest", "talking"] * 2 and list(table.columns)[:2] == ["angry", "disgust"]
    assert table["happy"].isna().all()


def test_plain_data_has_none_for_what_is_unknown():
    frame = pd.DataFrame({"person": pd.array([1, None], "Int64"), "value": [np.nan, 2.5]})
    assert to_records(frame) == [{"person": 1, "value": None}, {"person": None, "value": 2.5}]


def test_numbers_and_names_of_files():
    assert [format_number(value) for value in (1.005, -0.001, None, np.nan)] == ["1.00", "0.00", "-", "-"]
    assert [name_file(text) for text in ("a/b:c é", "..", "x" * 99)] == ["a-b-c-é", "1", "x" * 80]
