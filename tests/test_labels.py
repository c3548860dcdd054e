"""Label sets."""

import pytest

from featfer.errors import FeatferError, ParameterError
from featfer.labels import FER7, LABEL_SETS


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
    assert LABEL_SETS == {"fer7": FER7}
