import numpy as np
import pytest

from featfer.evaluation.resampling import draw_weights, find_interval, number_units


def test_photos_of_a_subject_are_one_unit_and_those_of_none_one_each():
    units = number_units(5, np.array(["ann", "", "bob", "ann", ""]))
    assert units.tolist() == [0, 1, 2, 0, 3]
    assert number_units(3).tolist() == [0, 1, 2]


def test_whole_subjects_are_drawn_as_many_as_there_are():
    units = np.array([0, 0, 1, 2, 2, 2])
    samples = np.array(list(draw_weights(units, 50)))
    assert (samples[:, 0] == samples[:, 1]).all() and (samples[:, 3] == samples[:, 5]).all()
    assert set(samples[:, [0, 2, 3]].sum(axis=1)) == {3}
    assert samples[:, 2].max() > 1 and (samples[:, 2] == 0).any()


def test_samples_depend_on_the_seed_alone():
    one, again, other = (np.array(list(draw_weights(np.arange(20), 5, seed))) for seed in (1, 1, 2))
    assert (one == again).all() and (one != other).any()


def test_an_interval_leaves_out_a_fortieth_at_each_end():
    assert find_interval(np.append(np.arange(1001.0), np.nan)) == pytest.approx((25, 975))
    assert find_interval(np.array([np.nan])) == find_interval(np.array([])) == (None, None)


@pytest.mark.slow
def test_intervals_contain_the_truth_as_often_as_they_say():
    draw, hits = np.random.default_rng(0), 0
    for seed in range(300):
        of_subject = draw.normal(size=60)
        values = np.repeat(of_subject, 3) + draw.normal(0, 0.3, 180)
        samples = np.array([np.average(values, weights=weights) for weights in draw_weights(np.arange(180) // 3, 300, seed)])
        low, high = find_interval(samples)
        hits += low <= 0 <= high
    assert 0.90 <= hits / 300 <= 0.98
