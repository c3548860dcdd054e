"""The tiled pyramid: where the levels of an image are, what is in them, and from where in the image."""

import numpy as np
import pytest

from featfer.faces.detectors.pyramid import GAP, MARGIN, draw_pyramid, map_to_image, place_levels

SIZES = [(600, 512), (256, 256), (100, 700), (700, 100), (32, 1000), (1000, 33), (5, 5), (4, 9), (900, 1200)]


def test_levels_of_a_small_image_by_hand():
    size, levels = place_levels(12, 20)
    assert size == (103, 42)
    assert levels.tolist() == [[11, 11, 12, 20], [33, 11, 10, 16], [53, 11, 8, 13], [71, 11, 6, 10], [87, 11, 5, 8]]


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_levels_get_smaller_by_a_sixth_and_none_overlaps_another(height, width):
    size, levels = place_levels(height, width)
    taken = np.zeros(size, int)
    for top, left, rows, columns in levels:
        taken[top:top + rows, left:left + columns] += 1
    assert taken.max() == 1 and taken.sum() == np.prod(levels[:, 2:], axis=1).sum()
    assert taken[MARGIN:-MARGIN, MARGIN:-MARGIN].sum() == taken.sum()
    assert levels[0].tolist() == [MARGIN, MARGIN, height, width]
    assert (levels[1:, 2:] == levels[:-1, 2:] * 5 // 6).all()


def test_levels_stand_below_each_other_and_then_beside_from_the_bottom_up():
    (rows, columns), levels = place_levels(600, 512)
    down, up = levels[levels[:, 1] == MARGIN], levels[levels[:, 1] > MARGIN]
    assert (np.diff(down[:, 0]) == down[:-1, 2] + GAP).all() and (np.diff(up[:, 0]) == -up[1:, 2] - GAP).all()
    assert (up[:, 1] + up[:, 3] == columns - MARGIN).all() and len(up) > 3
    assert down[-1, 0] + down[-1, 2] == up[0, 0] + up[0, 2] == rows - MARGIN


def test_a_ramp_stays_a_ramp_from_corner_to_corner():
    ramp = np.float32(np.arange(90)[:, None] + 1000 * np.arange(120))[None]
    pyramid, levels = draw_pyramid(ramp)
    for top, left, height, width in levels:
        expected = np.linspace(0, 89, height)[:, None] + 1000 * np.linspace(0, 119, width)
        np.testing.assert_allclose(pyramid[0, top:top + height, left:left + width], expected, atol=0.02)


def test_between_the_levels_there_is_nothing():
    pyramid, levels = draw_pyramid(np.ones((3, 200, 150), np.float32))
    assert pyramid.sum() == 3 * np.prod(levels[:, 2:], axis=1).sum()


@pytest.mark.parametrize(("height", "width"), SIZES[:6])
def test_boxes_are_mapped_as_dlib_maps_them(height, width):
    """dlib moves a place p of a level to 6/5 p + 0.3 of the one before."""
    _, levels = place_levels(height, width)
    boxes = levels[:, [1, 0, 1, 0]] + np.array([1.0, 2, 3, 5])
    expected = [[1.0, 2, 3, 5]]
    for _ in levels[1:]:
        expected.append([value * 1.2 + 0.3 for value in expected[-1]])
    np.testing.assert_allclose(map_to_image(boxes, levels), expected)


def test_a_box_belongs_to_the_level_nearest_to_its_middle():
    _, levels = place_levels(200, 150)
    (top, left, height, _), (below, *_), *_ = levels.tolist()
    end = top + height - 1
    boxes = np.array([[left + 9, y - 1.0, left + 11, y + 1] for y in (end + 4, end + 7, below)])
    found = map_to_image(boxes, levels)
    np.testing.assert_allclose(found[:, 0], [9, 9 * 1.2 + 0.3, 9 * 1.2 + 0.3])
