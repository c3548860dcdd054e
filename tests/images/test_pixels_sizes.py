"""Images: their colours, their sizes, and how many at a time."""

import numpy as np

from featfer.images.pixels import make_batches, resize, to_grey, to_rgb

GREY = np.array([[0, 100, 255], [7, 8, 9]], np.uint8)
RGB = np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 14


def test_to_rgb_repeats_grey():
    np.testing.assert_array_equal(to_rgb(GREY), np.dstack([GREY] * 3))
    assert to_rgb(RGB) is RGB


def test_to_grey_is_the_luma():
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], np.uint8)
    np.testing.assert_array_equal(to_grey(colours), [[76, 150, 29, 9]])
    assert to_grey(GREY) is GREY


def test_resize_to_its_own_size_is_the_same_image():
    assert resize(GREY, 2, 3) is GREY


def test_resize_shrinks_by_areas():
    np.testing.assert_array_equal(resize(np.array([[0, 100], [100, 200]], np.uint8), 1, 1), [[100]])


def test_resize_grows_smoothly():
    ramp = resize(np.array([[0, 0], [100, 100]], np.uint8), 8, 2)[:, 0].astype(int)
    assert (np.diff(ramp) >= 0).all()
    assert len(set(ramp)) > 4


def test_resize_keeps_colours_apart():
    assert resize(RGB, 4, 5).shape == (4, 5, 3)


def test_batches_are_bounded_by_count_and_by_values():
    small = list(make_batches(range(300), lambda item: 1))
    assert [len(batch) for batch in small] == [128, 128, 44]
    assert [item for batch in small for item in batch] == list(range(300))
    large = list(make_batches(range(5), lambda item: 30_000_000))
    assert large == [[0, 1], [2, 3], [4]]
    assert list(make_batches([], len)) == []
