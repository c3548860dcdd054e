import hashlib
import json
import shutil
from pathlib import Path

import joblib
import numpy as np
import pytest

from featfer.bundle.persist import check_bundle_path, find_bundle, load, load_recognizer, read_card, save
from featfer.errors import BundleError, ParameterError, WriteError
from featfer.face_model import VersionWarning
from featfer.features import Embedding
from featfer.labels import FER7
from featfer.recognizer import Recognizer


@pytest.fixture
def copy(bundle, tmp_path):
    """Path of a copy of a bundle and its card, which a test may damage."""
    shutil.copy(bundle, tmp_path)
    shutil.copy(bundle.with_suffix(".json"), tmp_path)
    return tmp_path / bundle.name


@pytest.fixture
def shipped(tmp_path, bundle, monkeypatch):
    """A folder in place of the shipped models, with one bundle, "photos"."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    for suffix in (".joblib", ".json"):
        shutil.copy(bundle.with_suffix(suffix), folder / f"photos{suffix}")
    for module in ("featfer.bundle.persist", "featfer.utils.shipped"):
        monkeypatch.setattr(f"{module}.files", lambda package: folder)
    return folder


def flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_a_saved_recognizer_loads_with_the_same_probabilities(tmp_path, bundle, made_table):
    recognizer = load(bundle)
    save(recognizer, tmp_path / "again.joblib", {})
    again = load(tmp_path / "again.joblib")
    np.testing.assert_array_equal(again.probabilities(made_table.features), recognizer.probabilities(made_table.features))
    assert again.label_set == recognizer.label_set
    assert [feature.fingerprint for feature in again.features] == [Embedding().fingerprint]


def test_joblib_alone_loads_a_bundle(bundle, made_table):
    plain = joblib.load(bundle)
    np.testing.assert_array_equal(plain.probabilities(made_table.features), load(bundle).probabilities(made_table.features))
    assert (plain.classifier.predict(made_table.split("test").features) == made_table.split("test").labels).mean() > 0.8


def test_the_card_describes_the_file(bundle):
    card, content = read_card(bundle), bundle.read_bytes()
    assert card["bytes"] == len(content)
    assert card["sha256"] == hashlib.sha256(content).hexdigest()
    assert card["features"] == [Embedding().fingerprint]
    assert set(card["figures"]) == {"val", "test"}
    assert card["versions"]["numpy"] == np.__version__


def test_save_returns_the_card_that_it_wrote(tmp_path, bundle):
    card = save(load(bundle), tmp_path / "own.joblib", {"classifier": "svm", "seed": 4})
    assert card == read_card(tmp_path / "own.joblib") == json.loads((tmp_path / "own.json").read_text())
    assert (card["classifier"], card["seed"]) == ("svm", 4)


def test_save_makes_the_folder(tmp_path, bundle):
    save(load(bundle), tmp_path / "new" / "own.joblib", {})
    assert isinstance(load(tmp_path / "new" / "own.joblib"), Recognizer)


def test_saving_again_writes_the_same_bytes(tmp_path, bundle):
    recognizer = load(bundle)
    first, second = (save(recognizer, tmp_path / name, {})["sha256"] for name in ("a.joblib", "b.joblib"))
    assert first == second


def test_a_changed_byte_is_refused(copy):
    flip(copy, copy.stat().st_size // 2)
    with pytest.raises(BundleError, match=r"sha256 is .* its card says .*verify=False"):
        load(copy)


def test_verify_false_loads_a_file_that_differs_from_its_card(copy, made_table):
    card = read_card(copy)
    copy.with_suffix(".json").write_text(json.dumps({**card, "sha256": "0" * 64}))
    with pytest.raises(BundleError, match="its card says 0000000000000000"):
        load(copy)
    assert load(copy, verify=False).probabilities(made_table.features[:5]).shape == (5, 7)


def test_a_damaged_file_is_a_bundle_error_even_unverified(copy):
    copy.write_bytes(copy.read_bytes()[:1000])
    with pytest.raises(BundleError, match="cannot be loaded"):
        load(copy, verify=False)


def test_a_missing_card_is_refused_unless_unverified(copy):
    copy.with_suffix(".json").unlink()
    with pytest.raises(BundleError, match=r"svm\.json: no such card"):
        load(copy)
    assert isinstance(load(copy, verify=False), Recognizer)


def test_another_bundles_card_is_refused(copy, tmp_path):
    other = save(load(copy), tmp_path / "other.joblib", {})
    card = read_card(copy)
    copy.with_suffix(".json").write_text(json.dumps({**card, "sha256": other["sha256"][::-1]}))
    with pytest.raises(BundleError, match="not the file of this card"):
        load(copy)


@pytest.mark.parametrize("text", ["", "{", "\x00\xff"])
def test_an_unreadable_card_is_refused(copy, text):
    copy.with_suffix(".json").write_text(text, encoding="latin-1")
    with pytest.raises(BundleError, match="not a readable card"):
        load(copy)


@pytest.mark.parametrize("text", ["3", "[1]"])
def test_a_card_that_is_no_object_is_refused(copy, text):
    copy.with_suffix(".json").write_text(text)
    with pytest.raises(BundleError, match="not a readable card"):
        load(copy)


def test_a_joblib_file_of_something_else_is_refused(tmp_path):
    joblib.dump({"C": 5}, tmp_path / "other.joblib")
    with pytest.raises(BundleError, match="holds a dict, not a Recognizer; `featfer train` makes one"):
        load(tmp_path / "other.joblib", verify=False)


def test_a_text_file_is_refused(tmp_path):
    (tmp_path / "notes.joblib").write_text("not a pickle\n")
    with pytest.raises(BundleError, match="cannot be loaded"):
        load(tmp_path / "notes.joblib", verify=False)


def test_a_bundle_of_a_removed_feature_says_so(copy, monkeypatch):
    monkeypatch.setattr(Embedding, "version", 99)
    with pytest.raises(BundleError, match="feature 'embedding' of version 1 is not what this featfer computes"):
        load(copy)


def test_a_bundle_of_other_versions_warns(tmp_path, bundle):
    recognizer = load(bundle)
    recognizer.versions["scikit-learn"] = "0.20.0"
    save(recognizer, tmp_path / "old.joblib", {})
    with pytest.warns(VersionWarning, match=r"scikit-learn 0\.20\.0"):
        load(tmp_path / "old.joblib")


@pytest.mark.parametrize("name", ["svm", "svm.pkl", "svm.joblib.gz"])
def test_a_bundles_name_ends_in_joblib(tmp_path, bundle, name):
    with pytest.raises(BundleError, match=r"a bundle's name ends in \.joblib"):
        save(load(bundle), tmp_path / name, {})
    assert not list(tmp_path.iterdir())


def test_check_bundle_path_accepts_a_str():
    assert check_bundle_path("models/svm.joblib").name == "svm.joblib"


def test_shipped_models_load_by_name(shipped):
    assert isinstance(load("photos"), Recognizer)
    assert isinstance(load(), Recognizer)
    assert read_card("photos")["classifier"] == "svm"


def test_an_unknown_name_lists_the_shipped_models(shipped):
    with pytest.raises(BundleError, match=r"knn: no such file, and none of the models that ship with featfer \(photos\)"):
        load("knn")


def test_a_shipped_model_is_found_by_its_earlier_name(shipped):
    for suffix in (".joblib", ".json"):
        (shipped / f"photos{suffix}").rename(shipped / f"fer2013{suffix}")
    assert find_bundle("stages") == shipped / "fer2013.joblib"
    assert isinstance(load("stages"), Recognizer)
    assert read_card("stages")["classifier"] == "svm"


def test_a_file_of_ones_own_goes_before_an_earlier_name(shipped, bundle, tmp_path, monkeypatch):
    shutil.copy(bundle, shipped / "fer2013.joblib")
    shutil.copy(bundle, tmp_path / "stages.joblib")
    monkeypatch.chdir(tmp_path)
    assert find_bundle("stages.joblib") == Path("stages.joblib")
    with pytest.raises(BundleError, match=r"stages.skops: no such file"):
        find_bundle("stages.skops")


@pytest.mark.parametrize("path", ["nowhere/photos", "../shipped/photos"])
def test_a_path_is_no_name_of_a_shipped_model(shipped, path):
    with pytest.raises(BundleError, match=f"{path}: no such file"):
        load(path)


def test_a_place_that_cannot_be_written_to_is_an_error(tmp_path, bundle):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match=r"own\.joblib: cannot be written \("):
        save(load(bundle), tmp_path / "file" / "own.joblib", {})


def test_a_file_that_cannot_be_read_is_an_error(copy, monkeypatch):
    def refused(path, *args):
        raise PermissionError(13, "Permission denied")
    monkeypatch.setattr(type(copy), "open", refused)
    with pytest.raises(BundleError, match=r"svm\.joblib: cannot be read \(Permission denied\)"):
        load(copy)


def test_an_interrupted_save_leaves_the_old_bundle(copy, monkeypatch):
    before, recognizer = copy.read_bytes(), load(copy)

    def interrupted(*args):
        raise KeyboardInterrupt
    monkeypatch.setattr("featfer.utils.files.os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(recognizer, copy, {"classifier": "other"})
    monkeypatch.undo()
    assert copy.read_bytes() == before
    assert isinstance(load(copy), Recognizer)
    assert sorted(path.name for path in copy.parent.iterdir()) == ["svm.joblib", "svm.json"]


# -- the prior --------------------------------------------------------------------------------------------------------

@pytest.fixture
def earlier(tmp_path, bundle):
    """A bundle as an earlier version saved it, without a prior, and a function that writes its card with one."""
    recognizer, path = load(bundle), tmp_path / "earlier.joblib"
    del recognizer.prior

    def write(**entries):
        save(recognizer, path, {key: value for key, value in read_card(bundle).items() if key != "prior"} | entries)
        return path
    return write


def test_a_bundle_holds_its_prior(tmp_path, bundle):
    stated = load(bundle).with_prior("angry=1,disgust=0,fear=1,happy=2,sad=1,surprise=1,neutral=4")
    save(stated, tmp_path / "stated.joblib", {})
    assert load(tmp_path / "stated.joblib").prior == stated.prior == {
        "angry": 0.1, "disgust": 0.0, "fear": 0.1, "happy": 0.2, "sad": 0.1, "surprise": 0.1, "neutral": 0.4}


def test_a_bundle_of_an_earlier_version_takes_its_prior_from_its_card(earlier, made_table):
    shares = {"angry": 0.1, "disgust": 0.1, "fear": 0.1, "happy": 0.4, "sad": 0.1, "surprise": 0.1, "neutral": 0.1}
    path, rows = earlier(prior=shares), made_table.features[:20]
    assert load(path).prior == shares
    assert load(path, verify=False).prior is None
    before, after = (recognizer.probabilities(rows) for recognizer in (load(path), load_recognizer(path, prior="uniform")))
    weighed = before / list(shares.values())
    np.testing.assert_allclose(after, weighed / weighed.sum(axis=1, keepdims=True))


def test_a_prior_needs_a_model_that_says_what_it_assumes(earlier):
    assert load(earlier()).prior is None
    with pytest.raises(ParameterError, match="prior: the model does not say on which shares of the labels it was trained"):
        load_recognizer(earlier(), prior="uniform")


@pytest.mark.parametrize("prior", [
    {"happy": 1.0}, dict.fromkeys(FER7.names, 0), dict.fromkeys(FER7.names, -1), dict.fromkeys((*FER7.names, "contempt"), 1)],
    ids=str)
def test_a_card_with_a_prior_of_other_labels_is_refused(earlier, prior):
    with pytest.raises(BundleError, match=r"earlier\.joblib: prior in its card is \{.*; the model knows angry, .*: it is not "
                                          "the card of this model"):
        load(earlier(prior=prior))
