"""The shares of the labels that a recognizer's probabilities assume: stated, mapped to other labels, estimated from a batch."""

import numpy as np
import pytest

from featfer.errors import ParameterError
from featfer.features import Embedding
from featfer.labels import AFFECTNET8, FER3, FER6, FER7, POLARITY3, LabelSet
from featfer.recognizer import Recognizer
from featfer.training.classifier import train

TRAINED = {"angry": 0.1, "disgust": 0.05, "fear": 0.1, "happy": 0.3, "sad": 0.1, "surprise": 0.15, "neutral": 0.2}
STATED = {"angry": 1, "disgust": 0, "fear": 1, "happy": 2, "sad": 1, "surprise": 1, "neutral": 4}
ROWS = np.random.default_rng(0).dirichlet(np.ones(7), 5)


class Tells:
    """A classifier whose probabilities are its features."""

    def __init__(self, classes):
        self.classes_ = np.array(classes)

    def predict_proba(self, X):
        return np.asarray(X)


def make(prior=None, label_set=FER7, classes=range(7)):
    """Return a Recognizer of a classifier that tells its features, which assumes a prior."""
    recognizer = Recognizer(Tells(list(classes)), [Embedding()], label_set)
    recognizer.prior = prior
    return recognizer


def to_array(prior, names=FER7.names):
    return np.array([prior[name] for name in names])


def apply_bayes(probabilities, assumed, prior):
    weighed = probabilities * prior / assumed
    return weighed / weighed.sum(axis=1, keepdims=True)


def test_probabilities_are_weighed_by_the_quotient_of_the_shares():
    recognizer = make(TRAINED)
    found = recognizer.with_prior(STATED)
    np.testing.assert_allclose(found.probabilities(ROWS), apply_bayes(ROWS, to_array(TRAINED), to_array(STATED)))
    np.testing.assert_allclose(found.probabilities(ROWS).sum(axis=1), 1)
    assert found.prior == {name: share / 10 for name, share in STATED.items()}
    np.testing.assert_array_equal(recognizer.probabilities(ROWS), ROWS)
    assert recognizer.prior == TRAINED


def test_the_prior_that_a_model_assumes_changes_nothing():
    np.testing.assert_allclose(make(TRAINED).with_prior(TRAINED).probabilities(ROWS), ROWS)


def test_a_prior_is_given_in_words_or_by_a_file(tmp_path):
    (tmp_path / "shares.toml").write_text("".join(f"{name} = {share}\n" for name, share in STATED.items()))
    words = ",".join(f"{name}={share}" for name, share in STATED.items())
    expected = make(TRAINED).with_prior(STATED)
    for prior in (words, str(tmp_path / "shares.toml")):
        found = make(TRAINED).with_prior(prior)
        assert found.prior == pytest.approx(expected.prior)
        np.testing.assert_allclose(found.probabilities(ROWS), expected.probabilities(ROWS))
    assert make(TRAINED).with_prior("uniform").prior == pytest.approx(dict.fromkeys(FER7.names, 1 / 7))


def test_a_prior_replaces_one_that_was_stated_before():
    recognizer = make(TRAINED)
    only_happy = dict.fromkeys(FER7.names, 0) | {"happy": 1}
    for first in (STATED, only_happy):
        again = recognizer.with_prior(first).with_prior("uniform")
        np.testing.assert_allclose(again.probabilities(ROWS), recognizer.with_prior("uniform").probabilities(ROWS))
        assert again.prior == recognizer.with_prior("uniform").prior


def test_only_labels_that_the_model_knows_have_a_share():
    recognizer = make({"fear": 0.25, "neutral": 0.75}, classes=[2, 6])
    found = recognizer.with_prior("uniform")
    assert found.prior == {"fear": 0.5, "neutral": 0.5}
    np.testing.assert_allclose(found.probabilities([[0.25, 0.75]])[0, [2, 6]], [0.5, 0.5])
    with pytest.raises(ParameterError, match="give a share from 0 of each of fear, neutral, and not all 0"):
        recognizer.with_prior({"fear": 1, "neutral": 1, "happy": 1})


@pytest.mark.parametrize("prior", [
    {"happy": 1}, dict.fromkeys(FER7.names, 0), dict.fromkeys(FER7.names, np.nan), STATED | {"sad": -1},
    STATED | {"calm": 1}, STATED | {"sad": np.inf}, "neutral=50,happy=50"], ids=str)
def test_a_prior_without_a_share_of_each_label_is_refused(prior):
    with pytest.raises(ParameterError, match=r"prior \{.*give a share from 0 of each of angry, disgust, fear, happy, "
                                             r"sad, surprise, neutral, and not all 0"):
        make(TRAINED).with_prior(prior)


@pytest.mark.parametrize(("prior", "message"), [
    ("neutral=many", "'neutral=many' is not NAME=SHARE"), ("calm=1", "label 'calm' is not in fer7"),
    ("estimate", "'estimate' is not NAME=SHARE"), ("none.json", "none.json: cannot be read")])
def test_words_that_are_no_prior_are_refused(prior, message):
    with pytest.raises(ParameterError, match=message):
        make(TRAINED).with_prior(prior)


def test_a_model_that_does_not_say_what_it_assumes_is_refused():
    for ask in (lambda: make().with_prior("uniform"), lambda: make().estimate_prior(ROWS)):
        with pytest.raises(ParameterError, match="prior: the model does not say on which shares of the labels it was trained"):
            ask()


# -- other labels -----------------------------------------------------------------------------------------------------

def test_shares_of_labels_that_become_one_are_added():
    six = make(TRAINED).relabel(FER6)
    assert six.prior == pytest.approx({"angry": 0.15, "fear": 0.1, "happy": 0.3, "sad": 0.1, "surprise": 0.15, "neutral": 0.2})
    polarity = make(TRAINED).relabel(POLARITY3)  # without surprise
    assert polarity.prior == pytest.approx({"positive": 0.3 / 0.85, "neutral": 0.2 / 0.85, "negative": 0.35 / 0.85})


def test_shares_of_labels_that_are_dropped_go_to_the_others():
    eight = dict(zip(AFFECTNET8.names, (0.3, 0.2, 0.1, 0.1, 0.05, 0.05, 0.1, 0.1), strict=True))
    seven = make(eight, AFFECTNET8, range(8)).relabel(FER7)
    assert seven.prior == pytest.approx({name: eight[name] / 0.9 for name in FER7.names})
    assert list(seven.prior) == list(FER7.names)


def test_a_prior_is_stated_in_the_labels_that_a_model_was_mapped_to():
    found = make(TRAINED).relabel(FER3).with_prior("happy=1,sad=1,neutral=2")
    kept = ROWS[:, [3, 4, 6]] / ROWS[:, [3, 4, 6]].sum(axis=1, keepdims=True)
    assumed = np.array([0.3, 0.1, 0.2]) / 0.6
    np.testing.assert_allclose(found.probabilities(ROWS), apply_bayes(kept, assumed, np.array([0.25, 0.25, 0.5])))


def test_a_prior_without_a_share_of_the_labels_that_are_left_is_refused():
    recognizer = make(TRAINED).with_prior(dict.fromkeys(FER7.names, 0) | {"surprise": 1})
    with pytest.raises(ParameterError, match="labels fer3: none of them has a share in the model's prior"):
        recognizer.relabel(FER3)


def test_relabelling_a_model_of_an_earlier_version_leaves_its_prior_unknown():
    assert make().relabel(FER6).prior is None


# -- estimates --------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def trained(made_table):
    """A recognizer of seven clouds of made-up embeddings."""
    return train(made_table, "lda")[0]


def draw(made_table, happy, n=400):
    """Return rows like those of the table of which this share is happy and the rest neutral, and how many are happy."""
    rng = np.random.default_rng(3)
    test = made_table.split("test")
    labels = np.where(rng.random(n) < happy, FER7.index("happy"), FER7.index("neutral"))
    rows = np.stack([rng.choice(test.features[test.labels == label]) for label in labels])
    return rows, (labels == FER7.index("happy")).mean()


@pytest.mark.parametrize("happy", [0.1, 0.9])
def test_the_shares_of_a_batch_are_estimated(trained, made_table, happy):
    rows, share = draw(made_table, happy)
    estimated = trained.estimate_prior(trained.probabilities(rows))
    assert list(estimated) == list(FER7.names)
    assert sum(estimated.values()) == pytest.approx(1)
    assert estimated["happy"] == pytest.approx(share, abs=0.05)
    assert estimated["neutral"] == pytest.approx(1 - share, abs=0.05)
    assert trained.with_prior(estimated).prior == pytest.approx(estimated)


def test_an_estimate_does_not_depend_on_the_prior_that_was_stated(trained, made_table):
    rows, _ = draw(made_table, 0.3)
    stated = trained.with_prior("neutral=50,happy=30,sad=4,angry=4,fear=4,surprise=4,disgust=4")
    assert stated.estimate_prior(stated.probabilities(rows)) == pytest.approx(
        trained.estimate_prior(trained.probabilities(rows)), abs=1e-3)


def test_faces_have_weights(trained, made_table):
    rows, _ = draw(made_table, 0.5)
    probabilities = trained.probabilities(rows)
    of_first = trained.estimate_prior(probabilities[:100])
    assert trained.estimate_prior(probabilities, np.arange(len(rows)) < 100) == pytest.approx(of_first, abs=1e-6)
    assert trained.estimate_prior(probabilities) != pytest.approx(of_first, abs=1e-3)


def test_labels_that_the_model_does_not_know_have_no_share_in_an_estimate():
    two = LabelSet("two", ("no", "yes"))
    recognizer = make({"no": 0.5, "yes": 0.5}, LabelSet("three", ("no", "perhaps", "yes")), [0, 2])
    estimated = recognizer.estimate_prior(recognizer.probabilities([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9]]))
    assert list(estimated) == list(two.names)
    assert estimated["no"] > 0.6


def test_no_face_is_no_batch(trained):
    with pytest.raises(ParameterError, match="no face to estimate the shares of the labels from"):
        trained.estimate_prior([])
