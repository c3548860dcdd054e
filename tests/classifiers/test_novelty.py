"""Novelty on made maps: two channels of two by two places."""

import pickle

import numpy as np
import pytest

from featfer.classifiers.novelty import Novelty


def maps(count, seed, spread=0.1):
    """Return maps of two channels, the first brighter than the second, with other columns after them."""
    rng = np.random.default_rng(seed)
    base = np.repeat([2.0, 1.0], 4)
    return np.c_[base + spread * rng.normal(size=(count, 8)), rng.normal(size=(count, 3))].astype(np.float32)


@pytest.fixture(scope="module")
def novelty():
    return Novelty(8, 2).fit(maps(2000, 0), maps(1000, 1))


def test_it_is_the_share_of_ordinary_faces_that_are_less_unlike(novelty):
    found = novelty.score(maps(5000, 2))
    assert [np.mean(found > share) for share in (0.25, 0.5, 0.9, 0.99)] == pytest.approx([0.75, 0.5, 0.1, 0.01], abs=0.03)
    assert found.min() >= 0 and found.max() <= 1


def test_other_channels_and_other_places_are_novel(novelty):
    ordinary = np.repeat([2.0, 1.0], 4)
    channels_swapped, place_dark = ordinary[::-1], ordinary * np.tile([0.2, 1, 1, 1], 2)
    others = np.zeros((2, 3))
    assert novelty.score(np.c_[[channels_swapped, place_dark], others]).tolist() == [1.0, 1.0]


def test_neither_brightness_nor_further_columns_matter(novelty):
    rows = maps(5, 3)
    changed = np.c_[7 * rows[:, :8], rows[:, 8:] - 90]
    assert novelty.score(changed) == pytest.approx(novelty.score(rows), abs=1e-6)


def test_a_row_has_its_score_whatever_stands_beside_it(novelty):
    rows = maps(3000, 4)
    assert novelty.score(rows)[2500] == pytest.approx(novelty.score(rows[2500:2501])[0], abs=1e-9)


def test_an_empty_map_is_novel_and_no_rows_have_no_scores(novelty):
    assert novelty.score(np.zeros((1, 8))).tolist() == [1.0]
    assert novelty.score(np.zeros((0, 8))).shape == (0,)


def test_it_is_small_and_the_same_when_loaded(novelty):
    rows = maps(20, 5)
    assert np.array_equal(pickle.loads(pickle.dumps(novelty)).score(rows), novelty.score(rows))
    rng = np.random.default_rng(0)
    wide = Novelty(8192, 128).fit(rng.random((300, 8192)), rng.random((100, 8192)))
    assert len(pickle.dumps(wide)) < 200_000
    assert np.isfinite(wide.score(rng.random((2, 8192)))).all()


def test_columns_that_are_no_map_are_compared_one_by_one():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(500, 6)) + np.arange(6)
    novelty = Novelty(6).fit(rows[:300], rows[300:])
    assert novelty.score(np.arange(6)[::-1][None].astype(float)).tolist() == [1.0]
    assert np.median(novelty.score(rng.normal(size=(500, 6)) + np.arange(6))) == pytest.approx(0.5, abs=0.1)
