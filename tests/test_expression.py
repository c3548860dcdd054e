"""An expression without a model: its blend, its confidence, and what is rejected."""

import pytest

from featfer.expression import Expression, compute_ambiguity

MIXED = Expression("sad", {"happy": 0.4, "sad": 0.4, "angry": 0.2}, (0, 0, 9, 9), "found", 1.0)


def test_a_blend_begins_with_the_label_when_another_is_as_likely():
    assert MIXED.blend() == [("sad", 0.4), ("happy", 0.4), ("angry", 0.2)]


def test_what_is_rejected_loses_its_label_alone():
    rejected = MIXED.rejected_below(0.41)
    assert (MIXED.label, rejected.label) == ("sad", "unsure")
    assert rejected.as_dict() == {**MIXED.as_dict(), "label": "unsure"}
    assert rejected.in_words() == "unsure (happy 40%, sad 40%, angry 20%)"


def test_nothing_is_rejected_at_its_own_confidence():
    assert MIXED.rejected_below(0.4) is MIXED
    assert MIXED.rejected_below(0.0) is MIXED
    assert MIXED.as_dict()["confidence"] == MIXED.confidence == 0.4


@pytest.mark.parametrize(("probabilities", "ambiguity"), [
    ([1.0, 0.0, 0.0], 0.0), ([0.25] * 4, 1.0), ([0.5, 0.5, 0.0, 0.0], 0.5), ([0.9, 0.1], 0.469), ([1.0], 0.0)])
def test_ambiguity_is_the_share_of_the_largest_entropy(probabilities, ambiguity):
    assert compute_ambiguity(probabilities) == ambiguity


def test_plain_data_says_how_ambiguous_and_how_novel_a_face_is():
    assert MIXED.as_dict()["ambiguity"] == MIXED.ambiguity == 0.9602
    assert MIXED.as_dict()["novelty"] is None
