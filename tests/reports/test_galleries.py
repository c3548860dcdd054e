import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from featfer.labels import FER3, FER6
from featfer.reports.galleries import draw_blends, draw_feature_maps, draw_wrong_predictions

DPI = 110
GREEN, BLUE, LIGHT = (0, 158, 115), (0, 114, 178), (86, 180, 233)


@pytest.fixture
def faces():
    """30 grey images of 48x48, each of one shade, uint8."""
    return np.repeat(np.arange(100, 190, 3, dtype=np.uint8), 48 * 48).reshape(30, 48, 48)


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def measure_colour(image, colour):
    """Return the fraction of a picture's pixels that have a colour."""
    return (np.abs(image - colour).max(axis=2) <= 2).mean()


def captions(fig):
    """Return the texts of a figure that are not empty."""
    return [text.get_text() for text in fig.findobj(Text) if text.get_text()]


def list_images(fig):
    """Return the images in a figure, row by row."""
    return [np.asarray(image.get_array()) for axes in fig.axes for image in axes.images]


def test_wrong_predictions_are_captioned(tmp_path, faces):
    truth = np.arange(30) % 3
    predicted = np.where(np.arange(30) < 20, truth, 0)
    fig = draw_wrong_predictions(faces, truth, predicted, FER3.names, tmp_path / "w.png")
    assert captions(fig).count("true: sad,\npredicted: happy") == 3
    assert captions(fig).count("true: neutral,\npredicted: happy") == 4
    assert "7 of the 7 wrong predictions on 30 images" in captions(fig)
    assert [image[0, 0] for image in list_images(fig)] == faces[(truth != predicted), 0, 0].tolist()
    image = pixels(tmp_path / "w.png")
    assert image.shape[1] == 10 * DPI and 1.5 * DPI < image.shape[0] < 2.5 * DPI
    assert measure_colour(image, (160, 160, 160)) > 0.02  # one of the faces: its shade as it is


def test_no_more_wrong_predictions_than_asked_for(tmp_path, faces):
    truth, predicted = np.zeros(30, int), np.ones(30, int)
    shades = []
    for seed in (0, 0, 1):
        fig = draw_wrong_predictions(faces, truth, predicted, FER3.names, tmp_path / "w.png", most=5, seed=seed)
        shades.append([int(image[0, 0]) for image in list_images(fig)])
        assert "5 of the 30 wrong predictions on 30 images" in captions(fig)
    assert shades[0] == shades[1] == sorted(shades[0])
    assert len(set(shades[0])) == 5 and shades[0] != shades[2]


def test_nothing_wrong(tmp_path, faces):
    truth = np.zeros(30, int)
    fig = draw_wrong_predictions(faces, truth, truth, FER3.names, tmp_path / "w.png")
    assert captions(fig) == ["0 of the 0 wrong predictions on 30 images"]
    assert pixels(tmp_path / "w.png").shape[1] == 10 * DPI


def test_blends_have_a_bar_for_every_class(tmp_path, faces):
    probabilities = np.full((8, 6), 0.1)
    probabilities[:, 2] = 0.5
    truth = np.array([2, 5] * 4)
    fig = draw_blends(faces[:8], probabilities, FER6.names, tmp_path / "b.png", truth)
    panels = [axes for axes in fig.axes if axes.patches]
    assert (len(list_images(fig)), len(panels)) == (8, 8)
    assert [bar.get_width() for bar in panels[0].patches] == pytest.approx([0.1, 0.1, 0.5, 0.1, 0.1, 0.1])
    assert [label.get_text() for label in panels[5].get_yticklabels()] == list(FER6.names)
    assert [captions(fig).count(caption) for caption in ("true: happy", "true: neutral", "50%", "10%")] == [4, 4, 8, 40]
    assert fig.get_suptitle() == "Probability of each class; dark: the likeliest; green: the truth"
    image = pixels(tmp_path / "b.png")
    assert image.shape[1] == 12 * DPI and 2.5 * DPI < image.shape[0] < 3.5 * DPI
    # green: half a bar of 0.5 and half of 0.1 a face; dark: half of 0.5; light: four of 0.1, and half of a fifth
    assert measure_colour(image, GREEN) / measure_colour(image, BLUE) == pytest.approx(1.2, rel=0.1)
    assert measure_colour(image, LIGHT) / measure_colour(image, BLUE) == pytest.approx(1.8, rel=0.1)


def test_blends_without_truth_have_no_caption_and_no_green(tmp_path, faces):
    fig = draw_blends(faces[:3], np.full((3, 3), 1 / 3), FER3.names, tmp_path / "b.png")
    assert not any(caption.startswith("true") for caption in captions(fig))
    assert fig.get_suptitle() == "Probability of each class; dark: the likeliest"
    assert measure_colour(pixels(tmp_path / "b.png"), GREEN) == 0


def test_feature_maps_are_beside_their_image(tmp_path, faces):
    maps = np.zeros((40, 6, 6))
    maps[:20, :3], maps[20:] = 7, np.arange(6)  # half of it white; brighter to the right
    fig = draw_feature_maps(maps, tmp_path / "m.png", "40 x 6 x 6", faces[0])
    face, mosaic = list_images(fig)
    assert (face.shape, mosaic.shape) == ((48, 48), (3 * 26, 16 * 26))
    assert [captions(fig), fig.axes[1].images[0].get_clim()] == [["40 x 6 x 6"], (0, 1)]
    cells = mosaic.reshape(3, 26, 16, 26).swapaxes(1, 2).reshape(48, 26, 26)[:, :24, :24]
    np.testing.assert_array_equal(cells[0], np.repeat([1.0, 0.0], 12)[:, None].repeat(24, axis=1))
    np.testing.assert_allclose(cells[39, 0, ::4], np.arange(6) / 5)
    assert np.isnan(cells[40:].astype(float)).all()
    image = pixels(tmp_path / "m.png")
    assert 9 * DPI < image.shape[1] < 12 * DPI
    assert measure_colour(image, (100, 100, 100)) > 0.03
    assert measure_colour(image, (0, 0, 0)) > 0.1


def test_feature_maps_alone_and_without_range(tmp_path):
    fig = draw_feature_maps(np.full((4, 3, 3), 5.0), tmp_path / "m.png", "4 x 3 x 3", columns=4)
    (mosaic,) = list_images(fig)
    assert mosaic.shape == (26, 4 * 26)
    assert set(mosaic[np.isfinite(mosaic)]) == {0.0}


def test_colours_stay_and_pictures_are_the_same_every_time(tmp_path):
    red = np.zeros((2, 48, 48, 3), np.uint8) + np.array([200, 30, 30], np.uint8)
    for name in "ab":
        draw_wrong_predictions(red, np.array([0, 1]), np.array([1, 0]), FER3.names, tmp_path / f"{name}.png")
    assert measure_colour(pixels(tmp_path / "a.png"), (200, 30, 30)) > 0.05
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
