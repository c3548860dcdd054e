import numpy as np
import pytest
from helpers.recordings import make_recording

from featfer.studies.conditions import Stretch
from featfer.studies.reading import read_tables
from featfer.studies.recordings import cut_recording


def cut(table, person=1, start=0.0, end=np.inf):
    return cut_recording(read_tables(table), Stretch("a.mp4", "ann", "", person, start=start, end=end))


def test_seconds_of_a_variable_frame_rate():
    times = [0, 0.1, 0.2, 0.6, 0.7, 0.8]
    recording = cut(make_recording(times=times, persons={1: {"seen": [(0, 0.5), (0.75, 1)]}}))
    assert recording.faces["seconds"].tolist() == pytest.approx([0.1, 0.1, 0.4, 0.1])
    assert (recording.recorded, recording.seen, recording.missing) == (
        pytest.approx(0.9), pytest.approx(0.7), pytest.approx(2 / 9))
    assert recording.list_missing() == [(0.6, pytest.approx(0.8))]


def test_a_gap_between_frames_is_not_recorded():
    recording = cut(make_recording(times=[0, 0.1, 0.2, 5.0, 5.1]))
    assert (recording.recorded, recording.seen) == (pytest.approx(0.5), pytest.approx(0.5))


def test_frames_on_the_border_count_for_what_is_within():
    recording = cut(make_recording(times=np.arange(5) / 2), start=0.25, end=1.25)
    assert recording.frames["seconds"].tolist() == [0.25, 0.5, 0.25]
    assert (recording.recorded, recording.end) == (1, 1.25)


def test_a_person_twice_in_a_frame_counts_once_with_the_higher_score():
    table = make_recording(times=[0, 1])
    other = table.assign(score=2.0, happy=1.0)
    import pandas
    recording = cut(pandas.concat([table, other, table.assign(score=None)], ignore_index=True))
    assert (recording.seen, recording.faces["happy"].tolist()) == (2, [1, 1])


def test_a_stretch_without_anybody_is_all_missing():
    recording = cut(make_recording(), person=None)
    recording.smooth(0.1)
    assert (recording.seen, recording.missing, len(recording.smoothed["happy"])) == (0, 1, 0)
