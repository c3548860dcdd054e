import json

import pandas as pd
import pytest
from helpers.commands import refused, succeeded
from helpers.recordings import make_recording


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """Two tables and study.csv in the current folder: two persons smile for 1 and 2 s in their second half."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate("ab", 1):
        person = {"events": [("happy", 6, 6 + number, 0.9)], "seen": [(0, 9)]}
        make_recording(f"films/{name}.mp4", persons={number: person}).to_csv(f"{name}.csv", index=False)
    (tmp_path / "study.csv").write_text("film,subject,condition,start,end\n"
                                        "a,ann,rest,,5\na,ann,talk,5,\nb,bob,rest,,5\nb,bob,talk,5,\n")
    return ("a.csv", "b.csv")


def test_the_main_numbers_are_printed_in_lines_that_fit(tables):
    lines = succeeded("summarize", *tables, "--smoothing", 0).splitlines()
    assert max(map(len, lines)) <= 110
    assert lines[3].split() == ["1", "a", "10.0", "10.0", "0.0", "0.0", "0.0", "10.0", "0.0", "0.0", "90.0", "0.0"]
    assert lines[-1] == "No intervals and no comparisons: no conditions were given, see --conditions."


def test_all_files_are_written_and_may_be_written_again(tables, tmp_path):
    words = ("summarize", *tables, "--conditions", "study.csv", "--out", "s.md", "--csv", "s.csv", "--events", "e.csv")
    for _ in range(2):
        said = succeeded(*words).splitlines()
        assert said[-3:] == ["Wrote s.csv", "Wrote e.csv", "Wrote s.md"]
    assert any(line.startswith("happy       talk minus rest") for line in said)
    assert pd.read_csv("s.csv").query("measure == 'event_rate' and name == 'happy'")["value"].tolist() == [0, 15, 0, 15]
    events = pd.read_csv("e.csv").query("expression == 'happy'")
    assert events["onset_s"].tolist() == pytest.approx([6, 6], abs=0.05)
    assert (tmp_path / "s" / "a-ann.png").is_file() and "# Summary of faces in 2 films" in (tmp_path / "s.md").read_text()


def test_json_has_the_same_numbers(tables):
    words = ("--conditions", "study.csv", "--json", "--draws", 100, "--smoothing", 0)
    result = json.loads(succeeded("summarize", *tables, *words))
    assert set(result) == {"settings", "notes", "rows", "events", "effects"} and result["settings"]["draws"] == 100
    difference, = [row for row in result["effects"] if (row["kind"], row["measure"], row["name"]) == (
        "difference", "mean_probability", "happy")]
    assert difference["value"] == pytest.approx(0.9 * 1.5 / 4) and difference["subjects"] == 2 and difference["p"] == 0.5
    assert any(row["value"] is None for row in result["rows"])


def test_a_baseline_is_subtracted(tables):
    rows = json.loads(succeeded("summarize", *tables, "--baseline", "0-2", "--json"))["rows"]
    assert next(row["value"] for row in rows if (row["measure"], row["name"]) == ("mean_probability", "neutral")) < 0


@pytest.mark.parametrize(("words", "message"), [
    (("nowhere.csv",), "nowhere.csv: cannot be read"), (("study.csv",), "study.csv: no column 'frame'"),
    (("a.csv", "a.csv"), "a.csv: film films/a.mp4 is in a.csv already"),
    (("a.csv", "--conditions", "study.csv"), "film b: not in the tables; they have films/a.mp4"),
    (("a.csv", "--baseline", "rest"), "baseline 'rest': give START-END"),
    (("a.csv", "--csv", "a.csv"), "a.csv: cannot be written"),
    (("a.csv", "--csv", "study.csv"), "what is there is not a table of `featfer summarize`"),
    (("a.csv", "--events", "study.csv"), "what is there is not events of `featfer summarize`"),
    (("a.csv", "--out", "page.txt"), "page.txt: a page's name ends in .md"), (("a.csv", "--threshold", "0"), "'--threshold'")])
def test_what_cannot_be_summarized_is_refused(tables, words, message):
    assert message in refused("summarize", *words)
