"""Images read as the first step of a pipeline, and what counts as one image or several."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from PIL import Image

import featfer
from featfer.errors import DataError, ParameterError
from featfer.images.loader import ImageLoader
from featfer.images.pixels import read_image


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Two images of different sizes, grey and RGB."""
    folder, draw = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    for name, shape in (("grey.png", (20, 30)), ("rgb.png", (25, 15, 3))):
        Image.fromarray(draw.integers(0, 256, shape, np.uint8)).save(folder / name)
    return [str(folder / name) for name in ("grey.png", "rgb.png")]


SEVERAL = {
    "list": list, "tuple": tuple, "iterator": iter, "array": np.array, "objects": lambda paths: np.array(paths, object),
    "column": lambda paths: np.array(paths)[:, None], "Series": pd.Series, "polars": pl.Series,
    "strings": lambda paths: pd.Series(paths, dtype="string"), "frame": lambda paths: pd.DataFrame({"path": paths}),
    "polars frame": lambda paths: pl.DataFrame({"path": paths}), "pixels": lambda paths: [read_image(path) for path in paths],
    "PIL": lambda paths: [Image.open(path) for path in paths],
    "open files": lambda paths: [io.BytesIO(Path(path).read_bytes()) for path in paths],
}


@pytest.mark.parametrize("form", SEVERAL.values(), ids=SEVERAL)
def test_several_images_are_read_in_order(paths, form):
    found = ImageLoader().fit_transform(form(paths))
    assert isinstance(found, list)
    assert [image.shape for image in found] == [(20, 30), (25, 15, 3)]
    np.testing.assert_array_equal(found[1], read_image(paths[1]))


@pytest.mark.parametrize("form", [str, np.array, Path, Image.open, read_image, lambda path: Path(path).read_bytes(),
                                  lambda path: io.BytesIO(Path(path).read_bytes())])
def test_one_image_is_a_list_of_one(paths, form):
    [found] = ImageLoader().transform(form(paths[1]))
    np.testing.assert_array_equal(found, read_image(paths[1]))


def test_an_array_with_one_more_axis_is_several_images():
    assert [image.shape for image in ImageLoader().transform(np.zeros((2, 8, 9), np.uint8))] == [(8, 9)] * 2


@pytest.mark.parametrize(("images", "words"), [
    (42, "image 1 is of type int: give file names, bytes,"), (None, "image 1 is of type NoneType"),
    ({"a.jpg": 1}, "image 1 is of type dict"), ([["a.jpg"]], "image 1 is of type list"), ([np.nan], "image 1 is of type float"),
    (np.arange(3), "image 1 is of type int64"), (np.array([["a", "b"]]), r"\(1, 2\): give the names of images as \(n,\)"),
    (pd.DataFrame({"a": ["x"], "b": ["y"]}), "images in a DataFrame with the columns a, b: give the one"),
])
def test_what_is_no_image_is_refused_in_one_line(images, words):
    with pytest.raises(ParameterError, match=words):
        ImageLoader().transform(images)


def test_an_unreadable_file_is_named(tmp_path, paths):
    with pytest.raises(DataError, match=r"nowhere\.png: no such file"):
        ImageLoader().transform([*paths, tmp_path / "nowhere.png"])


def test_images_of_a_series_keep_its_index_where_pandas_is_asked_for(paths):
    series, loader = pd.Series(paths, index=[7, 9]), ImageLoader()
    assert type(sklearn.clone(loader.set_output(transform="polars")).transform(series)) is list
    for found in (sklearn.clone(loader.set_output(transform="pandas")).transform(series), loader.transform(series.to_frame())):
        assert found.index.tolist() == [7, 9]
        np.testing.assert_array_equal(found[9], read_image(paths[1]))
    same = loader.transform(pd.Series([paths[0]] * 2, index=[1, 2]))
    assert [image.shape for image in same] == [(20, 30)] * 2
    assert type(loader.transform(paths)) is list
    with sklearn.config_context(transform_output="pandas"):
        assert ImageLoader().transform(series).index.tolist() == [7, 9]


def test_it_has_no_parameters_and_one_output():
    loader = featfer.ImageLoader()
    assert loader.get_params() == {}
    assert loader.get_feature_names_out().tolist() == ["image"]
    assert repr(loader) == "ImageLoader()"
