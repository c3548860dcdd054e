import numpy as np
import pytest

from featfer.evaluation.significance import mcnemar


def test_what_only_one_was_right_about_is_counted():
    one, other = np.array([1, 1, 1, 0, 0, 1], bool), np.array([1, 0, 0, 1, 0, 1], bool)
    assert mcnemar(one, other) == {"images": 6, "only_one": 2, "only_other": 1, "p": 1.0}


@pytest.mark.parametrize(("ones", "others", "p"), [
    (0, 0, 1.0), (5, 0, 2 / 32), (0, 5, 2 / 32), (8, 2, 112 / 1024), (3, 3, 1.0)])
def test_p_is_that_of_a_fair_coin(ones, others, p):
    one = np.array([True] * ones + [False] * others + [True] * 7)
    other = np.array([False] * ones + [True] * others + [True] * 7)
    assert mcnemar(one, other)["p"] == pytest.approx(p)


def test_swapping_the_models_swaps_the_counts():
    rng = np.random.default_rng(0)
    one, other = rng.random((2, 500)) < [[0.75], [0.6]]
    forth, back = mcnemar(one, other), mcnemar(other, one)
    assert (forth["only_one"], forth["only_other"], forth["p"]) == (back["only_other"], back["only_one"], back["p"])
    assert forth["p"] < 0.01
