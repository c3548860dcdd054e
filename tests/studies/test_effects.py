import itertools

import numpy as np
import pandas as pd
import pytest

from featfer.studies.effects import find_effects, flip_signs

KEYS = ("subject", "film", "condition", "start_s", "measure", "name", "value", "unit")


def make_rows(values, names=("happy",), measure="mean_probability"):
    """Return the rows of a summary from {(subject, condition): [(value, seconds seen)]}."""
    rows = []
    for (subject, condition), stretches in values.items():
        for start, (value, seen) in enumerate(stretches):
            key = (subject, f"{subject}.mp4", condition, float(start))
            rows += [(*key, "time", name, lasts, "s") for name, lasts in (("recorded", 50.0), ("seen", seen))]
            rows += [(*key, measure, name, value, "probability") for name in names]
    return pd.DataFrame(rows, columns=list(KEYS))


@pytest.fixture
def six():
    """Six subjects whose values rise by 0.1, 0.2 ... 0.6 from rest to talk."""
    return {(f"s{i}", condition): [(0.1 + rise, 10.0)] for i in range(1, 7)
            for condition, rise in (("rest", 0), ("talk", i / 10))}


def test_means_and_paired_differences(six):
    effects = find_effects(make_rows(six))
    rest, talk, difference = effects.to_dict("records")
    assert (rest["kind"], rest["condition"], rest["value"], rest["subjects"]) == ("mean", "rest", pytest.approx(0.1), 6)
    assert (rest["low"], rest["high"]) == (pytest.approx(0.1), pytest.approx(0.1))
    assert talk["value"] == pytest.approx(0.45) and talk["low"] < 0.45 < talk["high"]
    assert (difference["condition"], difference["other"], difference["subjects"]) == ("talk", "rest", 6)
    assert difference["value"] == pytest.approx(0.35) and difference["p"] == difference["corrected_p"] == 2 / 64


def test_the_interval_is_the_percentile_bootstrap_s(six):
    low, high = find_effects(make_rows(six), seed=3, draws=4000).query("kind == 'difference'")[["low", "high"]].iloc[0]
    means = np.random.default_rng(9).choice(np.arange(1, 7) / 10, (20_000, 6)).mean(axis=1)
    assert [low, high] == pytest.approx(np.quantile(means, [0.025, 0.975]), abs=0.012)


def test_a_subject_s_stretches_weigh_by_the_seconds_seen(six):
    six["s1", "rest"] = [(0.0, 30.0), (0.4, 10.0), (0.9, 0.0)]
    assert find_effects(make_rows(six)).iloc[0]["value"] == pytest.approx(0.1)


def test_only_subjects_with_both_conditions_are_compared(six):
    del six["s6", "talk"]
    six["s5", "talk"] = [(np.nan, 10.0)]
    difference = find_effects(make_rows(six)).query("kind == 'difference'").iloc[0]
    assert (difference["subjects"], difference["value"], difference["p"]) == (4, pytest.approx(0.25), 2 / 16)


def test_holm_counts_all_comparisons_of_a_measure(six):
    six |= {(f"s{i}", "walk"): [(0.1, 10.0)] for i in range(1, 7)}
    effects = find_effects(make_rows(six, ("happy", "sad"))).query("kind == 'difference'")
    assert len(effects) == 6 and sorted(effects["p"]) == [2 / 64] * 4 + [1] * 2
    assert sorted(effects["corrected_p"])[:4] == [6 * 2 / 64] * 4


def test_one_subject_with_both_conditions_has_no_test():
    effects = find_effects(make_rows({("a", "rest"): [(0.1, 1.0)], ("a", "talk"): [(0.2, 1.0)], ("b", "talk"): [(0.4, 1.0)]}))
    assert effects[["subjects", "value"]].to_numpy().tolist() == [
        [1, pytest.approx(0.1)], [2, pytest.approx(0.3)], [1, pytest.approx(0.1)]]
    assert effects["p"].isna().all() and effects.iloc[[0, 2]][["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize("differences", [[1, 2, 3], [1, -2, 3, 0.5], [0, 0], [0.1, 0.2, 0.3, -0.6]])
def test_sign_flips_of_few_subjects_are_all_tried(differences):
    means = [abs(np.dot(signs, differences)) for signs in itertools.product((1, -1), repeat=len(differences))]
    assert flip_signs(differences) == np.mean([mean >= abs(sum(differences)) - 1e-9 for mean in means])


def test_sign_flips_of_many_subjects_are_drawn_and_keep_their_level():
    rng = np.random.default_rng(1)
    assert flip_signs(np.ones(40)) == 1 / 10_001
    assert np.mean([flip_signs(rng.normal(size=20), seed) <= 0.05 for seed in range(200)]) == pytest.approx(0.05, abs=0.035)
