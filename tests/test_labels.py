"""Label sets."""

import pytest

from featfer.errors import FeatferError, ParameterError
from featfer.labels import FER3, FER6, FER7, LABEL_SETS, find_labels, translation


def test_fer7_stands_in_the_order_of_the_csv():
    assert FER7.names == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert len(FER7) == 7


@pytest.mark.parametrize(("name", "label"), [("angry", 0), ("Happy", 3), (" NEUTRAL ", 6)])
def test_index_in_any_letter_case(name, label):
    assert FER7.index(name) == label


@pytest.mark.parametrize("name", ["contempt", "", "3"])
def test_unknown_name_is_shown_with_those_known(name):
    with pytest.raises(ParameterError) as caught:
        FER7.index(name)
    assert str(caught.value) == f"label {name!r} is not in fer7: angry, disgust, fear, happy, sad, surprise, neutral"


def test_parameter_errors_are_value_errors_too():
    assert issubclass(ParameterError, FeatferError)
    assert issubclass(ParameterError, ValueError)


def test_label_sets_are_found_by_name():
    assert LABEL_SETS == {"fer7": FER7, "fer6": FER6, "fer3": FER3}
    assert find_labels("fer6") is FER6
    with pytest.raises(ParameterError, match="labels 'fer5': give one of fer7, fer6, fer3"):
        find_labels("fer5")


def test_six_labels_take_disgust_for_angry():
    assert [FER6.names[label] for label in translation(FER7, FER6)] == [
        "angry", "angry", "fear", "happy", "sad", "surprise", "neutral"]


def test_three_labels_leave_the_others_out():
    assert translation(FER7, FER3) == [-1, -1, -1, 0, 1, -1, 2]


def test_there_is_no_way_back():
    assert translation(FER3, FER3) == [0, 1, 2]
    with pytest.raises(ParameterError, match="labels fer6 cannot be turned into fer7: there is no such map"):
        translation(FER6, FER7)
