"""JAFFE's flat folder."""

import re

import numpy as np
import pytest
from PIL import Image

from featfer.datasets import DATASETS, find_dataset
from featfer.datasets.jaffe import digest, load
from featfer.errors import DataError
from featfer.labels import FER7

NAMES = ("KA.AN1.39.tiff", "KA.DI1.42.tiff", "KL.FE1.174.tiff", "KL.HA2.159.tiff", "KM.NE1.1.tiff", "KM.SA5.13.tiff",
         "YM.SU2.60.tiff")


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "jaffe"
    root.mkdir()
    for i, name in enumerate(NAMES):
        Image.new("L", (256, 256), i).save(root / name)
    (root / "README_FIRST.txt").write_text("by Lyons, Kamachi and Gyoba")
    return root


def test_names_tell_label_and_subject(folder):
    faces = load(str(folder))
    assert [FER7.names[label] for label in faces.labels] == ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
    assert faces.subjects.tolist() == ["KA", "KA", "KL", "KL", "KM", "KM", "YM"]
    assert set(faces.splits) == {""}
    assert (faces.label_set, faces.single, list(faces.ids)) == (FER7, True, list(NAMES))
    assert [int(image.read()[0, 0]) for image in faces.images] == list(range(7))
    assert faces.labels.dtype == np.int16


def test_it_is_recognized_by_its_names(folder):
    assert find_dataset(folder) is DATASETS["jaffe"]
    assert digest(folder) == load(folder).digest


def test_another_image_is_named(folder):
    Image.new("L", (8, 8)).save(folder / "cover.png")
    with pytest.raises(DataError, match=re.escape(f"{folder / 'cover.png'}: not a name of JAFFE's, such as KA.AN1")):
        load(folder)
    faces = load(folder, skip_bad=True)
    assert (len(faces), len(faces.skipped)) == (7, 1)
