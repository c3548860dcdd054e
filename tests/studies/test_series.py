import numpy as np
import pandas as pd
import pytest
from helpers.dyads import make_track
from helpers.recordings import EXPRESSIONS, make_recording

from featfer.errors import DataError, ParameterError
from featfer.studies.series import choose_rate, list_measures, read_track, sample


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "talk.csv"
    make_recording("talk.mp4", persons={1: {"seen": [(0, 4)]}, 2: {}}, affect=True).to_csv(path, index=False)
    return path


def test_a_person_is_named_after_the_colon_and_else_is_the_one_seen_longest(table):
    assert [(of.person, of.is_chosen) for of in (read_track(f"{table}:1"), read_track(str(table)), read_track((table, 1)))] == [
        (1, False), (2, True), (1, False)]
    assert read_track(f"{table}:1").name == "person 1 in talk.mp4"
    table.rename(f"{table}:7.csv")
    assert read_track(f"{table}:7.csv").person == 2


def test_a_track_knows_the_film_and_not_only_what_was_seen(table):
    track = read_track(f"{table}:1")
    assert (track.start, track.end, track.interval, len(track.faces)) == (0, pytest.approx(10), pytest.approx(0.04), 100)


def test_who_is_not_there_is_refused(table):
    with pytest.raises(DataError, match=r"talk\.mp4: no person 3; it has 1, 2"):
        read_track(f"{table}:3")
    with pytest.raises(DataError, match="nobody was seen long enough"):
        read_track(make_recording(persons={None: {}}))
    with pytest.raises(DataError, match=r"a\.mp4 and 1 more films are in one table"):
        read_track(pd.concat([make_recording(), make_recording("b.mp4")]))


def test_measures_are_all_numbers_but_landmarks(table):
    names = list_measures(read_track(make_recording().assign(x1=1.0, y68=2.0)))
    assert names[:7] == list(EXPRESSIONS) and {"AU12", "AU6/7", "pitch", "blink", "eye_left"} <= set(names)
    assert not {"x1", "y68", "folder", "novelty"} & set(names) and "valence" in list_measures(read_track(table))


@pytest.mark.parametrize(("frames", "asked", "rate"), [(30, None, 10), (5, None, 5), (30, 25, 25)])
def test_the_rate_is_ten_or_that_of_a_slower_film(frames, asked, rate):
    tracks = [read_track(make_track(np.zeros(50), rate=of)) for of in (frames, 30)]
    assert choose_rate(tracks, asked) == pytest.approx(rate)
    with pytest.raises(ParameterError, match="rate 0"):
        choose_rate(tracks, 0)


def test_samples_are_means_of_the_frames_within_each_step():
    track = read_track(make_track(np.arange(12.0), rate=30))
    assert sample(track, "happy", 0.0, 4, 10).tolist() == [1, 4, 7, 10]
    assert sample(track, "happy", 0.1, 4, 10, offset=0.1).tolist() == [1, 4, 7, 10]
    assert sample(track, "happy", -0.1, 3, 10)[1:].tolist() == [1, 4]


def test_short_gaps_are_bridged_and_long_ones_stay():
    values = np.arange(30.0)
    values[[5, 6, 7, 8, 9]] = np.nan
    values[15:21] = np.nan
    series = sample(read_track(make_track(values)), "happy", 0.0, 30, 10)
    assert series[:15].tolist() == pytest.approx(np.arange(15)) and np.isnan(series[15:21]).all()
    assert series[21:].tolist() == np.arange(21, 30).tolist()
