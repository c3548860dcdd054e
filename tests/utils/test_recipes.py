from dataclasses import dataclass

import pytest

from featfer.errors import ParameterError
from featfer.utils.recipes import recipe_of


@dataclass(frozen=True)
class Walk:
    steps: int = 3
    length: float = 0.5
    place: str = "park"


def test_parameters_are_taken_by_their_names():
    assert recipe_of(Walk, {"steps": 4, "length": 2, "place": "wood"}) == Walk(4, 2, "wood")
    assert recipe_of(Walk, {}) == Walk()


@pytest.mark.parametrize("params", [{"pace": 1}, {"steps": 1.5}, {"steps": True}, {"length": "2"}, {"place": 3}])
def test_what_cannot_be_is_named_with_what_can(params):
    (name, value), = params.items()
    with pytest.raises(ParameterError) as caught:
        recipe_of(Walk, params)
    assert str(caught.value) == f"recipe: {name}={value!r} is none of steps (int), length (float), place (str)"
