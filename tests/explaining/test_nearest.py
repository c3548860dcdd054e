"""The training faces most similar to a face."""

from dataclasses import replace

import numpy as np
import pytest

from featfer.errors import DataError, StoreError
from featfer.explaining.nearest import COUNT, find_nearest
from featfer.faces import find_faces
from featfer.features import Embedding, Landmarks, Stage
from featfer.features.geometry import Geometry
from featfer.images.pixels import read_image
from featfer.labels import FER7
from featfer.store.opening import open_table

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def face(photo):
    return find_faces(read_image(photo))[0]


def test_nearest_are_the_training_faces_in_order(small_store, face):
    feature, found = find_nearest([Stage()], face, small_store)
    table = open_table(small_store, [Embedding()])
    train = table.rows(table.splits == "train")
    distances = np.linalg.norm(train.features - Embedding().transform([face]), axis=1)
    assert (feature.name, len(found)) == ("embedding", COUNT)
    assert [near.id for near in found] == train.ids[np.argsort(distances)[:COUNT]].tolist()
    np.testing.assert_allclose([near.distance for near in found], np.sort(distances)[:COUNT], rtol=1e-4)
    assert [near.label for near in found] == [FER7.names[label] for label in train.labels[np.argsort(distances)[:COUNT]]]
    assert not any(near.is_duplicate for near in found) and {near.pixels is None for near in found} == {True}


def test_a_duplicate_is_named_and_shown(small_store, crops):
    source = small_store.parent / "fer2013.csv"
    _, found = find_nearest([Stage()], find_faces(crops[4])[0], small_store, images=source)
    assert (found[0].id, found[0].label, found[0].is_duplicate) == ("fer2013:6", FER7.names[4], True)
    assert found[0].distance == pytest.approx(0, abs=1e-4)
    assert not any(near.is_duplicate for near in found[1:])
    np.testing.assert_array_equal(found[0].pixels, crops[4])
    assert not np.array_equal(found[1].pixels, crops[4])
    _, held_out = find_nearest([Stage()], find_faces(crops[20])[0], small_store)
    assert not any(near.is_duplicate for near in held_out)


def test_without_embeddings_the_models_own_feature_is_compared(tmp_path, small_store, face, made_table):
    landmarks = open_table(small_store, [Landmarks()])
    landmarks.save(tmp_path / "landmarks.npz")
    feature, found = find_nearest([Landmarks()], face, tmp_path / "landmarks.npz")
    assert (feature.name, len(found)) == ("landmarks", COUNT)
    with pytest.raises(StoreError, match="holds landmarks"):
        find_nearest([Geometry()], face, tmp_path / "landmarks.npz")
    replace(made_table, splits=np.full(350, "test")).save(tmp_path / "test.npz")
    with pytest.raises(StoreError, match="no labelled rows in split 'train'"):
        find_nearest([Geometry()], face, tmp_path / "test.npz")


def test_images_of_another_data_set_are_refused(tmp_path, small_store, face, photo):
    other = tmp_path / "fer2013.csv"
    other.write_text((small_store.parent / "fer2013.csv").read_text() + "\n")
    with pytest.raises(DataError, match=r"not what fer2013\.csv in .* was extracted from"):
        find_nearest([Stage()], face, small_store, images=other)
    with pytest.raises(StoreError, match="fer2013: not a store's folder"):
        find_nearest([Stage()], face, "fer2013", images=other)
