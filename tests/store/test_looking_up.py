import numpy as np

from featfer.extraction.run import extract
from featfer.faces import STATUSES, UNREADABLE
from featfer.features import Landmarks
from featfer.store.looking_up import look_up
from featfer.store.shards import Shard
from featfer.store.store import Store

KEY = Landmarks().key


def put_unreadable(store, key, reason):
    store.put_shard(KEY, Shard(np.array([key]), np.array([0], np.uint16), np.array([STATUSES.index(UNREADABLE)], np.uint8),
                               np.zeros((1, 4), np.float32), np.zeros(1, np.float32), np.full((1, 136), np.nan, np.float32),
                               np.array([reason])))


def test_a_row_with_a_face_counts_more_than_one_that_is_unreadable(fer_csv, tmp_path):
    extract(fer_csv, tmp_path / "store", [Landmarks()], jobs=1)
    store = Store(tmp_path / "store")
    table = store.table([KEY], store.find_source())
    keys = store.source(store.find_source())[0]["key"].tolist()
    put_unreadable(store, keys[0], "a.png: not a readable image (broken)")
    put_unreadable(store, "b" * 32, "b.png: not a readable image (broken)")
    put_unreadable(store, "c" * 32, "c.png: no such file")
    found = look_up(store, KEY, [keys[0], keys[5], "b" * 32, "c" * 32, "d" * 32])
    assert sorted(found) == sorted([keys[0], keys[5], "b" * 32])
    np.testing.assert_array_equal(found[keys[0]].values, table.features[0])
    np.testing.assert_array_equal(found[keys[5]].values, table.features[5])
    assert found["b" * 32].rank and found["b" * 32].reason == "b.png: not a readable image (broken)"
