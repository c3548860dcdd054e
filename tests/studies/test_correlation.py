import numpy as np
import pytest

from featfer.studies.correlation import correlate, list_starts


def test_every_pair_of_windows_at_every_lag():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 200))
    starts = list_starts(200, 30, 15, 10)
    assert (starts[0], starts[-1]) == (10, 160) and len(starts) == 11
    found = list(correlate(a, b, 30, 15, 10))
    assert len(found) == 21
    for moved, i, j in ((-10, 0, 10), (0, 3, 3), (7, 10, 2)):
        window = b[starts[j] + moved:][:30]
        assert np.tanh(found[moved + 10][i, j]) == pytest.approx(np.corrcoef(a[starts[i]:][:30], window)[0, 1])


def test_what_is_unknown_is_left_out_and_too_little_is_undefined():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 100))
    a[[2, 5, 7]], b[[5, 9]] = np.nan, np.nan
    z = next(correlate(a, b, 20, 20, 0))
    known = np.isfinite(a[:20]) & np.isfinite(b[:20])
    assert known.sum() == 16 and np.tanh(z[0, 0]) == pytest.approx(np.corrcoef(a[:20][known], b[:20][known])[0, 1])
    b[10] = np.nan
    assert np.isnan(next(correlate(a, b, 20, 20, 0))[0, 0])


def test_the_same_series_has_a_finite_z_and_a_flat_window_none():
    a = np.random.default_rng(2).normal(size=60)
    a[20:40] = 3.0
    z = next(correlate(a, a, 20, 20, 0))
    assert z[0, 0] == z[2, 2] == pytest.approx(np.arctanh(1 - 1e-6)) and np.isnan(z[1]).all()


def test_large_values_do_not_matter():
    a, b = np.random.default_rng(3).normal(size=(2, 50))
    one, other = (next(correlate(x, b, 25, 25, 0)) for x in (a, 1e6 + 1e-3 * a))
    assert one == pytest.approx(other, abs=1e-4)
