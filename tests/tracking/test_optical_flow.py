import cv2
import numpy as np
import pytest
from helpers.videos import BOX, background, warp

from featfer.tracking.optical_flow import GreyFrame, follow


@pytest.fixture(scope="module")
def still(texture):
    return GreyFrame(texture)


@pytest.mark.parametrize(("dx", "dy", "scale"), [(0, 0, 1), (13, -7, 1), (-40, 25, 1), (0, 0, 1.1), (6, 4, 0.93)])
def test_boxes_follow_their_content(texture, still, dx, dy, scale):
    (box,) = follow(still, warp(texture, dx, dy, scale), [BOX])
    x, y, half = 310 + dx, 240 + dy, 60 * scale
    assert box == pytest.approx((x - half, y - half, x + half, y + half), abs=1.0)


def test_each_box_follows_its_own_content(texture):
    after = texture.copy()
    after[60:220, 40:240] = texture[60:220, 50:250]  # moves left by 10
    after[260:460, 400:600] = texture[250:450, 400:600]  # moves down by 10
    boxes = follow(GreyFrame(texture), GreyFrame(after), [(90, 90, 190, 190), (440, 290, 560, 410)])
    assert boxes[0] == pytest.approx((80, 90, 180, 190), abs=1)
    assert boxes[1] == pytest.approx((440, 300, 560, 420), abs=1)


@pytest.mark.parametrize("side", [1200, 200])
def test_boxes_are_in_pixels_of_the_frame_however_large_it_is(texture, side):
    before, after = (cv2.resize(picture, (side * 4 // 3, side)) for picture in (texture, np.roll(texture, 12, axis=1)))
    factor = side / 480
    (box,) = follow(GreyFrame(before), GreyFrame(after), [tuple(factor * value for value in BOX)])
    assert box == pytest.approx([factor * value for value in (262, 180, 382, 300)], abs=2 * factor)


def test_a_box_is_lost_where_the_scene_changes(texture, still):
    assert follow(still, GreyFrame(texture[::-1, ::-1].copy()), [BOX]) == [None]
    assert follow(still, GreyFrame(background()), [BOX]) == [None]


def test_without_boxes_nothing_is_followed(still):
    assert follow(still, still, []) == follow(None, still, []) == []
