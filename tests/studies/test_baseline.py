import pytest
from helpers.recordings import make_recording

from featfer.errors import DataError, ParameterError
from featfer.studies.baseline import parse_baseline
from featfer.studies.summary import summarize

STUDY = "film,subject,condition,person,start,end\na,ann,rest,1,0,2\na,ann,talk,1,2,10\na,bob,talk,2,,\n"


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "study.csv"
    path.write_text(STUDY)
    return path


@pytest.fixture(scope="module")
def table():
    """Ann, whose face at rest looks angry (0.4) and whose AU4 is 1; she is happy from 5 s on. Bob is neutral."""
    ann = {"level": {"angry": 0.4}, "events": [("happy", 5, 10, 0.9)], "units": {"AU4": 1.0}, "seen": [(0, 10)]}
    return make_recording(persons={1: ann, 2: {}})


def values(summary, subject, measure, name):
    rows = summary.rows[(summary.rows["subject"] == subject) & (summary.rows["measure"] == measure)]
    return rows.loc[rows["name"] == name, "value"].tolist()


@pytest.mark.parametrize("baseline", ["0-2", (0, 2), "0.5-4.9"])
def test_the_mean_of_seconds_of_each_film(table, study, baseline):
    summary = summarize(table, study, baseline=baseline, smoothing=0)
    assert values(summary, "ann", "mean_probability", "angry") == pytest.approx([0, (3 * 0 - 5 * 0.4) / 8], abs=1e-9)
    assert values(summary, "ann", "mean_probability", "happy") == pytest.approx([0, 0.9 * 5 / 8], abs=1e-9)
    assert values(summary, "ann", "au_intensity", "AU4") == [0, 0]
    assert values(summary, "bob", "mean_probability", "neutral") == [0]


def test_the_mean_under_a_condition_needs_everyone_to_have_it(table, study):
    with pytest.raises(DataError, match="subject bob: not seen under the condition 'rest', so there is no baseline"):
        summarize(table, study, baseline="condition=rest")
    study.write_text(STUDY.replace("a,bob,talk,2,,", "a,bob,rest,2,,"))
    summary = summarize(table, study, baseline="condition=rest", smoothing=0)
    assert values(summary, "ann", "mean_probability", "happy") == pytest.approx([0, 0.9 * 5 / 8], abs=1e-9)


def test_the_quantile_is_over_all_the_time_of_a_subject(table):
    summary = summarize(table, baseline="quantile", smoothing=0)
    assert values(summary, "1", "mean_probability", "angry") == pytest.approx([0.2])  # 0 in half of the time
    assert values(summary, "1", "au_intensity", "AU4") == [0]
    assert values(summary, "2", "mean_probability", "neutral") == [0]


def test_the_eyes_which_are_relative_already_stay(table):
    blinking = make_recording(persons={1: {"blinks": [(0, 5)]}})
    assert values(summarize(blinking, baseline="0-1"), "1", "au_intensity", "AU45") == pytest.approx([2.5])


def test_events_begin_at_the_threshold_above_the_baseline(table):
    ann = make_recording(persons={1: {"level": {"happy": 0.2}, "events": [("happy", 2, 4, 0.65), ("happy", 6, 8, 0.85)]}})
    assert len(summarize(ann, baseline="0-1", smoothing=0).events.query("expression == 'happy'")) == 1
    assert len(summarize(ann, smoothing=0).events.query("expression == 'happy'")) == 2


def test_frames_weigh_what_they_last():
    times = [0, 1, 2, 2.5, 3, 3.5, 4]
    table = make_recording(times=times, persons={1: {"events": [("happy", 0, 2, 1.0)]}})
    assert values(summarize(table, baseline=(0, 4)), "1", "mean_probability", "happy") == pytest.approx([2 / 4.5 - 2 / 4])


def test_a_subject_who_is_not_seen_then_is_named():
    with pytest.raises(DataError, match=r"subject 1: not seen in a\.mp4 from 0 to 2 s"):
        summarize(make_recording(persons={1: {"seen": [(3, 9)]}}), baseline="0-2")


@pytest.mark.parametrize("text", ["rest", "condition=", "5", "5-2", "-1-2", "0-inf", "1-2-3", 5])
def test_another_baseline_is_refused_with_the_forms_there_are(text):
    with pytest.raises(ParameterError, match="give START-END in seconds such as 0-5, condition=NAME, or quantile"):
        parse_baseline(text)
