"""Boxes, bars and the rate, drawn on frames."""

import numpy as np
import pytest

from featfer.labels import FER7
from featfer.live.pipeline import LiveFace
from featfer.prediction.drawing import PANEL
from featfer.prediction.overlay import COLOURS, draw_faces, draw_rate

GREY = np.full((480, 640, 3), 128, np.uint8)
BLEND = dict(zip(FER7.names, (0.04, 0.06, 0.1, 0.4, 0.2, 0.15, 0.05), strict=True))


def face(box, track=1, label="happy", probabilities=BLEND):
    return LiveFace(track, box, label, probabilities)


def test_the_box_is_drawn_where_the_face_is_in_the_colour_of_its_track():
    for track in (1, 2, 8):
        pixels = GREY.copy()
        draw_faces(pixels, [face((100, 120, 240, 260), track)])
        colour = list(COLOURS[(track - 1) % 7][::-1])
        assert [pixels[y, x].tolist() for y, x in ((200, 100), (120, 170), (260, 170))] == [colour] * 3
        assert pixels[200, 170].tolist() == [128] * 3
    assert len({COLOURS[track % 7] for track in range(8)}) == 7


def panel_of(pixels):
    """Return the box of the panel on the grey frame: left, top, right, bottom."""
    y, x = np.nonzero((pixels == round(0.82 * PANEL[0] + 0.18 * 128)).all(axis=2))
    return x.min(), y.min(), x.max(), y.max()


@pytest.mark.parametrize("box", [(100, 120, 240, 260), (480, 120, 620, 260), (0, 0, 90, 90), (560, 400, 640, 480),
                                 (-40, -40, 60, 60), (10, 10, 630, 470)])
def test_the_panel_lies_inside_the_frame_beside_the_face(box):
    alone, pixels = GREY.copy(), GREY.copy()
    draw_faces(pixels, [face(box)])
    left, top, right, bottom = panel_of(pixels)
    draw_faces(alone, [face((300, 200, 340, 240))])
    full = panel_of(alone)
    assert (right - left, bottom - top) == pytest.approx((full[2] - full[0], full[3] - full[1]), abs=4)
    beside = left >= box[2] - 4 or right <= box[0] + 4 or top >= box[3] - 4 or bottom <= box[1] + 4
    assert beside or box == (10, 10, 630, 470)


def test_bars_are_as_long_as_their_probabilities_and_in_the_order_of_the_labels():
    pixels = GREY.copy()
    shares = dict(zip(FER7.names, (0.0, 0.25, 0.0, 0.75, 0.0, 0.0, 0.0), strict=True))
    draw_faces(pixels, [face((100, 120, 240, 260), probabilities=shares)])
    panel = pixels[:, 250:].astype(int)
    light = np.abs(panel - np.array(COLOURS[0][::-1]) * 0.82 - 128 * 0.18).max(axis=2) < 3
    dim = np.abs(panel - 150 * 0.82 - 128 * 0.18).max(axis=2) < 1
    assert light.sum(axis=1).max() / dim.sum(axis=1).max() == pytest.approx(3, abs=0.3)
    assert np.nonzero(dim.sum(axis=1) > 5)[0].mean() < np.nonzero(light.sum(axis=1) > 5)[0].mean()  # disgust is above happy


def test_an_unsure_face_has_grey_bars_alone():
    sure, unsure = GREY.copy(), GREY.copy()
    draw_faces(sure, [face((100, 120, 240, 260))])
    draw_faces(unsure, [face((100, 120, 240, 260), label="unsure")])
    coloured = [(np.abs(pixels[:, 265:].astype(int) - np.array(COLOURS[0][::-1]) * 0.82 - 128 * 0.18).max(axis=2) < 3).sum()
                for pixels in (sure, unsure)]
    assert coloured[1] < coloured[0] / 2  # the stripe at the panel's edge has the track's colour


def test_panels_of_faces_side_by_side_do_not_cover_each_other_or_the_faces():
    pixels, boxes = GREY.copy(), [(200, 200, 300, 300), (380, 200, 480, 300)]
    draw_faces(pixels, [face(box, track) for track, box in enumerate(boxes, 1)])
    for left, top, right, bottom in boxes:
        assert (pixels[top + 4:bottom - 4, left + 4:right - 4] == 128).all()


def test_of_many_faces_only_the_likeliest_expression_is_named():
    def dark(count):
        pixels = GREY.copy()
        draw_faces(pixels, [face((20 + 150 * i, 100, 60 + 150 * i, 140), i + 1) for i in range(count)])
        return (pixels.max(axis=2) < 90).sum() / count
    assert dark(4) < dark(3) / 3


@pytest.mark.parametrize("shape", [(48, 64), (20, 90), (100, 60), (1, 1), (1080, 1920)])
def test_frames_of_any_size_can_be_drawn_on(shape):
    pixels = np.full((*shape, 3), 128, np.uint8)
    height, width = shape
    draw_faces(pixels, [face((0.1 * width, 0.1 * height, 0.6 * width, 0.6 * height))])
    draw_rate(pixels, 25.0)
    assert pixels.shape == (*shape, 3) and (pixels != 128).any()


def test_the_rate_is_written_in_the_corner():
    pixels = GREY.copy()
    draw_rate(pixels, 31.4)
    assert (pixels[:8, :8] < 70).all() and (pixels[100:, 200:] == 128).all()
    assert np.abs(pixels[0, 0].astype(int) - (0.82 * PANEL[0] + 0.18 * 128)).max() <= 1


def test_a_frame_without_faces_says_so_below():
    pixels = GREY.copy()
    draw_faces(pixels, [])
    assert (pixels[-6:, :60] < 80).any() and (pixels[:440] == 128).all()


def test_a_panel_that_would_cover_another_face_is_replaced_by_a_line():
    faces = [face((x, y, x + 150, y + 150), track) for track, (x, y) in enumerate([(5, 60), (165, 60), (325, 60)], 1)]
    pixels = GREY.copy()
    draw_faces(pixels, faces)
    for left, top, right, bottom in (seen.box for seen in faces):
        assert (pixels[top + 4:bottom - 4, left + 4:right - 4] == 128).all()
