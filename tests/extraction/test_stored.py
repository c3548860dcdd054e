"""A store as the cache of a step in a pipeline."""

import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

import featfer
from featfer.errors import DataError, ParameterError, StoreError
from featfer.extraction.run import extract
from featfer.extraction.stored import StoredFeatures
from featfer.features import Hog, Landmarks, Stage
from featfer.store.store import Store


@pytest.fixture
def paths(tmp_path, crops):
    """Files of four crops."""
    from PIL import Image
    for i, crop in enumerate(crops[:4]):
        Image.fromarray(crop).save(tmp_path / f"{i}.png")
    return [str(tmp_path / f"{i}.png") for i in range(4)]


@pytest.fixture
def computed(monkeypatch):
    """The number of images in each call that computes features."""
    from featfer.extraction import chunks
    counts, compute = [], chunks.compute

    def count(store, features, files, chunk):
        counts.append(len(chunk.keys))
        return compute(store, features, files, chunk)
    monkeypatch.setattr("featfer.extraction.stored.compute", count)
    return counts


def test_each_image_is_computed_once(paths, tmp_path, computed):
    step = StoredFeatures(tmp_path / "store", Landmarks())
    expected = Landmarks().transform(paths)
    np.testing.assert_array_equal(step.transform([paths[0], paths[1], paths[0]]), expected[[0, 1, 0]])
    np.testing.assert_array_equal(clone(step).transform(pd.Series(paths)), expected)
    np.testing.assert_array_equal(step.transform(paths[3]), expected[3:])
    assert computed == [2, 2]
    assert Store(tmp_path / "store").check()["damaged"] == {}


def test_what_an_extraction_stored_is_read(paths, tmp_path, computed, monkeypatch):
    for name, path in zip(("happy", "sad"), paths, strict=False):
        (tmp_path / "set" / name).mkdir(parents=True)
        shutil.copy(path, tmp_path / "set" / name / "face.png")
    extract(tmp_path / "set", tmp_path / "store", [Stage("256x2x2")], jobs=1)
    step = StoredFeatures(tmp_path / "store", Stage("256x2x2"))
    expected = Stage("256x2x2").transform(paths[:2]).astype(np.float16)
    np.testing.assert_array_equal(step.transform(paths[:2]), expected)
    assert computed == []
    assert step.transform(paths[:2]).dtype == np.float32
    assert step.set_params(feature__stage="256x4x4", single=False).transform(paths[:2]).shape == (2, 4096)
    assert computed == [2]


def test_an_extraction_reads_what_was_stored_here(paths, tmp_path):
    (tmp_path / "set").mkdir()
    shutil.copy(paths[0], tmp_path / "set" / "face.png")
    StoredFeatures(tmp_path / "store", Hog("16"), single=False).transform(paths[0])
    assert extract(tmp_path / "set", tmp_path / "store", [Hog("16")], jobs=1).computed == 0


def test_it_is_a_step_of_a_pipeline(paths, tmp_path):
    model = make_pipeline(featfer.StoredFeatures(tmp_path / "store", featfer.ActionUnits()), SVC()).fit(paths, [0, 1, 0, 1])
    assert model.predict(paths).shape == (4,)
    frame = model[:-1].set_output(transform="pandas").transform(pd.Series(paths, index=[5, 6, 7, 8]))
    assert frame.columns[0] == "AU1" and frame.index.tolist() == [5, 6, 7, 8]
    assert StoredFeatures(tmp_path / "store", Hog("16")).transform([]).shape == (0, 1152)


def test_an_unreadable_image_is_named_each_time(paths, tmp_path):
    step = StoredFeatures(tmp_path / "store", Landmarks())
    (tmp_path / "text.png").write_text("no image")
    for _ in range(2):
        with pytest.raises(DataError, match=r"text\.png: not a readable image"):
            step.transform([paths[0], tmp_path / "text.png"])
    with pytest.raises(DataError, match=r"nowhere\.png: no such file"):
        step.transform([paths[0], str(tmp_path / "nowhere.png")])
    assert step.transform(paths[:1]).shape == (1, 136)


@pytest.mark.parametrize(("change", "images", "error", "words"), [
    ({}, [np.zeros((8, 8))], ParameterError, "image 1 is of type ndarray: a store knows images by their files"),
    ({}, 42, ParameterError, "image 1 is of type int"), ({"feature": "hog"}, [], ParameterError, "feature 'hog': give one of"),
    ({"store": None}, [], ParameterError, "store None: give the name"),
    ({"feature": Hog("x")}, [], ParameterError, "cell 'x' is not a whole number"),
])
def test_what_cannot_be_looked_up_is_refused(tmp_path, change, images, error, words):
    with pytest.raises(error, match=words):
        StoredFeatures(tmp_path / "store", Landmarks()).set_params(**change).transform(images)


def test_another_folder_is_left_alone(paths, tmp_path):
    with pytest.raises(StoreError, match="a folder with other things in it"):
        StoredFeatures(tmp_path, Landmarks()).transform(paths)
