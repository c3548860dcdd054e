"""Explanations of one face: pictures and words."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.watching import disc, occluded, watching
from PIL import Image

from featfer.bundle.persist import load
from featfer.errors import DataError, ParameterError, StoreError, WriteError
from featfer.explaining import MATTERS, Explanation, describe_feature, explain
from featfer.explaining.nearest import COUNT, Neighbour, find_nearest
from featfer.explaining.occlusion import Inputs, transform_points
from featfer.explaining.pictures import save_nearest, save_regions
from featfer.explaining.regions import find_region_middles
from featfer.expression import Expression
from featfer.faces import find_faces
from featfer.features import Embedding, Landmarks, Stage
from featfer.features.pixels import Pixels
from featfer.images.pixels import read_image, resize, to_rgb

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def face(photo):
    return find_faces(read_image(photo))[0]


@pytest.fixture
def light():
    """A Recognizer that needs no network."""
    return watching([Pixels()], np.ones(Pixels().size, bool))


@pytest.fixture(scope="module")
def explained(tmp_path_factory, bundle, photo, small_store):
    folder = tmp_path_factory.mktemp("explained") / "new" / "folder"
    source = small_store.parent / "fer2013.csv"
    return explain(load(bundle), photo, folder, store=small_store, images=source), folder


def test_every_picture_is_written(explained):
    found, folder = explained
    assert sorted(path.name for path in folder.iterdir()) == ["chip.png", "maps.png", "nearest.png", "regions.png"]
    sizes = {what: Image.open(path).size for what, path in found.pictures.items()}
    assert sizes["chip"] == (600, 600)
    assert all(size[0] > 500 and size[1] > 100 for size in sizes.values())


def test_the_explanation_has_all_results(explained, bundle, photo):
    found, _ = explained
    expression, = load(bundle).predict(photo)[0]
    assert (found.face, found.expression.label, found.expression.probabilities) == (
        1, expression.label, expression.probabilities)
    assert (found.feature, len(found.neighbours), found.maps.layer) == ("the embedding", COUNT, "128x8x8")
    peak = max(found.regions.values())
    assert found.matters_most == (next(iter(found.regions)) if peak >= MATTERS else None)
    assert list(found.regions.values()) == sorted(found.regions.values(), reverse=True)
    plain = found.as_dict()
    assert plain["label"] == expression.label and plain["matters_most"] == found.matters_most
    assert plain["maps"] == {"layer": "128x8x8", "shape": [128, 8, 8]}
    assert set(plain["nearest"][0]) == {"id", "label", "distance", "copy"}


def test_the_landmarks_are_drawn_on_the_chip(tmp_path, light, photo, face):
    dots = {}
    for count in (5, 68):
        explain(light, photo, tmp_path, landmarks=count)
        picture = np.asarray(Image.open(tmp_path / "chip.png")).astype(int)
        points = (transform_points(face.points(count), face.chip_matrix()) + 0.5) * 4
        dots[count] = (np.abs(picture - (213, 94, 0)).max(axis=2) == 0)
        assert all(dots[count][round(y), round(x)] for x, y in points if max(x, y) < 600)
    assert dots[5].sum() == pytest.approx(5 * np.pi * 7**2, rel=0.15)
    assert dots[68].sum() == pytest.approx(68 * np.pi * 4**2, rel=0.25)


def test_colours_show_losses_and_gains(tmp_path, face):
    side = Pixels().side
    mouth = disc(side, find_region_middles(Inputs(face, [Pixels()]).points)["mouth"].mean(axis=0) * side / 150, side / 15)
    expression, found = occluded(watching([Pixels()], mouth), face)
    fig = save_regions(found, expression, tmp_path / "r.png")
    shown = fig.axes[1].images[1]
    low, high = shown.get_clim()
    assert high == -low == pytest.approx(found.heat.max())
    red, _, blue, _ = shown.cmap(shown.norm(high))
    assert red > blue
    assert fig.axes[0].get_title().startswith("happy 90%")
    assert fig.axes[2].get_ylabel() == "happy lost, percentage points"
    fig = save_regions(type(found)(found.pixels, found.points, found.boxes, 0 * found.drops), expression, tmp_path / "r.png")
    assert fig.axes[1].images[1].get_clim() == (-1, 1)


def test_a_model_that_reads_faces_in_grey_is_explained_in_grey(tmp_path, light, photo):
    explain(light, photo, tmp_path / "colour")
    light.grey = True
    found = explain(light, photo, tmp_path / "grey")
    colour, grey = (np.asarray(Image.open(tmp_path / of / "chip.png").convert("RGB")).astype(int) for of in ("colour", "grey"))
    spread = [np.median(np.ptp(chip, axis=2)) for chip in (colour, grey)]
    assert spread[0] > 5 and spread[1] == 0
    assert np.ptp(found.maps.pixels, axis=2).max() == 0


def test_neighbours_without_pixels_are_named(tmp_path, small_store, crops):
    face = find_faces(crops[4])[0]
    feature, found = find_nearest([Stage()], face, small_store)
    expression, = watching([Pixels()], np.array([0])).expressions([face])
    fig = save_nearest(face.crop(), expression, describe_feature(feature), found, tmp_path / "n.png")
    assert len(fig.axes) == COUNT + 1
    assert [len(axes.images) for axes in fig.axes] == [1] + [0] * COUNT
    assert fig.axes[1].get_xlabel() == "fer2013:6\na copy of this image"
    assert fig.axes[2].get_xlabel() == f"{found[1].id}\ndistance {found[1].distance:.3g}"
    assert fig.get_suptitle() == "Nearest training faces by the embedding"


def test_an_explanation_in_words():
    seen = Expression("sad", {"sad": 0.8, "happy": 0.2}, (1.2, 2.0, 3.0, 4.0), "found", 1.0)
    near = [Neighbour("set:1", "sad", 0.0, True), Neighbour("set:2", "happy", 0.1234, False)]
    regions, pictures = {"mouth": 9.6, "chin": 2.0, "nose": 0.2, "left eye": -3.0}, {"chip": Path("out/chip.png")}
    found = Explanation("a.jpg", 2, seen, None, regions, "the embedding", near, pictures)
    assert found.describe() == [
        "a.jpg: face 2 at 1,2 to 3,4: sad 80%, happy 20%",
        "sad hangs most on the mouth (points when covered: mouth -10, chin -2, nose -0)",
        "nearest training faces by the embedding:", "  sad, a copy of this image: set:1", "  happy, distance 0.123: set:2",
        "written: out/chip.png"]
    two = {**pictures, "maps": Path("out/maps.png")}
    assert replace(found, regions={"mouth": 0.9}, neighbours=[], pictures=two).describe()[1:] == [
        "covered, no part of the face alone costs sad a point", "written: out/chip.png, out/maps.png"]


def test_features_in_words():
    assert [describe_feature(feature) for feature in (Embedding(), Stage("64x17x17"), Landmarks())] == [
        "the embedding", "the stage 64x17x17", "the landmarks"]


def test_faces_are_counted_as_they_are_predicted(tmp_path, light, photo):
    image = read_image(photo)
    Image.fromarray(np.hstack([image, resize(to_rgb(image), 600, 512)])).save(tmp_path / "two.png")
    boxes = [expression.box for expression in light.predict(tmp_path / "two.png")[0]]
    assert len(boxes) == 2
    assert explain(light, tmp_path / "two.png", tmp_path / "out", face=2).expression.box == boxes[1]
    for number in (0, 3):
        with pytest.raises(ParameterError, match=f"face {number}: .*two.png has 2 faces, numbered from 1"):
            explain(light, tmp_path / "two.png", tmp_path / "none", face=number)


def test_an_open_file_is_explained_like_its_path(tmp_path, light, photo):
    found = explain(light, io.BytesIO(photo.read_bytes()), tmp_path / "out")
    assert (found.image, found.expression) == ("a BytesIO", light.predict(photo)[0][0])


@pytest.mark.parametrize("make", [bytes, io.BytesIO, lambda content: read_image(content)], ids=["bytes", "file", "array"])
def test_an_image_without_a_name_and_a_face_is_named_in_few_words(tmp_path, light, make):
    file = io.BytesIO()
    Image.new("L", (100, 100), 128).save(file, "png")
    image = make(file.getvalue())
    with pytest.raises(DataError, match=f"^a {type(image).__name__}: no face found; "):
        explain(light, image, tmp_path / "out")


def test_another_detector_finds_the_face(tmp_path, light, photo):
    (expression,), = light.predict(photo, "whole")
    found = explain(light, photo, tmp_path / "out", detector="whole").expression
    assert (found.box, found.status) == (expression.box, "whole-image")
    assert explain(light, photo, tmp_path / "out").expression.status == "found"


def test_nothing_is_written_if_something_is_wrong(tmp_path, light, photo):
    out = tmp_path / "out"
    with pytest.raises(DataError, match="no such file"):
        explain(light, tmp_path / "none.jpg", out)
    with pytest.raises(ParameterError, match="landmarks 6 is none of 5, 68"):
        explain(light, photo, out, landmarks=6)
    with pytest.raises(ParameterError, match="maps 'pool9'"):
        explain(light, photo, out, maps="pool9")
    with pytest.raises(StoreError, match="no feature store"):
        explain(light, photo, out, store=tmp_path / "nowhere")
    assert not out.exists()
    Image.open(photo).save(tmp_path / "chip.png")
    before = (tmp_path / "chip.png").read_bytes()
    with pytest.raises(WriteError, match=r"chip\.png: cannot be written \(it is read by the same command"):
        explain(light, tmp_path / "chip.png", tmp_path)
    assert (tmp_path / "chip.png").read_bytes() == before
