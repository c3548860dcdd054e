import pytest

from featfer.errors import ParameterError
from featfer.features import Embedding, Stage, make_features
from featfer.features.choosing import describe_features, describe_fingerprints, name_columns, to_features


@pytest.mark.parametrize(("given", "names"), [
    ("embedding", ["embedding"]), ("embedding, hog", ["embedding", "hog"]), (["hog", "lbp"], ["hog", "lbp"]),
    (Embedding(), ["embedding"]), ([Embedding(), "hog"], ["embedding", "hog"]), (("hog", Stage()), ["hog", "stage"]), ([], [])])
def test_features_are_given_by_name_or_as_they_are(given, names):
    assert [feature.name for feature in to_features(given)] == names


@pytest.mark.parametrize(("given", "message"), [
    (3, "^features 3: give names, such as 'embedding' or"), (None, "^features None: give names"),
    ([3], "^features 3: give names"), ({"embedding": 1}, r"^features \{'embedding': 1\}: give names"),
    ("embeding", "^features 'embeding': give each at most once, out of embedding, ")])
def test_what_is_no_feature_is_told(given, message):
    with pytest.raises(ParameterError, match=message):
        to_features(given)


def test_views_of_a_feature_stand_together():
    features = [*make_features("stage:128x8x8"), *make_features("stage:128x8x8", view="flip"), *make_features("geometry,hog:8")]
    words = "stage:128x8x8 (plain, flip), geometry, hog:8"
    assert describe_features(features) == words
    assert describe_fingerprints([feature.fingerprint for feature in features]) == words


def test_columns_have_readable_names():
    features = [*make_features("action-units,landmarks,pixels:8"), Embedding(view="flip")]
    names = name_columns(features)
    assert len(names) == sum(feature.size for feature in features)
    first = names.index("x1")
    assert (names[0], names[first - 1], names[first:first + 3]) == ("AU1", "AU27", ["x1", "y1", "x2"])
    assert names[-1] == "embedding_flip_127"
    assert "pixels_63" in names and "x68" in names and "AU12" in names
    assert len(set(names)) == len(names)
