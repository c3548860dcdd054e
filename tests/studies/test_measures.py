import math

import numpy as np
import pytest
from helpers.recordings import make_recording

from featfer.studies.conditions import Stretch
from featfer.studies.measures import list_events, measure
from featfer.studies.reading import read_tables
from featfer.studies.recordings import cut_recording


def measured(table, smoothing=0.0, threshold=0.5, **stretch):
    recording = cut_recording(read_tables(table), Stretch("a.mp4", "ann", "", 1, **stretch))
    recording.smooth(smoothing)
    events = list_events(recording, threshold)
    return {(of, name): value for of, name, value, _ in measure(recording, events, threshold)}


def test_means_are_over_the_time_and_not_over_the_frames():
    times = [0, 1, 2, 2.5, 3, 3.5]  # half as many frames in the first two seconds
    found = measured(make_recording(times=times, persons={1: {"events": [("happy", 0, 2, 0.8)]}}))
    assert found["mean_probability", "happy"] == pytest.approx(0.8 * 2 / 4)
    assert found["label_share", "happy"] == found["threshold_share", "happy"] == pytest.approx(0.5)
    assert found["mean_probability", "neutral"] == pytest.approx(0.2 * 0.5 + 0.5)


def test_shares_and_rates_are_of_the_time_in_which_the_face_was_seen():
    person = {"seen": [(0, 6), (8, 10)], "events": [("happy", 2, 4, 0.9)], "blinks": [(1, 1.2), (5, 5.2)]}
    found = measured(make_recording(persons={1: person, 2: {}}))
    assert (found["time", "recorded"], found["time", "seen"]) == (pytest.approx(10), pytest.approx(8))
    assert found["time", "missing"] == pytest.approx(0.2)
    assert found["label_share", "happy"] == pytest.approx(2 / 8)
    assert (found["event_rate", "happy"], found["event_duration", "happy"]) == (pytest.approx(60 / 8), pytest.approx(2))
    assert found["blink_rate", "blink"] == pytest.approx(2 * 60 / 8)
    assert found["event_rate", "sad"] == 0 and math.isnan(found["event_duration", "sad"])


def test_a_blink_that_had_begun_before_the_face_was_seen_is_not_counted():
    found = measured(make_recording(persons={1: {"blinks": [(0, 0.2), (9.9, 11)]}}))
    assert found["blink_rate", "blink"] == pytest.approx(6)


def test_head_motion_is_the_path_divided_by_the_time():
    table = make_recording(times=[0, 0.1, 0.3, 0.4, 9, 9.1], persons={1: {"head": (2, -3, 6)}})
    table.loc[4:, "pitch"] += 100  # what happened in a gap is not known
    found = measured(table)
    assert [found["head_motion", name] for name in ("pitch", "yaw", "roll", "all")] == pytest.approx([2, 3, 6, 7])


def test_smoothing_takes_the_jitter_out_of_head_motion():
    table = make_recording()
    table["yaw"] = np.tile([0.5, -0.5], 125)
    assert measured(table)["head_motion", "yaw"] == pytest.approx(25)
    assert measured(table, smoothing=0.1)["head_motion", "yaw"] < 0.1


def test_action_units_and_affect():
    person = {"units": {"AU12": 1.5, "AU4": 1.0}, "events": [("happy", 0, 5, 1.0)]}
    found = measured(make_recording(persons={1: person}, affect=True))
    assert (found["au_intensity", "AU12"], found["au_share", "AU12"]) == (1.5, 1)
    assert (found["au_intensity", "AU4"], found["au_share", "AU4"]) == (1, 0)
    assert found["affect", "valence"] == pytest.approx(0.5) and found["affect", "arousal"] == pytest.approx(0.1)
    assert ("affect", "valence") not in measured(make_recording())


def test_the_label_unsure_has_a_share_of_its_own():
    table = make_recording()
    table.loc[:49, "label"] = "unsure"
    found = measured(table)
    assert (found["label_share", "unsure"], found["label_share", "neutral"]) == (pytest.approx(0.2), pytest.approx(0.8))


def test_events_end_at_the_borders_of_the_stretch():
    recording = cut_recording(read_tables(make_recording(persons={1: {"events": [("happy", 2, 6, 0.9)]}})),
                              Stretch("a.mp4", "ann", "", 1, start=3.01, end=4.01))
    recording.smooth(0)
    (name, event), = list_events(recording, 0.5)
    assert (name, event.onset, event.offset, event.is_cut) == ("happy", 3.01, pytest.approx(4.01), True)


def test_nobody_seen_has_no_values():
    recording = cut_recording(read_tables(make_recording()), Stretch("a.mp4", "ann", "", None))
    recording.smooth(0.1)
    found = {(of, name): value for of, name, value, _ in measure(recording, list_events(recording, 0.5), 0.5)}
    assert found.pop(("time", "missing")) == 1 and found.pop(("time", "recorded")) == pytest.approx(10)
    assert found.pop(("time", "seen")) == 0 and all(map(math.isnan, found.values()))
