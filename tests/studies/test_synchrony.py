import re

import numpy as np
import pytest
from helpers.dyads import make_noise, make_pair, make_track

import featfer
from featfer.errors import DataError, ParameterError
from featfer.studies.synchrony import describe_all, describe_lag, synchrony


@pytest.mark.parametrize(("lag", "words"), [(0.8, "B follows A by 0.8 s"), (-1.5, "A follows B by 1.5 s"),
                                            (0, "A and B move at the same time")])
def test_a_lagged_repetition_is_found_with_its_lag(lag, words):
    result = featfer.synchrony(*make_pair(300, 1, lag), surrogates=199)
    row = result.measures.iloc[0]
    assert row["best_lag_s"] == pytest.approx(lag, abs=0.1) and row["best_r"] > 0.6
    assert row["p"] == row["best_p"] == 1 / 200 and row["effect_size"] > 2 and row["shift_p"] < 0.05
    assert words in describe_all(result)[0] and words in repr(result)


def test_opposite_movement_is_found_too():
    a, b = make_pair(300, 1, 0.5)
    b["happy"] = -b["happy"]
    result = synchrony(a, b, surrogates=199)
    assert result.measures.iloc[0]["best_r"] < -0.6
    assert "B follows A by 0.5 s (mean correlation -0.8" in describe_all(result)[0]
    assert "in opposite directions; p 0.005" in describe_all(result)[0]


@pytest.mark.slow
@pytest.mark.parametrize("memory", [0.95, 0.99])
def test_independent_series_are_called_synchronous_as_rarely_as_the_level_says(memory):
    """200 pairs of series whose memory (time constants of 2 and 10 s) makes them look related: at a level of 0.05, about 10."""
    found = [synchrony(*make_pair(300, seed, memory=memory), surrogates=99).measures.iloc[0] for seed in range(200)]
    for name in ("p", "best_p", "shift_p"):
        assert np.mean([row[name] <= 0.05 for row in found]) <= 0.09, name
        assert np.mean([row[name] <= 0.5 for row in found]) == pytest.approx(0.5, abs=0.13), name


@pytest.mark.slow
def test_weak_coupling_is_found_at_the_right_lag_in_most_pairs():
    found = [synchrony(*make_pair(600, seed, 1.2, strength=0.5), surrogates=99).measures.iloc[0] for seed in range(20)]
    assert np.mean([row["best_p"] <= 0.05 and abs(row["best_lag_s"] - 1.2) <= 0.1 + 1e-9 for row in found]) >= 0.95


def test_two_persons_in_one_table(tmp_path):
    a, b = make_pair(200, 3, 0.4)
    b = b.assign(film="a.mp4", person=2, track=2)
    import pandas
    pandas.concat([a, b]).to_csv(tmp_path / "talk.csv", index=False)
    result = synchrony(f"{tmp_path}/talk.csv:1", f"{tmp_path}/talk.csv:2", surrogates=99)
    assert result.measures.iloc[0]["best_lag_s"] == pytest.approx(0.4, abs=0.1)
    assert result.notes[:2] == ["A is person 1 in a.mp4.", "B is person 2 in a.mp4."]
    with pytest.raises(DataError, match=r"a\.mp4: A and B are both person 1; name two persons, as in TABLE:1 TABLE:2"):
        synchrony(f"{tmp_path}/talk.csv:1", f"{tmp_path}/talk.csv")


def test_films_that_began_at_different_times_are_moved_by_the_offset():
    a, b = make_pair(300, 4, 1.0)
    later = b[b["time_s"] >= 26].assign(time_s=lambda table: table["time_s"] - 26)
    result = synchrony(a, later, offset=26, surrogates=99)
    found = result.measures.iloc[0]
    assert found["best_lag_s"] == pytest.approx(1.0, abs=0.1) and found["best_r"] > 0.6
    starts = result.windows["start_s"].unique()
    assert (starts[0], len(starts)) == (31, 48)  # 8 segments of 6 in the 274 s that are shared


def test_frames_at_other_times_are_resampled():
    rng, count = np.random.default_rng(5), 9000
    smile = np.convolve(make_noise(count + 60, 0.98, rng), np.ones(10) / 10, mode="same")
    a, b = make_track(smile[60:], "a.mp4", rate=30), make_track(smile[45:-15][::2], "b.mp4", rate=15)  # 0.5 s later
    result = synchrony(a, b, surrogates=99)
    assert (result.settings["rate"], result.measures.iloc[0]["best_lag_s"]) == (10, pytest.approx(0.5, abs=0.1))


def test_windows_in_which_one_is_not_seen_are_dropped_and_counted():
    a, b = make_pair(400, 6, 0.8)
    whole = synchrony(a, b, surrogates=99)
    b.loc[1000:1600, "happy"] = np.nan
    lost = synchrony(a, b, surrogates=99)
    assert whole.measures.iloc[0]["dropped"] == 5  # at the end: 77 windows are 12 segments of 6
    assert lost.measures.iloc[0]["dropped"] > 12 and lost.measures.iloc[0]["best_lag_s"] == pytest.approx(0.8, abs=0.1)
    one = lost.windows[lost.windows["start_s"] == 120.0]
    assert not len(one) or one["z"].isna().all()


def test_too_short_a_recording_is_refused_with_the_length_it_needs():
    with pytest.raises(DataError) as refused:
        synchrony(*make_pair(164, 1))
    assert "4 segments of 30 s" in str(refused.value) and "165 s or more (the films share 164 s)" in str(refused.value)
    result = synchrony(*make_pair(165, 1), surrogates=99)
    assert np.isnan(result.measures.iloc[0]["shift_p"])
    assert result.notes[-1] == "Too short for a test by circular shifts, which needs 39 of them."
    with pytest.raises(DataError, match="0 segments of 30 s"):
        synchrony(make_track(np.zeros(3000)), make_track(np.zeros(3000), "b.mp4"))
    with pytest.raises(DataError, match="the films share 0 s"):
        synchrony(*make_pair(300, 1), offset=500)


def test_the_least_p_is_that_of_the_number_of_orders():
    """With five segments, one of 120 random orders is the recorded one, and p cannot be much below 1/120."""
    assert synchrony(*make_pair(165, 2, 0.5), surrogates=2000).measures.iloc[0]["best_p"] == pytest.approx(1 / 120, rel=0.6)


def test_several_measures_are_corrected_by_holm():
    a, b = make_pair(300, 7, 0.8)
    a["AU12"], b["AU12"], a["pitch"], b["pitch"] = a["happy"], np.roll(b["happy"], 900), a["happy"], -b["happy"]
    result = synchrony(a, b, ["happy", "AU12", "pitch"], surrogates=199)
    rows = result.measures.set_index("measure")
    assert rows["best_p"].tolist() == [1 / 200, rows.loc["AU12", "best_p"], 1 / 200] and rows.loc["AU12", "best_p"] > 0.05
    assert rows["corrected_best_p"].tolist() == pytest.approx([3 / 200, rows.loc["AU12", "best_p"], 3 / 200])
    assert list(result.lags["measure"].unique()) == ["happy", "AU12", "pitch"]
    assert re.search(r"AU12: .* no lag stands out \(the largest is .*; p, corrected, ", describe_all(result)[1])


def test_the_profile_of_lags_is_that_of_the_windows():
    result = synchrony(*make_pair(300, 8, 0.8), surrogates=99)
    by_lag = result.windows.groupby("lag_s")["z"]
    assert result.lags["z"].to_numpy() == pytest.approx(by_lag.mean().to_numpy())
    assert result.lags["z_abs"].to_numpy() == pytest.approx(result.windows["z"].abs().groupby(result.windows["lag_s"]).mean())
    assert result.measures.iloc[0]["z_abs"] == pytest.approx(result.windows["z"].abs().mean())
    assert ((result.lags["low"] < 0) & (result.lags["high"] > 0)).mean() > 0.9


@pytest.mark.parametrize(("options", "message"), [
    ({"measures": "glee"}, "measure 'glee': no column of numbers in both tables; they have happy, neutral"),
    ({"window": 0.5}, "at 10 samples/s a window needs 1 s or more"), ({"step": 0}, "a step 0.1 s"), ({"lag": -1}, "a lag 0 s"),
    ({"step": 20}, "step 20 s: longer than a window"), ({"surrogates": 5}, "surrogates 5: give 19 or more")])
def test_settings_that_cannot_be_are_refused(options, message):
    with pytest.raises(ParameterError, match=re.escape(message)):
        synchrony(*make_pair(200, 1), **options)


def test_the_default_is_happy_else_valence_else_the_first_expression():
    a, b = make_pair(200, 1, 0.5)
    a, b = (table.rename(columns={"happy": "smiling"}) for table in (a, b))
    assert synchrony(a, b, surrogates=19).measures["measure"].tolist() == ["smiling"]
    a, b = (table.assign(valence=table["smiling"]) for table in (a, b))
    assert synchrony(a, b, surrogates=19).measures["measure"].tolist() == ["valence"]


def test_lags_in_words():
    assert [describe_lag(lag) for lag in (0.30000001, -0.04, 0.0)] == [
        "B follows A by 0.3 s", "A follows B by 0.04 s", "A and B move at the same time"]
