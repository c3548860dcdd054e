"""Recognizer as a scikit-learn classifier of images."""

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split

from featfer.bundle.persist import load, save
from featfer.classifiers.unfitted import UnfittedError
from featfer.errors import FeatferError, ParameterError
from featfer.features import make_features
from featfer.labels import FER7
from featfer.recognizer import Recognizer

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def images(crops):
    """Crops of a face, every third upside down and every third on its side."""
    return [crop if i % 3 == 0 else crop[::-1] if i % 3 == 1 else crop.T for i, crop in enumerate(crops[:24])]


@pytest.fixture(scope="module")
def labels(images):
    return ["neutral", "sad", "happy"] * 8


@pytest.fixture(scope="module")
def fitted(images, labels):
    return Recognizer(LogisticRegression(), "pixels:16", "fer7").fit(images, labels)


def test_a_recognizer_learns_from_images_with_labels(fitted, images, labels):
    assert is_classifier(fitted)
    assert fitted.score(images, labels) == 1.0
    assert [faces[0].label for faces in fitted.predict(images, no_face="whole")] == labels
    assert fitted.prior == pytest.approx({"happy": 1 / 3, "sad": 1 / 3, "neutral": 1 / 3})
    assert fitted.trained_on == "24 images"


def test_probabilities_are_in_the_order_of_the_classes_which_are_sorted(fitted, images):
    assert fitted.classes_.tolist() == ["happy", "neutral", "sad"]
    rows, of_first = fitted.predict_proba(images[:3]), fitted.predict(images[:1], no_face="whole")[0][0].probabilities
    assert rows.shape == (3, 3)
    assert rows[0] == pytest.approx([of_first[name] for name in fitted.classes_], abs=1e-5)
    assert fitted.classes_[rows.argmax(axis=1)].tolist() == ["neutral", "sad", "happy"]
    assert fitted.predict_proba([]).shape == (0, 3)


def test_labels_may_be_synonyms_or_indices(fitted, images, labels):
    by_synonym = clone(fitted).fit(images, ["Happiness" if label == "happy" else label for label in labels])
    by_index = clone(fitted).fit(images, np.array([FER7.index(label) for label in labels]))
    assert by_synonym.classes_.tolist() == ["happy", "neutral", "sad"]
    assert by_index.classes_.tolist() == [3, 4, 6]
    np.testing.assert_array_equal(by_index.predict_proba(images[:4])[:, [0, 2, 1]], fitted.predict_proba(images[:4]))
    assert by_index.score(images, labels) == by_index.score(images, [FER7.index(label) for label in labels]) == 1.0


def test_score_counts_images_by_weight(fitted, images):
    assert fitted.score(images[:2], ["neutral", "happy"]) == 0.5
    assert fitted.score(images[:2], ["neutral", "happy"], sample_weight=[3, 1]) == 0.75


def test_cross_validation_and_search_with_the_default_scoring(images, labels):
    recognizer = Recognizer(LogisticRegression(), "pixels:16", FER7)
    assert cross_val_score(recognizer, images, labels, cv=2).tolist() == [1.0, 1.0]
    uneven = ["neutral" if label == "sad" else label for label in labels]
    search = GridSearchCV(recognizer, {"classifier__C": [1e-9, 1.0], "features": ["pixels:8", "pixels:16"]}, cv=2)
    assert search.fit(images, uneven).best_params_["classifier__C"] == 1.0
    assert search.cv_results_["mean_test_score"].min() < 1.0
    assert search.best_estimator_.score(images, uneven) == 1.0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("by_index", [False, True])
def test_scores_of_probabilities_are_right(images, labels, by_index):
    y = [FER7.index(label) for label in labels] if by_index else labels
    recognizer = Recognizer(LogisticRegression(C=0.01), "pixels:16", FER7)
    found = cross_val_score(recognizer, images, y, scoring="neg_log_loss", cv=[(range(12), range(12, 24))])
    rows = clone(recognizer).fit(images[:12], labels[:12]).predict_proba(images[12:])
    assert found == pytest.approx([-log_loss(labels[12:], rows)])


def test_a_clone_has_the_parameters_and_is_not_trained(images, labels):
    features = make_features("pixels:16", superres="bicubic", smallest=40)
    recognizer = Recognizer(LogisticRegression(C=2), features, FER7, grey=True).fit(images, labels)
    copied = clone(recognizer)
    assert [feature.fingerprint for feature in copied.features] == [feature.fingerprint for feature in features]
    assert (copied.classifier.C, copied.label_set, copied.grey, copied.trained_on) == (2, FER7, True, None)
    with pytest.raises(UnfittedError, match="not trained: call its fit"):
        copied.predict_proba(images[:1])
    assert not hasattr(copied, "classes_")
    assert issubclass(UnfittedError, FeatferError) and issubclass(UnfittedError, NotFittedError)


def test_parameters_are_set_by_name(fitted):
    recognizer = clone(fitted).set_params(classifier="lda", features=["hog", "pixels"], label_set="fer6", grey=True)
    assert type(recognizer.classifier).__name__ == "Pipeline"
    assert [feature.name for feature in recognizer.features] == ["hog", "pixels"]
    assert (recognizer.label_set.name, recognizer.grey) == ("fer6", True)
    with pytest.raises(ParameterError, match="Invalid parameter 'colour'"):
        recognizer.set_params(colour=True)


def test_a_trained_model_is_trained_anew_without_calibration_prior_and_novelty(bundle, images, labels):
    recognizer = load(bundle).with_prior("uniform")
    recognizer.novelty = object()
    before = repr(recognizer.classifier)
    recognizer.fit(images, labels)
    assert "PriorCorrected" in before and "Calibrated" in before
    assert [type(step).__name__ for _, step in recognizer.classifier.steps] == ["StandardScaler", "RBFSVM"]
    assert recognizer.novelty is None
    assert recognizer.classes_.tolist() == ["happy", "neutral", "sad"]


def test_a_balanced_classifier_assumes_equal_shares(images, labels):
    rows = slice(0, 8)
    plain, balanced = (Recognizer(LogisticRegression(class_weight=weight), "pixels:8", FER7).fit(images[rows], labels[rows])
                       for weight in (None, "balanced"))
    assert plain.prior == pytest.approx({"happy": 2 / 8, "sad": 3 / 8, "neutral": 3 / 8})
    assert balanced.prior == pytest.approx({"happy": 1 / 3, "sad": 1 / 3, "neutral": 1 / 3})


def test_a_recognizer_that_fit_trained_is_saved_without_a_card_of_its_own(tmp_path, fitted, images):
    card = save(fitted, tmp_path / "own.joblib")
    assert card["labels"]["names"] == list(FER7.names)
    again = load(tmp_path / "own.joblib")
    np.testing.assert_array_equal(again.predict_proba(images), fitted.predict_proba(images))
    assert repr(again) == repr(fitted)


def test_training_needs_a_label_for_each_image_and_two_kinds(images):
    recognizer = Recognizer("knn", "pixels:8", FER7)
    with pytest.raises(ParameterError, match=r"^2 labels for 3 images: give one for each$"):
        recognizer.fit(images[:3], ["sad", "happy"])
    with pytest.raises(ParameterError, match=r"^labels: all 3 are 'sad'; give two kinds at least$"):
        recognizer.fit(images[:3], ["sad"] * 3)
    with pytest.raises(ParameterError, match=r"^the classifier cannot be trained \(.*5-fold.*\); set other parameters"):
        Recognizer(make_failing(), "pixels:8", FER7).fit(images[:3], ["sad", "happy", "sad"])
    assert recognizer.prior is None


def make_failing():
    from sklearn.calibration import CalibratedClassifierCV
    return CalibratedClassifierCV(LogisticRegression(), cv=5)


def test_splits_of_lists_of_images_work(fitted, images, labels):
    train, _, of_train, _ = train_test_split(images, labels, stratify=labels, random_state=0)
    assert clone(fitted).fit(train, of_train).score(train, of_train) == 1.0
