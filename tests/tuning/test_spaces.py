import pytest

from featfer.classifiers import CLASSIFIERS, make_classifier
from featfer.errors import ParameterError
from featfer.tuning.spaces import SPACES, WIDE, Choices, Components, Range, select_spaces


class Trial:
    """Stands in for an optuna trial: chooses the last suggestion, and records what it was asked."""

    def __init__(self):
        self.asked = []

    def suggest_int(self, name, low, high, log):
        self.asked.append((name, "int", low, high, log))
        return high

    def suggest_float(self, name, low, high, log):
        self.asked.append((name, "float", low, high, log))
        return high

    def suggest_categorical(self, name, values):
        self.asked.append((name, list(values)))
        return values[-1]


def suggest(space, most=128):
    trial = Trial()
    return space.suggest(trial, "clf.name", most), trial.asked


@pytest.mark.parametrize("clf", CLASSIFIERS)
@pytest.mark.parametrize("most", [20, 128, 8192])
def test_every_classifier_accepts_the_values_of_its_space(clf, most):
    ((name, space),) = select_spaces([clf]).items()
    assert name == clf
    make_classifier(clf, **{parameter: suggest(values, most)[0] for parameter, values in space.items()})
    make_classifier(clf, **{parameter: values.first for parameter, values in space.items()})


def test_range_of_whole_numbers_gives_whole_numbers():
    assert suggest(Range(1, 8)) == (8, [("clf.name", "int", 1, 8, False)])
    assert suggest(Range(1, 8.0, log=True)) == (8.0, [("clf.name", "float", 1, 8.0, True)])


def test_choices_are_passed_on_unchanged():
    assert suggest(Choices(("scale", None))) == (None, [("clf.name", ["scale", None])])


@pytest.mark.parametrize(("most", "values"), [(200, [None, 128]), (WIDE, [None, 128, 256, 512]), (8192, [128, 256, 512])])
def test_components_are_fewer_than_the_columns(most, values):
    assert suggest(Components((128, 256, 512)), most) == (values[-1], [(f"clf.name of {most}", values)])


@pytest.mark.parametrize(("counts", "most", "value"), [((128, 256), 128, None), ((256,), 8192, 256)])
def test_a_single_number_of_components_is_not_suggested(counts, most, value):
    assert suggest(Components(counts), most) == (value, [])


@pytest.mark.parametrize(("low", "high", "log", "message"), [
    (2, 1, False, "range 2:1: give the lower end first"), (1, 1, False, "range 1:1"),
    (0, 1, True, "range 0:1:log: give the lower end first, above 0 for log"), (float("nan"), 1.0, False, "range nan:1.0")])
def test_an_invalid_range_is_an_error(low, high, log, message):
    with pytest.raises(ParameterError, match=message):
        Range(low, high, log)


def test_vary_replaces_and_adds():
    spaces = select_spaces(["svm", "rf"], {"svm": {"C": Range(1, 50), "gamma": Choices(("scale",))}})
    assert list(spaces) == ["rf", "svm"]
    assert spaces["rf"] == SPACES["rf"]
    assert spaces["svm"] == SPACES["svm"] | {"C": Range(1.0, 50.0), "gamma": Choices(("scale",))}
    assert isinstance(spaces["svm"]["C"].low, float)


def test_vary_of_a_classifier_that_is_not_tuned_is_an_error():
    with pytest.raises(ParameterError, match="mlp: parameters to vary, but it is not among the classifiers svm, rf"):
        select_spaces(["svm", "rf"], {"mlp": {"hidden": Range(1, 2)}})
