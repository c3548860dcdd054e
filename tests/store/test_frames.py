from dataclasses import replace

import numpy as np
import pytest

from featfer.errors import ParameterError
from featfer.features import Embedding, Landmarks
from featfer.labels import FER7
from featfer.store.opening import open_table
from featfer.store.store import Store


def test_a_table_in_words(made_table):
    assert repr(made_table) == "FeatureTable(made: 350 faces, embedding (128), labels fer7, splits train 210, val 70, test 70)"
    bare = replace(made_table.rows(slice(0, 0)), label_set=None, source="a\nb")
    assert repr(bare) == "FeatureTable(a\\nb: 0 faces, embedding (128), no labels, no splits)"


def test_a_table_as_a_frame(made_table):
    labels = made_table.labels.copy()
    labels[1] = -1
    frame = replace(made_table, labels=labels, boxes=np.tile(np.arange(4, dtype=np.float32), (350, 1))).to_frame()
    assert list(frame.columns[:10]) == ["id", "split", "label", "status", "left", "top", "right", "bottom", "group",
                                        "embedding_0"]
    assert frame.shape == (350, 9 + 128)
    assert frame.loc[0, ["id", "split", "label", "status", "bottom"]].tolist() == ["made:0", "train", "angry", "found", 3]
    assert frame["label"].isna().tolist()[:3] == [False, True, False]
    np.testing.assert_array_equal(frame[[f"embedding_{i}" for i in range(128)]].to_numpy(), made_table.features)


def test_a_frame_has_what_else_is_known(made_table):
    votes = np.eye(7, dtype=np.float32)[made_table.labels]
    table = replace(made_table, subjects=np.array([f"s{i % 5}" for i in range(350)]), votes=votes,
                    affect=np.tile(np.array([0.5, np.nan], np.float32), (350, 1)))
    frame = table.to_frame()
    assert frame.loc[3, ["subject", "valence", "votes_happy", "votes_sad"]].tolist() == ["s3", 0.5, 1.0, 0.0]
    assert frame["arousal"].isna().all()
    assert [name for name in frame.columns if name.startswith("votes_")] == [f"votes_{name}" for name in FER7.names]


def test_features_side_by_side_have_names_of_their_own(small_store):
    frame = open_table(small_store, "embedding,landmarks").to_frame()
    assert frame.shape == (42, 9 + 128 + 136)
    assert list(frame.columns[-2:]) == ["x68", "y68"]


def test_a_store_in_words(small_store, tmp_path):
    assert repr(Store(small_store)) == f"Store({small_store}: fer2013.csv (42 images); embedding, landmarks)"
    assert repr(Store(tmp_path / "new", create=True)) == f"Store({tmp_path / 'new'}: no images; no features)"


def test_a_damaged_store_says_so(tmp_path):
    store = Store(tmp_path / "new", create=True)
    store.open_feature(Landmarks())
    (store.folder / "features" / Landmarks().key / "fingerprint.json").write_text("{")
    assert repr(store) == f"Store({store.folder}: damaged, see `featfer store check {store.folder}`)"


@pytest.mark.parametrize("features", ["embedding", ["embedding"], Embedding(), [Embedding()]])
def test_a_table_is_opened_with_features_in_any_form(small_store, features):
    assert open_table(small_store, features).fingerprints == [Embedding().fingerprint]


def test_a_table_without_features_is_refused(small_store):
    with pytest.raises(ParameterError, match=r"^features: none named; give one at least, such as 'embedding'$"):
        open_table(small_store, [])
