import json

import numpy as np
import pytest
from helpers.commands import refused, succeeded

from featfer.features import Embedding, Landmarks
from featfer.store.opening import open_table
from featfer.store.table import load_table


def test_line_counts_rows_and_columns(tmp_path, small_store):
    out = tmp_path / "t.npz"
    assert succeeded("table", "--store", small_store, "--out", out) == f"Wrote {out}: 42 faces, 128 columns\n"


def test_table_holds_the_store_s_rows(tmp_path, small_store):
    succeeded("table", "--store", small_store, "--out", tmp_path / "t.npz", "--features", "embedding,landmarks")
    table, store = load_table(tmp_path / "t.npz"), open_table(small_store, [Embedding(), Landmarks()])
    np.testing.assert_allclose(table.features, store.features, atol=2e-3)
    np.testing.assert_array_equal(table.labels, store.labels)
    np.testing.assert_array_equal(table.splits, store.splits)
    np.testing.assert_array_equal(table.ids, store.ids)
    assert table.features.shape == (42, 128 + 136)
    assert table.fingerprints == store.fingerprints
    assert (table.source, table.label_set) == ("fer2013.csv", store.label_set)


def test_table_is_scored_like_its_store(tmp_path, small_store, bundle):
    succeeded("table", "--store", small_store, "--out", tmp_path / "t.npz")
    from_store, from_table = (json.loads(succeeded("evaluate", bundle, "--store", path, "--json"))
                              for path in (small_store, tmp_path / "t.npz"))
    assert from_store["confusion"] == from_table["confusion"]


def test_table_is_trained_on(tmp_path, small_store):
    succeeded("table", "--store", small_store, "--out", tmp_path / "t.npz")
    assert "Trained svm on 14 faces" in succeeded("train", "--clf", "svm", "--store", tmp_path / "t.npz",
                                                  "--out", tmp_path / "own.joblib")


@pytest.mark.parametrize(("words", "value"), [
    (["--features", "smile"], "'smile'"), (["--align", "none"], "no embedding"), (["--source", "other"], "'other'")])
def test_missing_features_are_named(tmp_path, small_store, words, value):
    assert value in refused("table", "--store", small_store, "--out", tmp_path / "t.npz", *words)
    assert not list(tmp_path.iterdir())


def test_missing_store_is_named(tmp_path):
    line = refused("table", "--store", tmp_path / "none", "--out", tmp_path / "t.npz")
    assert line.startswith(f"Error: {tmp_path / 'none'}: no feature store")


def test_a_place_without_permission_is_named(tmp_path, small_store):
    (tmp_path / "file").write_text("")
    line = refused("table", "--store", small_store, "--out", tmp_path / "file" / "t.npz")
    assert line.startswith(f"Error: {tmp_path / 'file' / 't.npz'}: cannot be written")
