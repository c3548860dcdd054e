"""What was extracted and trained with an earlier version of the detection still works with this one."""

import json

import numpy as np
import pytest
from helpers.fer2013 import write_csv

from featfer.bundle.persist import load, save
from featfer.extraction.run import extract
from featfer.faces import DETECTION, EARLIER_VERSIONS
from featfer.features import Embedding, Landmarks, make_features, restore_feature
from featfer.features.base import upgraded
from featfer.store.files import find_keys
from featfer.store.opening import open_matching, open_table
from featfer.store.store import Store
from featfer.store.table import load_table
from featfer.training.classifier import train


@pytest.fixture(scope="module", params=EARLIER_VERSIONS)
def earlier(request, tmp_path_factory, fer_rows):
    """A folder with a csv, and a store, a table and a bundle made of it under an earlier version."""
    folder = tmp_path_factory.mktemp("earlier")
    write_csv(folder / "fer2013.csv", fer_rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DETECTION, "version", request.param)
        extract(folder / "fer2013.csv", folder / "store", [Embedding(), Landmarks()], jobs=1)
        table = open_table(folder / "store", [Embedding()])
        table.save(folder / "table.npz")
        recognizer, card = train(table, "lda", {}, calibrate="none")
        save(recognizer, folder / "lda.joblib", card)
    return folder


def test_fingerprints_differ_only_in_the_version():
    fingerprint = Embedding().fingerprint
    assert fingerprint["faces"] == {"detector": "hog", "version": 4}
    for version in EARLIER_VERSIONS:
        old = {**fingerprint, "faces": {"detector": "hog", "version": version}}
        assert upgraded(old) == upgraded(fingerprint) == fingerprint
        assert restore_feature(old).key == Embedding().key
    assert len({Embedding().key, *Embedding().earlier_keys}) == 4
    for other in ({"detector": "haar", "version": 1}, {"detector": "hog", "version": 99}, {}, None, "hog"):
        assert upgraded({**fingerprint, "faces": other})["faces"] == other


def test_an_earlier_bundle_is_loaded_and_predicts_as_before(earlier, photo):
    before = json.loads((earlier / "lda.json").read_text())
    assert before["features"][0]["faces"]["version"] in EARLIER_VERSIONS
    recognizer = load(earlier / "lda.joblib")
    assert [face.status for face in recognizer.predict(photo)[0]] == ["found"]
    assert open_matching([earlier / "store"], recognizer).fingerprints == [recognizer.features[0].fingerprint]


@pytest.mark.parametrize("name", ["store", "table.npz"])
def test_earlier_rows_can_be_trained_and_scored_on(earlier, name):
    table = open_table(earlier / name, [Embedding()])
    assert len(table) == 42
    recognizer, _ = train(table, "lda", {}, calibrate="none")
    assert recognizer.match_labels(load_table(earlier / "table.npz")).fingerprints == [Embedding().fingerprint]
    assert load(earlier / "lda.joblib").match_labels(table) is not None


def test_extracting_into_an_earlier_store_computes_the_same_rows_of_crops_again(earlier, tmp_path):
    before = open_table(earlier / "store", [Landmarks()])
    assert extract(earlier / "fer2013.csv", earlier / "store", [Landmarks()], jobs=1).computed == 42
    assert Store(earlier / "store").has(Landmarks().key)
    after = open_table(earlier / "store", [Landmarks()])
    np.testing.assert_array_equal(before.features, after.features)
    np.testing.assert_array_equal(before.boxes, after.boxes)


def test_of_several_earlier_versions_the_latest_is_read(tmp_path, fer_rows, monkeypatch):
    source = write_csv(tmp_path / "fer2013.csv", fer_rows)
    for version in sorted(EARLIER_VERSIONS):
        monkeypatch.setitem(DETECTION, "version", version)
        extract(source, tmp_path / "store", [Landmarks()], jobs=1)
    latest = Landmarks().key
    monkeypatch.setitem(DETECTION, "version", 4)
    store = Store(tmp_path / "store")
    assert find_keys(store, [Landmarks()], store.find_source(None)) == [latest]


def test_new_rows_are_used_only_when_all_images_have_them(earlier, fer_rows):
    """Extracting another source into the same store leaves the earlier rows of the first."""
    write_csv(earlier / "few.csv", fer_rows[:21])
    extract(earlier / "few.csv", earlier / "store", [Embedding()], jobs=1)
    assert len(open_table(earlier / "store", [Embedding()], "few.csv")) == 21
    assert len(open_table(earlier / "store", [Embedding()], "fer2013.csv")) == 42


def test_a_smallest_face_is_part_of_the_fingerprint():
    plain, = make_features("embedding")
    small, = make_features("embedding", smallest=40)
    assert plain.key == Embedding().key != small.key
    assert restore_feature(json.loads(json.dumps(small.fingerprint))).smallest == 40
    assert small.fingerprint["faces"] == {**DETECTION, "smallest": 40}
