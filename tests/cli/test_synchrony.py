import json

import pandas as pd
import pytest
from helpers.commands import refused, succeeded
from helpers.dyads import make_pair


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """a.csv and b.csv in the current folder: B repeats A 0.8 s later, in 200 s."""
    monkeypatch.chdir(tmp_path)
    for name, table in zip("ab", make_pair(200, 1, 0.8), strict=True):
        table.to_csv(f"{name}.csv", index=False)
    return ("a.csv", "b.csv")


def test_who_follows_whom_is_printed_and_written(tables, tmp_path):
    words = ("synchrony", *tables, "--surrogates", 99, "--out", "talk.md", "--csv", "lags.csv")
    for _ in range(2):
        said = succeeded(*words).splitlines()
        assert said[:2] == ["A is person 1 in a.mp4.", "B is person 1 in b.mp4."]
        assert "B follows A by 0.8 s" in said[-3] and said[-2:] == ["Wrote lags.csv", "Wrote talk.md"]
    lags = pd.read_csv("lags.csv")
    assert lags.loc[lags["r"].idxmax(), "lag_s"] == pytest.approx(0.8, abs=0.1) and len(lags) == 101
    assert (tmp_path / "talk" / "happy.png").is_file()


def test_json_has_the_numbers_of_several_measures(tables):
    words = ("--measure", "neutral", "--measure", "happy", "--surrogates", 99, "--json")
    result = json.loads(succeeded("synchrony", "a.csv:1", "b.csv:1", *words))
    assert [row["measure"] for row in result["measures"]] == ["neutral", "happy"] and len(result["lags"]) == 202
    assert result["measures"][0]["corrected_best_p"] == pytest.approx(2 / 100) and result["settings"]["rate"] == 10


@pytest.mark.parametrize(("words", "message"), [
    (("a.csv", "a.csv"), "A and B are both person 1"), (("a.csv", "c.csv"), "c.csv: cannot be read"),
    (("a.csv:2", "b.csv"), "a.mp4: no person 2; it has 1"), (("a.csv", "b.csv", "--measure", "AU12"), "measure 'AU12'"),
    (("a.csv", "b.csv", "--window", "20"), "that is 325 s or more (the films share 200 s)"),
    (("a.csv", "b.csv", "--csv", "a.csv"), "a.csv: cannot be written"), (("a.csv", "b.csv", "--out", "p.txt"), "ends in .md")])
def test_what_cannot_be_related_is_refused(tables, words, message):
    assert message in refused("synchrony", *words)
