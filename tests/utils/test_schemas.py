"""Plain data checked against types: what is refused, and in which words."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import pytest
from annotated_types import Ge, Le, MinLen, MultipleOf

from featfer.errors import ParameterError
from featfer.utils.schemas import Fraction, NumberAbove0, NumberFrom0, Whole, WholeFrom1, check, make, read_table

HUGE = 10**5000  # more digits than Python prints
NESTED = []
NESTED.append(NESTED)


@dataclass(frozen=True)
class Walk:
    steps: WholeFrom1 = 3
    stops: Whole = 0
    length: NumberAbove0 = 0.5
    climb: NumberFrom0 = 0.0
    shade: Fraction = 0.0
    slope: Annotated[float, Ge(-1), Le(1)] = 0.0
    team: Annotated[int, MultipleOf(4), Ge(8)] = 8
    place: str | None = "park"
    pace: Literal["slow", "quick"] = "slow"
    alone: bool = True
    turns: Sequence[WholeFrom1] = ()
    friends: Annotated[list[str], MinLen(1)] = field(default_factory=list)
    bag: dict[Literal["apples", "pears"], NumberFrom0] = field(default_factory=dict)
    notes: dict[str, dict[str, str]] = field(default_factory=dict)
    more: dict = field(default_factory=dict)


def refused(**values):
    with pytest.raises(ParameterError) as caught:
        make(Walk, values, "walk")
    return str(caught.value)


def test_fields_are_filled_by_name_and_not_converted():
    values = {"steps": 4, "length": 2, "place": None, "turns": [1], "bag": {"pears": 1}, "more": {"any": [None, {}]}}
    walk = make(Walk, values, "walk")
    assert walk == Walk(**values)
    assert [type(value) for value in (walk.length, walk.turns, walk.bag["pears"])] == [int, list, int]
    assert make(Walk, {}, "") == Walk()


@pytest.mark.parametrize("values", [{"turns": (1, 2)}, {"shade": 0}, {"slope": 1}, {"team": 12}, {"steps": HUGE},
                                    {"length": 1e300}, {"friends": ["a"]}, {"notes": {"[key]": {"[key]": "x"}}}])
def test_valid_values_pass(values):
    check(Walk, values, "walk")


@pytest.mark.parametrize(("key", "value", "wanted"), [
    ("steps", 0, "a whole number from 1"), ("steps", 1.0, "a whole number from 1"), ("steps", True, "a whole number from 1"),
    ("steps", "3", "a whole number from 1"), ("steps", None, "a whole number from 1"), ("stops", -1, "a whole number from 0"),
    ("length", 0, "a number above 0"), ("length", True, "a number above 0"), ("length", "2", "a number above 0"),
    ("length", float("nan"), "a number above 0"), ("length", float("inf"), "a number above 0"),
    ("climb", -0.5, "a number from 0"), ("shade", 1, "a number from 0 to below 1"), ("slope", 1.5, "a number from -1 to 1"),
    ("slope", -1.5, "a number from -1 to 1"), ("team", 10, "a whole number divisible by 4 from 8"),
    ("team", 4, "a whole number divisible by 4 from 8"), ("place", 3, "text"), ("pace", "fast", "one of slow, quick"),
    ("pace", [], "one of slow, quick"),
    ("alone", 1, "true or false"), ("alone", "yes", "true or false"), ("turns", 3, "a list"), ("turns", "123", "a list"),
    ("friends", [], "a list of at least 1"), ("friends", ("a",), "a list of at least 1"),
    ("bag", [], "a table"), ("notes", 3, "a table"), ("more", 3, "a table"),
])
def test_an_invalid_value_is_named_with_what_is_allowed(key, value, wanted):
    assert refused(**{key: value}) == f"walk: {key} {value!r} is not {wanted}"


@pytest.mark.parametrize(("values", "said"), [
    ({"turns": [1, True]}, "turns[1] True is not a whole number from 1"), ({"friends": [3]}, "friends[0] 3 is not text"),
    ({"bag": {"pears": -1}}, "bag.pears -1 is not a number from 0"),
    ({"notes": {"monday": 3}}, "notes.monday 3 is not a table"),
    ({"notes": {"monday": {"noon": 3}}}, "notes.monday.noon 3 is not text"),
])
def test_a_value_in_a_list_or_a_table_is_named_with_its_place(values, said):
    assert refused(**values) == f"walk: {said}"


@pytest.mark.parametrize(("values", "said"), [
    ({"bag": {"plums": 1}}, "bag.plums 1 is not known; there are apples, pears"),
    ({"bag": {"pear": 1}}, "bag.pear 1 is not known (did you mean pears?); there are apples, pears"),
    ({"bag": {"[key]": 1}}, "bag.[key] 1 is not known; there are apples, pears"),
    ({"lenght": 1}, "lenght 1 is not known (did you mean length?); there are alone, bag, climb, "),
    ({"[key]": 1}, "[key] 1 is not known; there are alone, "), ({"": 1}, " 1 is not known; there are alone, "),
])
def test_an_unknown_key_is_named_with_the_nearest_and_all_known_keys(values, said):
    assert refused(**values).startswith(f"walk: {said}")


@pytest.mark.parametrize("value", ["x" * 10**6, [-HUGE], -HUGE, NESTED, {"a" * 10**6: 1}, [0] * 10**5],
                         ids=["text", "list of huge", "huge", "nested", "long key", "long list"])
@pytest.mark.parametrize("key", ["length", "alone", "pace", "bag", "turns", "k" * 10**6, "\x1b[2J\n"],
                         ids=lambda k: ascii(k[:6]))
def test_every_error_is_a_short_line(key, value):
    said = refused(**{key: value})
    assert said.isprintable() and said.startswith("walk: ") and len(said) < 400


@pytest.mark.parametrize("key", ["\udcff", 1, -1, (1, 2), b"\xff", None, 1.5], ids=ascii)
def test_keys_that_no_file_has_are_unknown(key):
    for values in ({key: 3}, {"bag": {key: 3}}, {"steps": 4, key: 3, "bag": {key: 3}}):
        with pytest.raises(ParameterError, match=r" is not known; there are a") as caught:
            check(Walk, values, "walk")
        assert str(caught.value).isprintable()
    with pytest.raises(ParameterError, match=r"^walk: \\udcff 3 is not known; there are alone, "):
        check(Walk, {"\udcff": 3}, "walk")


def test_a_schema_may_be_a_dict():
    check({"from": list[dict]}, {"from": [{}]}, "w")
    with pytest.raises(ParameterError, match=r"^w: from\[1\] 3 is not a table$"):
        check({"from": list[dict]}, {"from": [{}, 3]}, "w")


@pytest.mark.parametrize(("content", "reason"), [
    (b"a = 1\na = 2", "Cannot overwrite a value"), (b"a = ", "Invalid value"), (b"\xff", "codec"),
    (b"a = " + b"[" * 10**5, "nested"),
    (b"a = " + b"9" * 5000, "4300"), (None, "No such file or directory")])
def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path, content, reason):
    path = tmp_path / "walk.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ParameterError, match=rf"^{path}: cannot be read \(.*{reason}") as caught:
        read_table(path, path)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 300


def test_a_table_is_read(tmp_path):
    (tmp_path / "walk.toml").write_text("steps = 4\r\n[bag]\npears = 1\n")
    assert read_table(tmp_path / "walk.toml", "walk") == {"steps": 4, "bag": {"pears": 1}}
    with pytest.raises(ParameterError, match=r"^walk: none here$"):
        read_table(tmp_path / "none.toml", "walk", "none here")


def test_pydantic_is_imported_only_to_check():
    code = ("import sys, featfer.bundle.persist, featfer.cnn, featfer.superres.recipe, featfer.finetuning.recipe\n"
            "import featfer_cli.benchmark_config\n"
            "print('pydantic' in sys.modules)\nfeatfer.superres.recipe.make_recipe()\nprint('pydantic' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
