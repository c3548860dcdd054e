import numpy as np
import pytest
from helpers.fer2013 import write_csv

from featfer.bundle.persist import load, save
from featfer.errors import DataError, ParameterError
from featfer.extraction.run import extract
from featfer.features import make_features
from featfer.features.bovw import BoVW
from featfer.features.visual_words.fisher import Codebook
from featfer.features.visual_words.learning import make_codebook
from featfer.store.opening import open_table
from featfer.training.classifier import train
from featfer.utils import fitted_files


def test_it_learns_from_the_training_split_alone(tmp_path, fer_rows):
    other = [(label, pixels if usage == "Training" else 255 - pixels, usage) for label, pixels, usage in fer_rows]
    books = []
    for name, rows in (("one", fer_rows), ("other", other)):
        book, faces = make_codebook(write_csv(tmp_path / f"{name}.csv", rows), tmp_path / f"{name}.npz", words=3)
        assert (faces, book.size) == (14, 300)
        books.append((tmp_path / f"{name}.npz").read_bytes())
    assert books[0] == books[1]
    np.testing.assert_array_equal(Codebook.read(books[0]).centres, book.centres)


def test_another_seed_learns_another_codebook(tmp_path, fer_csv):
    one, other = (make_codebook(fer_csv, tmp_path / f"{seed}.npz", words=2, seed=seed, images=5)[0] for seed in (0, 1))
    assert not np.array_equal(one.centres, other.centres)


@pytest.mark.parametrize(("params", "said"), [({"words": 0}, "words 0"), ({"images": 0}, "images 0"),
                                              ({"words": 500, "images": 2}, "only 60 descriptors of 2 faces")])
def test_what_cannot_be_learnt_is_named(tmp_path, fer_csv, params, said):
    with pytest.raises(ParameterError, match=said):
        make_codebook(fer_csv, tmp_path / "book.npz", **params)
    assert not (tmp_path / "book.npz").exists()


def test_a_source_without_training_images(tmp_path, photo):
    with pytest.raises(DataError, match="no face in its training images"):
        make_codebook(photo, tmp_path / "book.npz")


def test_a_bundle_predicts_without_the_file(tmp_path, fer_csv, crops, monkeypatch):
    path, store = tmp_path / "book.npz", tmp_path / "store"
    make_codebook(fer_csv, path, words=2)
    features = make_features(f"bovw:{path}")
    extract(fer_csv, store, features, jobs=1)
    recognizer, card = train(open_table(store, features), "svm")
    save(recognizer, tmp_path / "svm.joblib", card)
    before = recognizer.predict(crops[0])
    path.unlink()
    monkeypatch.setattr(fitted_files, "_contents", {})
    again = load(tmp_path / "svm.joblib")
    assert isinstance(again.features[0], BoVW)
    assert str(again.predict(crops[0])) == str(before)
