from dataclasses import dataclass
from functools import partial

import pytest

from featfer.utils.parameters import (
    ParameterEntry,
    describe_default,
    describe_values,
    find_first_sentence,
    make_entries,
    read_parameters,
    suggest,
    summarize,
)


class Base:
    """A base.

    Parameters
    ----------
    depth : int, from 1
        How deep.

        In metres.

    Attributes
    ----------
    depth_ : int
        As fitted.
    """


class Derived(Base):
    """See `Base`.

    Parameters
    ----------
    width : float or "auto"
        How
        wide.
    """


def make(seed=0, width=2.0, **params):
    """Make a `Derived` (`Base`) of a width. It is new.

    Parameters
    ----------
    seed : int
    width : float
        Its own width.
    **params
        Other parameters of `Derived`.

    Returns
    -------
    Derived
    """


@dataclass
class Data:
    """Data.

    Attributes
    ----------
    first, second : int
        Both.
    """

    first: int = 1
    second: int = 2


def test_meanings_come_from_the_docstring_and_from_those_it_names():
    assert read_parameters(make) == {
        "seed": ("int", ""), "width": ("float", "Its own width."), "depth": ("int, from 1", "How deep. In metres."),
        "depth_": ("int", "As fitted.")}


def test_a_class_has_the_meanings_of_its_base_too():
    assert read_parameters(Derived)["width"] == ('float or "auto"', "How wide.")
    assert read_parameters(Derived)["depth"] == read_parameters(Base)["depth"]


def test_fields_that_share_a_line_share_a_meaning():
    assert read_parameters(Data) == {"first": ("int", "Both."), "second": ("int", "Both.")}


def test_a_partial_is_its_function():
    assert read_parameters(partial(make, 3)) == read_parameters(make)
    assert summarize(partial(make, 3)) == summarize(make) == "A `Derived` of a width."


def test_scikit_learn_s_meanings_are_one_plain_sentence():
    from sklearn.svm import SVC
    kind, meaning = read_parameters(SVC)["C"]
    assert meaning == "Regularization parameter."
    assert describe_values(kind) == "a number"
    assert all(text and "\n" not in text and ":" not in text for _, text in (
        read_parameters(SVC)[name] for name in ("gamma", "kernel", "class_weight")))


@pytest.mark.parametrize(("kind", "words"), [
    ('{"sqrt", "log2"}, int or float', "sqrt, log2, a whole number or a number"),
    ("int, from 1, optional", "a whole number from 1 or none"), ("float, above 0", "a number above 0"),
    ("tuple of int", "a list of whole numbers"), ("dict or 'balanced', default=None", "a dict or balanced"),
    ("bool, default=True", "true or false"), ("str or None", "text or none")])
def test_types_in_words(kind, words):
    assert describe_values(kind) == words


@pytest.mark.parametrize(("value", "word"), [
    (None, "none"), (True, "true"), (1e-4, "0.0001"), ("scale", "scale"), ((2, 2, None), "[2, 2, none]"), ({}, "{}"),
    (tuple(range(9)), "9 numbers from 0 to 8")])
def test_defaults_as_the_command_line_takes_them(value, word):
    assert describe_default(value) == word


def test_a_default_that_the_type_lacks_is_one_of_the_values():
    def fit(size=None, how="auto"):
        """Fit.

        Parameters
        ----------
        size : int
            The size.
        how : float
            The way.
        """
    assert make_entries(fit, {"size": None, "how": "auto"}) == [
        ParameterEntry("size", "none", "a whole number or none", "The size."),
        ParameterEntry("how", "auto", "a number or auto", "The way.")]


def test_the_first_sentence_ends_before_a_capital():
    assert find_first_sentence("Of 1.5 m, e.g. A. The rest.") == "Of 1.5 m, e.g. A."
    assert find_first_sentence('A plan. "Other" is not.') == "A plan."


@pytest.mark.parametrize(("name", "said"), [("epoch", " (did you mean epochs?)"), ("zap", "")])
def test_a_likely_name_is_suggested(name, said):
    assert suggest(name, ["epochs", "batch"]) == said
