import weakref
from dataclasses import replace

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from featfer.bundle.golden import make_golden
from featfer.bundle.persist import load, save
from featfer.classifiers import Objective
from featfer.errors import ParameterError, StoreError
from featfer.evaluation.scoring import evaluate
from featfer.features import Embedding, Landmarks
from featfer.labels import FER7, LabelSet
from featfer.recognizer import Recognizer
from featfer.training import blend as blending
from featfer.training.blend import blend
from featfer.training.classifier import train
from featfer.training.use import Use


@pytest.fixture(scope="module")
def both(made_table):
    """The made-up table with made-up landmarks beside the embedding."""
    rng = np.random.default_rng(2)
    points = rng.normal(size=(7, 136))[made_table.labels] + 3 * rng.normal(size=(350, 136))
    return replace(made_table, features=np.concatenate([made_table.features, points], axis=1).astype(np.float32),
                   fingerprints=[Embedding().fingerprint, Landmarks().fingerprint])


@pytest.fixture(scope="module")
def landmarks(both):
    return replace(both, features=both.features[:, 128:], fingerprints=[Landmarks().fingerprint])


@pytest.fixture(scope="module")
def models(made_table, both, landmarks):
    """Models of the embedding, of both features, and of the landmarks."""
    return [(name, *train(table, clf, params)) for name, table, clf, params in (
        ("svm", made_table, "svm", {}), ("lda", both, "lda", {}), ("knn", landmarks, "knn", {"k": 15}))]


@pytest.fixture(scope="module")
def table_of(made_table, both, landmarks):
    return lambda recognizer: {1: made_table, 2: both}[len(recognizer.features)] if recognizer.features[0].name == "embedding" \
        else landmarks


@pytest.fixture(scope="module")
def stacked(models, table_of):
    return blend(models, table_of, how="stack", score_test=True, command="featfer blend")


def test_shared_features_are_stored_once_and_members_get_their_own(models, table_of, made_table, both, landmarks):
    def without_val(recognizer):
        table = table_of(recognizer)
        return table.rows(table.splits != "val")
    recognizer, card = blend(models, without_val)
    assert card["data"]["calibrated_on"] is None
    assert [feature.name for feature in recognizer.features] == ["embedding", "landmarks"]
    expected = np.mean([member.probabilities(table.features) for (_, member, _), table in
                        zip(models, (made_table, both, landmarks), strict=True)], axis=0)
    np.testing.assert_allclose(recognizer.probabilities(both.features), expected, atol=1e-6)


def test_no_more_than_one_table_is_held(models, table_of):
    held = []

    def opened(recognizer):
        assert [table for ref in held if (table := ref()) is not None] == []
        table = table_of(recognizer)
        table = replace(table, features=table.features.copy())
        held.append(weakref.ref(table.features))
        return table
    blend(models, opened)
    assert len(held) == len(models)


def test_models_of_the_same_features_read_them_once_and_their_columns_are_a_slice(models, made_table):
    opened = []
    pair = [models[0], ("again", *models[0][1:])]
    recognizer, _ = blend(pair, lambda member: opened.append(member) or made_table.rows(made_table.splits != "val"))
    assert len(opened) == 1
    assert recognizer.classifier.columns == [slice(0, 128)] * 2
    np.testing.assert_allclose(recognizer.probabilities(made_table.features),
                               models[0][1].probabilities(made_table.features), atol=1e-6)


def test_columns_that_are_not_adjacent_stay_apart(models, table_of, both):
    apart = replace(both, features=np.roll(both.features, 136, axis=1), fingerprints=both.fingerprints[::-1])
    turned = ("turned", *train(apart, "lda"))
    recognizer, _ = blend([models[1], turned],
                          lambda member: apart if member.features[0].name == "landmarks" else table_of(member))
    np.testing.assert_allclose(recognizer.classifier.columns[1], np.r_[128:264, 0:128])
    assert recognizer.classifier.columns[0] == slice(0, 264)


def test_a_vote_is_calibrated_on_val(models, table_of, both):
    recognizer, card = blend(models, table_of)
    val = both.split("val")
    without_val, _ = blend(models, lambda member: (table := table_of(member)).rows(table.splits != "val"))
    raw = without_val.probabilities(val.features)
    shares = recognizer.probabilities(val.features)
    assert card["data"]["calibrated_on"] == "val"
    rows = np.arange(len(val))
    np.testing.assert_array_equal(shares.argmax(axis=1), raw.argmax(axis=1))
    assert np.log(shares[rows, val.labels] + 1e-12).mean() > np.log(raw[rows, val.labels] + 1e-12).mean()


def test_order_of_the_features_is_that_of_the_models(models, table_of, both):
    recognizer, card = blend(models[::-1][:2], table_of)
    assert [feature.name for feature in recognizer.features] == ["landmarks", "embedding"]
    turned = replace(both, features=np.roll(both.features, 136, axis=1), fingerprints=both.fingerprints[::-1])
    assert evaluate(recognizer, turned, "val") == card["figures"]["val"]


def test_weights_change_the_vote(models, table_of, both, made_table):
    recognizer, card = blend(models, table_of, weights=[1, 0, 0])
    assert card["params"] == {"how": "vote", "weights": [1, 0, 0]}
    np.testing.assert_allclose(recognizer.probabilities(both.features), models[0][1].probabilities(made_table.features),
                               atol=1e-6)


def test_figures_of_a_stack_on_val_are_out_of_fold(both, stacked):
    recognizer, card = stacked
    val = both.split("val")
    logs = recognizer.classifier.log_probabilities(val.features)
    found = np.zeros((len(val), 7))
    for fit, held in StratifiedGroupKFold(5, shuffle=True, random_state=0).split(logs, val.labels, val.groups):
        found[held] = blending.make_stacker().fit(logs[fit], val.labels[fit]).predict_proba(logs[held])
    assert card["figures"]["val"]["ece"] == pytest.approx(blending.score(found, both, "val", both.label_set.names)["ece"])
    assert card["figures"]["val"]["ece"] != pytest.approx(evaluate(recognizer, both, "val")["ece"])
    assert card["figures"]["test"] == evaluate(recognizer, both, "test")


def test_duplicates_are_in_the_same_fold(stacked, both, monkeypatch):
    seen = []
    monkeypatch.setattr(blending, "bar", lambda folds, **options: seen.extend(folds) or folds)
    val = replace(both.split("val"), groups=np.repeat(np.arange(35, dtype=np.int32), 2))
    blending._predict_out_of_fold(stacked[0].classifier, val)
    assert sum(len(np.unique(val.groups[held])) for _, held in seen) == 35


def test_card_lists_the_members(models, table_of, stacked):
    named = [(name, recognizer, {**card, "sha256": f"sha of {name}"}) for name, recognizer, card in models]
    _, card = blend(named, table_of)
    assert [(m["name"], m["classifier"], m["params"], m["sha256"]) for m in card["members"]] == [
        ("svm", "svm", {}, "sha of svm"), ("lda", "lda", {}, "sha of lda"), ("knn", "knn", {"k": 15}, "sha of knn")]
    assert card["members"][2]["features"] == [Landmarks().fingerprint]
    assert card["features"] == [Embedding().fingerprint, Landmarks().fingerprint]
    assert list(card["figures"]) == ["val"]
    assert (card["data"]["rows"], card["data"]["stacked_on"]) == (210, None)
    assert (stacked[1]["data"]["stacked_on"], stacked[1]["command"]) == ("val", "featfer blend")


def test_blend_is_saved_and_loaded_like_any_other(stacked, both, tmp_path):
    save(stacked[0], tmp_path / "blend.joblib", stacked[1])
    loaded = load(tmp_path / "blend.joblib")
    np.testing.assert_array_equal(loaded.probabilities(both.features), stacked[0].probabilities(both.features))


def test_blend_can_be_blended(stacked, models, table_of, both):
    recognizer, _ = blend([models[0], ("stack", *stacked)], table_of)
    assert [feature.name for feature in recognizer.features] == ["embedding", "landmarks"]


STATED = {"angry": 2, "disgust": 0, "fear": 1, "happy": 3, "sad": 1, "surprise": 1, "neutral": 2}


@pytest.fixture
def skewed(made_table):
    """The made-up table with 30 angry faces in train and 10 of each other class, and in val without half of those."""
    few = {"train": made_table.groups < 70, "val": made_table.groups >= 245, "test": True}
    return made_table.rows((made_table.labels == 0) | np.select([made_table.splits == split for split in few],
                                                                [few[split] for split in few]).astype(bool))


def train_two(table, objective=None):
    return [(clf, *train(table, clf, objective=objective)) for clf in ("logistic", "svm")]


def test_a_vote_assumes_the_shares_of_the_training_faces(skewed):
    recognizer, card = blend(train_two(skewed), lambda member: skewed)
    assert card["prior"] == recognizer.prior == pytest.approx({name: (3 if name == "angry" else 1) / 9 for name in FER7.names})


def test_a_vote_of_balanced_models_assumes_equal_shares(skewed):
    balanced = train_two(skewed, Objective("weights"))
    recognizer, _ = blend(balanced, lambda member: skewed)
    assert recognizer.prior == pytest.approx(dict.fromkeys(FER7.names, 1 / 7))


def test_a_stack_assumes_the_shares_of_val(skewed):
    recognizer, _ = blend(train_two(skewed), lambda member: skewed, how="stack")
    assert recognizer.prior == pytest.approx({name: (2 if name == "angry" else 1) / 8 for name in FER7.names})


def test_a_blend_is_prepared_for_its_use(models, table_of, both):
    plain, _ = blend(models, table_of)
    corrected, card = blend(models, table_of, use=Use(STATED, novelty=True, grey=True))
    assert card["prior"] == corrected.prior == {name: share / 10 for name, share in STATED.items()}
    weighed = plain.probabilities(both.features) * list(STATED.values())  # in training all labels have the same share
    np.testing.assert_allclose(corrected.probabilities(both.features), weighed / weighed.sum(axis=1, keepdims=True), atol=1e-12)
    assert card["figures"]["val"] == evaluate(corrected, both, "val")
    assert card["golden"] == make_golden(corrected, both.features)
    assert (plain.novelty, plain.grey) == (None, False) and corrected.novelty is not None and corrected.grey


def test_other_labels_are_an_error(models, table_of, made_table):
    other = Recognizer(models[0][1].classifier, models[0][1].features, LabelSet("fer3", ("a", "b", "c")))
    with pytest.raises(ParameterError, match="different labels cannot be blended: svm knows fer7; own knows fer3"):
        blend([models[0], ("own", other, models[0][2])], table_of)


def test_one_model_is_no_blend(models, table_of):
    with pytest.raises(ParameterError, match="1 model to blend: give two at least"):
        blend(models[:1], table_of)


@pytest.mark.parametrize(("how", "weights", "message"), [
    ("cast", None, "how 'cast' is none of vote, stack"), ("stack", [1, 1, 1], "a stack finds its own")])
def test_an_unknown_way_is_named(models, table_of, how, weights, message):
    with pytest.raises(ParameterError, match=message):
        blend(models, table_of, how, weights)


def test_tables_of_other_faces_are_an_error(models, table_of, landmarks):
    other = replace(landmarks, ids=landmarks.ids[::-1], source="others")
    with pytest.raises(StoreError, match="others: its ids are not those of made"):
        blend(models, lambda recognizer: other if recognizer is models[2][1] else table_of(recognizer))


def test_stack_needs_faces_of_every_class_in_val(models, both):
    few = both.rows((both.splits != "val") | (both.labels != 1))
    with pytest.raises(StoreError, match="a stack wants 5 faces at least of each class in val"):
        blend([models[1], ("again", *models[1][1:])], lambda recognizer: few, how="stack")
