import pandas as pd
import pytest
from helpers.recordings import EXPRESSIONS, make_recording

import featfer
from featfer.errors import ParameterError
from featfer.studies.summary import summarize


@pytest.fixture(scope="module")
def films():
    """Three films in which one or two persons smile more from 5 s on."""
    return [make_recording(f"films/{name}.mp4", persons={number: {"events": [("happy", 6, 6 + number, 0.9)]}, **others})
            for number, (name, others) in enumerate((("a", {}), ("b", {9: {"seen": [(0, 1)]}}), ("c", {})), 1)]


@pytest.fixture(scope="module")
def study():
    return pd.DataFrame([(name, f"s-{name}", condition, start, end) for name in "abc"
                         for condition, start, end in (("rest", 0, 5), ("talk", 5, 10))],
                        columns=["film", "subject", "condition", "start", "end"])


def test_every_person_is_a_subject_without_conditions(films):
    summary = featfer.summarize(films)
    assert list(summary.rows["subject"].unique()) == ["1", "2", "3", "9"]
    assert repr(summary) == "<Summary of 4 subjects in 3 films: 284 rows, 10 events, 0 effects>"
    assert summary.notes == ["No intervals and no comparisons: no conditions were given, see --conditions."]
    assert len(summary.effects) == 0


def test_conditions_are_compared_within_subjects(films, study):
    summary = summarize(films, study, smoothing=0)
    happy = summary.effects.query("measure == 'mean_probability' and name == 'happy'").set_index("kind")
    assert happy.loc["difference", "value"] == pytest.approx(0.9 * (1 + 2 + 3) / 5 / 3)
    assert happy.loc["mean", "value"].tolist() == pytest.approx([0, 0.36])
    assert "conditions rest, talk" in repr(summary)
    assert set(summary.effects.query("measure == 'event_rate'")["name"]) == set(EXPRESSIONS)


def test_events_have_the_times_of_the_film(films, study):
    events = summarize(films, study, smoothing=0).events
    event, = events.query("expression == 'happy' and film == 'films/b.mp4'").to_dict("records")
    assert (event["subject"], event["condition"], event["person"], event["cut"]) == ("s-b", "talk", 2, 0)
    assert (event["onset_s"], event["offset_s"], event["duration_s"], event["peak"]) == pytest.approx((6, 8, 2, 0.9))


def test_what_is_not_in_the_numbers_is_said(films, study):
    faces = make_recording("d.mp4", times=[0, 1, 2], persons={None: {"seen": [(0, 2)]}})
    notes = summarize([*films, faces], study).notes
    assert notes == [
        "d.mp4: 2 rows of faces without a person (tracks too short or too poor), in no number.",
        "d.mp4: in no number, as nobody was seen.",
        "Where the conditions name no person, the subject is the person seen longest in the stretch.",
        "films/b.mp4, rest: s-b is person 2, not 9.",
        "With fewer than 6 subjects a sign-flip test cannot reach p < 0.05, and bootstrap intervals are too narrow."]
    assert "films/c.mp4: in no number, as the conditions do not name it." in summarize(films, study[study["film"] != "c"]).notes


def test_a_film_in_which_nobody_was_seen_is_a_row_of_its_own(films, study):
    empty = make_recording("films/c.mp4", persons={None: {"seen": [(0, 1)]}})
    summary = summarize([*films[:2], empty], study)
    missing = summary.rows.query("film == 'films/c.mp4' and name == 'missing'")
    assert missing["value"].tolist() == [1, 1] and missing["person"].isna().all()
    assert "films/c.mp4, talk: no person was seen, so there is nothing of s-c." in summary.notes
    assert set(summary.effects["subjects"]) == {2}


@pytest.mark.parametrize(("change", "sentence"), [
    ({"subject": "s"}, "No intervals and no comparisons: s is the only subject; they need two or more."),
    ({"condition": "talk"}, "No comparisons: there is only one condition.")])
def test_why_there_are_no_comparisons(films, study, change, sentence):
    assert sentence in summarize(films, study.assign(**change)).notes


def test_the_same_seed_gives_the_same_numbers(films, study):
    one, same, other = (summarize(films, study, seed=seed, draws=200).effects for seed in (0, 0, 1))
    assert one.equals(same) and not one.equals(other)


@pytest.mark.parametrize("wrong", [{"smoothing": -1}, {"threshold": 0}, {"threshold": 1.1}, {"draws": -1},
                                   {"baseline": "none"}])
def test_settings_that_cannot_be_are_refused(films, wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        summarize(films, **wrong)
