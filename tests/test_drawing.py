import numpy as np
import pytest
from PIL import Image, ImageChops

from featfer import drawing
from featfer.drawing import BAR, BOX, draw, save_drawing
from featfer.labels import FER7
from featfer.recognizer import Expression

BLEND = (0.04, 0.06, 0.1, 0.4, 0.2, 0.15, 0.05)
EDGES = [(0, 0, 90, 90), (250, 0, 340, 90), (510, 0, 600, 90), (0, 250, 90, 340), (510, 250, 600, 340), (0, 510, 90, 600),
         (250, 510, 340, 600), (510, 510, 600, 600), (-30, -30, 60, 60), (540, 540, 640, 640), (5, 5, 595, 595),
         (-20, -20, 620, 620), (299, 299, 301, 301)]


def expression(box, shares=BLEND):
    probabilities = dict(zip(FER7.names, shares, strict=True))
    return Expression(max(probabilities, key=probabilities.get), probabilities, box, "found", 1.0)


def white(height, width):
    return np.full((height, width, 3), 255, np.uint8)


def panel_box(monkeypatch, image, *expressions):
    """Return where panels change the picture, and the sizes of the panels."""
    sizes, original = [], drawing._panel

    def unseen(*args):
        sizes.append(original(*args).size)
        return Image.new("RGBA", sizes[-1])
    drawn = draw(image, expressions)
    with monkeypatch.context() as patch:
        patch.setattr(drawing, "_panel", unseen)
        bare = draw(image, expressions)
    return ImageChops.difference(drawn, bare).getbbox(), sizes


def test_box_is_drawn_where_the_face_is():
    picture = draw(white(600, 600), [expression((100, 200, 300, 400))])
    assert [picture.getpixel(at) for at in ((100, 300), (300, 390), (200, 200), (200, 400), (100, 200))] == [BOX] * 5
    assert [picture.getpixel(at) for at in ((200, 300), (97, 300), (200, 403), (110, 210))] == [(255, 255, 255)] * 4


def test_box_is_drawn_on_the_enlarged_picture():
    picture = draw(white(48, 48), [expression((10, 10, 30, 30))])
    assert picture.size == (480, 480)
    assert [picture.getpixel(at) for at in ((100, 290), (290, 300))] == [BOX] * 2
    assert picture.getpixel((130, 290)) == (255, 255, 255)


@pytest.mark.parametrize("box", EDGES)
def test_panel_lies_inside_the_picture(monkeypatch, box):
    (left, top, right, bottom), ((width, height),) = panel_box(monkeypatch, white(600, 600), expression(box))
    assert (right - left, bottom - top) == (width, height)


@pytest.mark.parametrize("shape", [(48, 48), (20, 90), (100, 60), (479, 481), (1, 1)])
def test_panel_lies_inside_tiny_pictures(monkeypatch, shape):
    height, width = shape
    face = expression((0.06 * width, 0.06 * height, 0.94 * width, 0.94 * height))
    (left, top, right, bottom), (size,) = panel_box(monkeypatch, white(*shape), face)
    assert (right - left, bottom - top) == size


def test_panel_stands_right_of_the_face_where_there_is_room(monkeypatch):
    (left, top, _, _), _ = panel_box(monkeypatch, white(600, 600), expression((100, 200, 300, 400)))
    assert (left, top) == (300, 200)


def test_panel_stands_left_of_a_face_at_the_right(monkeypatch):
    (_, top, right, _), _ = panel_box(monkeypatch, white(600, 600), expression((350, 200, 550, 400)))
    assert (right, top) == (350, 200)


def test_panel_stands_over_the_bottom_of_a_huge_face(monkeypatch):
    (left, _, _, bottom), _ = panel_box(monkeypatch, white(600, 600), expression((10, 10, 590, 590)))
    assert (left, bottom) == (10, 590)


def test_panel_has_a_line_for_each_expression_of_note():
    full, short = (drawing._panel(expression((0, 0, 9, 9), shares), 12)
                   for shares in (BLEND, (0, 0, 0, 0.7, 0.298, 0.002, 0)))
    assert full.height - short.height == 5 * round(12 * 1.35)


def test_bars_are_as_long_as_their_shares():
    panel = np.asarray(drawing._panel(expression((0, 0, 9, 9), (0, 0, 0, 0.75, 0.25, 0, 0)), 40))[..., :3]
    longest, second = ((panel == colour).all(axis=2).sum(axis=1).max() for colour in (BOX, BAR))
    assert longest / second == pytest.approx(3, abs=0.1)


def test_likeliest_expression_is_named_however_unlikely():
    assert drawing._panel(expression((0, 0, 9, 9), (0.004, 0, 0, 0, 0, 0, 0)), 12).height > 0


def test_every_face_is_drawn():
    picture = draw(white(600, 800), [expression((50, 100, 150, 200)), expression((450, 300, 600, 450))])
    assert [picture.getpixel(at) for at in ((50, 150), (450, 400))] == [BOX] * 2


def test_picture_without_faces_stays_as_it_is():
    image = np.random.default_rng(0).integers(0, 256, (500, 600, 3), np.uint8)
    np.testing.assert_array_equal(np.asarray(draw(image, [])), image)


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
