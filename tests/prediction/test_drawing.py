from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageChops

from featfer.expression import Expression
from featfer.labels import FER7
from featfer.prediction import drawing
from featfer.prediction.drawing import BAR, BOX, GREY, draw, save_drawing
from featfer.prediction.placing import covered_area

BLEND = (0.04, 0.06, 0.1, 0.4, 0.2, 0.15, 0.05)
EDGES = [(0, 0, 90, 90), (250, 0, 340, 90), (510, 0, 600, 90), (0, 250, 90, 340), (510, 250, 600, 340), (0, 510, 90, 600),
         (250, 510, 340, 600), (510, 510, 600, 600), (-30, -30, 60, 60), (540, 540, 640, 640), (299, 299, 301, 301)]


def expression(box, values=BLEND):
    probabilities = dict(zip(FER7.names, values, strict=True))
    return Expression(max(probabilities, key=probabilities.get), probabilities, box, "found", 1.0)


def white(height, width):
    return np.full((height, width, 3), 255, np.uint8)


def below(picture, height):
    """Return the part of an annotated image that is below the image."""
    return picture.crop((0, height, picture.width, picture.height))


def tags_of(monkeypatch, image, expressions):
    """Return the annotated image, and the box of each panel or tag."""
    found, original = [], drawing._paste

    def noted(picture, panels, places):
        found.extend(places)
        return original(picture, panels, places)
    with monkeypatch.context() as patch:
        patch.setattr(drawing, "_paste", noted)
        return draw(image, expressions), found


def panel_box(monkeypatch, image, *expressions):
    """Return where panels change the image, and the sizes of the panels."""
    sizes, original = [], drawing._make_panel

    def without_image(*args):
        sizes.append(original(*args).size)
        return Image.new("RGBA", sizes[-1])
    drawn = draw(image, expressions)
    with monkeypatch.context() as patch:
        patch.setattr(drawing, "_make_panel", without_image)
        bare = draw(image, expressions)
    return ImageChops.difference(drawn, bare).getbbox(), sizes


def test_box_is_drawn_where_the_face_is():
    picture = draw(white(600, 600), [expression((100, 200, 300, 400))])
    assert [picture.getpixel(at) for at in ((100, 300), (300, 390), (200, 200), (200, 400), (100, 200))] == [BOX] * 5
    assert [picture.getpixel(at) for at in ((200, 300), (97, 300), (200, 403), (110, 210))] == [(255, 255, 255)] * 4


def test_an_unsure_face_has_grey_bars_below_the_word(monkeypatch):
    def colours(seen):
        picture = np.asarray(draw(white(600, 600), [seen]))[:, 300:]
        return {colour: int((picture == colour).all(axis=2).sum()) for colour in (BOX, BAR, GREY)}
    sure = expression((100, 200, 300, 400))
    unsure = sure.rejected_below(1.0)
    before, after = colours(sure), colours(unsure)
    assert before[GREY] < 50 < before[BAR]  # a few pixels are those of letters
    assert after[BAR] == 0 and after[GREY] > 50
    assert panel_box(monkeypatch, white(600, 600), unsure)[1][0][1] > panel_box(monkeypatch, white(600, 600), sure)[1][0][1]


def test_a_face_unlike_the_training_faces_has_a_line_more(monkeypatch):
    sure = expression((100, 200, 300, 400))
    _, ((_, height),) = panel_box(monkeypatch, white(600, 600), sure)
    _, ((_, higher),) = panel_box(monkeypatch, white(600, 600), replace(sure, novelty=1.0))
    assert higher > height
    assert panel_box(monkeypatch, white(600, 600), replace(sure, novelty=0.5))[1][0][1] == height


def test_the_box_of_a_faint_face_is_dashed():
    sure = expression((100, 200, 300, 400))
    edges = [np.asarray(draw(white(600, 600), [face]))[200:401, 100] for face in (sure, replace(sure, status="faint"))]
    solid, dashed = ((edge == BOX).all(axis=1) for edge in edges)
    assert solid.all()
    assert 0.4 < dashed.mean() < 0.6
    assert np.abs(np.diff(dashed.astype(int))).sum() >= 6


def test_box_is_drawn_on_the_enlarged_picture():
    picture = draw(white(48, 48), [expression((10, 10, 30, 30))])
    assert picture.size == (480, 480)
    assert [picture.getpixel(at) for at in ((100, 290), (290, 300))] == [BOX] * 2
    assert picture.getpixel((130, 290)) == (255, 255, 255)


@pytest.mark.parametrize("box", EDGES)
def test_panel_lies_inside_the_image(monkeypatch, box):
    (left, top, right, bottom), ((width, height),) = panel_box(monkeypatch, white(600, 600), expression(box))
    assert (right - left, bottom - top) == (width, height)


@pytest.mark.parametrize("shape", [(48, 48), (20, 90), (100, 60), (479, 481), (1, 1), (600, 600)])
def test_bars_of_a_face_that_fills_the_image_are_below_it(shape):
    height, width = shape
    grey = np.full(shape, 128, np.uint8)
    picture = draw(grey, [expression((0.06 * width, 0.06 * height, 0.94 * width, 0.94 * height))])
    scale = picture.width // width
    assert picture.width == width * scale and picture.height > height * scale + 7 * 12
    inside = np.asarray(picture)[round(0.06 * height * scale) + 6:round(0.94 * height * scale) - 6,
                                 round(0.06 * width * scale) + 6:round(0.94 * width * scale) - 6]
    assert (inside == 128).all()
    assert {BOX, BAR, drawing.PANEL} <= {colour for _, colour in below(picture, height * scale).getcolors(1 << 20)}


def test_panel_is_right_of_the_face_if_there_is_room(monkeypatch):
    (left, top, _, _), _ = panel_box(monkeypatch, white(600, 600), expression((100, 200, 300, 400)))
    assert (left, top) == (300, 200)


def test_panel_is_left_of_a_face_at_the_right(monkeypatch):
    (_, top, right, _), _ = panel_box(monkeypatch, white(600, 600), expression((350, 200, 550, 400)))
    assert (right, top) == (350, 200)


def test_panel_leaves_out_expressions_that_round_to_0_percent():
    full, short = (drawing._make_panel(expression((0, 0, 9, 9), values), 12)
                   for values in (BLEND, (0, 0, 0, 0.7, 0.298, 0.002, 0)))
    assert full.height - short.height == 5 * round(12 * 1.35)


def test_bars_are_as_long_as_their_probabilities():
    panel = np.asarray(drawing._make_panel(expression((0, 0, 9, 9), (0, 0, 0, 0.75, 0.25, 0, 0)), 40))[..., :3]
    longest, second = ((panel == colour).all(axis=2).sum(axis=1).max() for colour in (BOX, BAR))
    assert longest / second == pytest.approx(3, abs=0.1)


def test_likeliest_expression_is_named_however_unlikely():
    assert drawing._make_panel(expression((0, 0, 9, 9), (0.004, 0, 0, 0, 0, 0, 0)), 12).height > 0


def test_every_face_is_drawn():
    picture = draw(white(600, 800), [expression((50, 100, 150, 200)), expression((450, 300, 600, 450))])
    assert [picture.getpixel(at) for at in ((50, 150), (450, 400))] == [BOX] * 2


def test_image_without_faces_says_so_in_its_corner():
    image = np.random.default_rng(0).integers(0, 256, (500, 600, 3), np.uint8)
    drawn = np.asarray(draw(image, []))
    assert drawn.shape == image.shape
    assert (drawn[:15, :80] != image[:15, :80]).any(axis=2).mean() > 0.9
    np.testing.assert_array_equal(drawn[30:], image[30:])


# -- several faces ----------------------------------------------------------------------------------------------------

CROWD = [(x, y, x + 60, y + 60) for y in range(0, 440, 75) for x in range(0, 1140, 150)]
GROUPS = {"two": [(100, 100, 250, 250), (500, 120, 640, 260)], "edges": EDGES[:8], "crowd": CROWD,
          "side by side": [(x, 200, x + 100, 300) for x in range(0, 600, 100)],
          "one within another": [(100, 100, 500, 500), (200, 200, 260, 260)]}


@pytest.mark.parametrize("name", [name for name in GROUPS if name != "one within another"])
def test_numbers_and_panels_keep_clear_of_all_faces_and_of_each_other(monkeypatch, name):
    boxes = GROUPS[name]
    _, places = tags_of(monkeypatch, white(600, 1200), [expression(box) for box in boxes])
    assert len(places) == len(boxes)
    for at, place in enumerate(places):
        assert 0 <= place[0] < place[2] <= 1200 and 0 <= place[1] < place[3] <= 600
        assert covered_area(place, [*boxes, *places[:at]]) == 0


@pytest.mark.parametrize("name", GROUPS)
def test_the_bars_of_several_faces_are_below_the_image(name):
    faces = [expression(box) for box in GROUPS[name]]
    picture = draw(white(600, 1200), faces)
    assert picture.width == 1200
    if picture.height > 600:
        bars = np.asarray(below(picture, 600))
        numbers = (bars == BOX).all(axis=2)
        assert numbers.sum() > 100 * len(faces)
    for left, top, right, bottom in GROUPS[name][:2] if name == "two" else ():
        assert (np.asarray(picture)[top + 6:bottom - 6, left + 6:right - 6] == 255).all()


def test_two_faces_with_room_have_all_their_bars_beside_them(monkeypatch):
    picture, places = tags_of(monkeypatch, white(600, 1200), [expression(box) for box in GROUPS["two"]])
    assert picture.size == (1200, 600)
    assert all(bottom - top > 7 * 12 for _, top, _, bottom in places)


def test_many_faces_have_a_number_and_a_label_beside_them_and_bars_below(monkeypatch):
    picture, places = tags_of(monkeypatch, white(600, 1200), [expression(box) for box in CROWD[::4]])
    assert picture.height > 600
    assert all(bottom - top < 3 * 14 and right - left > 60 for left, top, right, bottom in places)


def test_one_face_has_no_number():
    one = expression((0, 0, 9, 9))
    assert drawing._make_panel(one, 12).width < drawing._make_panel(one, 12, "1").width


def test_grey_and_rgb_are_drawn_alike():
    grey = np.random.default_rng(0).integers(0, 256, (500, 600), np.uint8)
    face = [expression((100, 100, 300, 300))]
    assert draw(grey, face).tobytes() == draw(np.repeat(grey[..., None], 3, axis=2), face).tobytes()


def test_image_is_left_as_it_was():
    image = white(600, 600)
    draw(image, [expression((100, 100, 300, 300))])
    assert (image == 255).all()


def test_drawing_is_the_same_every_time(tmp_path):
    for name in ("a.png", "b.png"):
        save_drawing(white(600, 600), [expression((100, 100, 300, 300))], tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(("name", "kind"), [("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.WEBP", "WEBP")])
def test_suffix_says_the_format(tmp_path, name, kind):
    save_drawing(white(600, 600), [expression((100, 100, 300, 300))], tmp_path / name)
    with Image.open(tmp_path / name) as image:
        assert (image.format, image.size) == (kind, (600, 600))
