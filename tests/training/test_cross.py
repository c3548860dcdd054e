from dataclasses import replace

import numpy as np
import pytest

from featfer.errors import StoreError
from featfer.labels import FER3, FER6
from featfer.training.cross import as_markdown, cross


@pytest.fixture(scope="module")
def six(made_table):
    """The made-up faces with labels of six classes, as another data set."""
    return replace(made_table.relabel(FER6), source="six")


def by_names(pairs):
    return {(pair["trained"], pair["tested"]): pair for pair in pairs}


def test_each_set_is_tested_by_each_model(made_table, six):
    pairs = by_names(cross([replace(made_table, source="seven"), six], "logistic"))
    assert list(pairs) == [("seven", "seven"), ("seven", "six"), ("six", "seven"), ("six", "six")]
    assert {pair["faces"] for pair in pairs.values()} == {210}
    assert pairs["seven", "seven"]["accuracy"] > 0.8
    # Six classes map to seven, except angry, which may have been disgust.
    assert (pairs["seven", "six"]["images"], pairs["seven", "six"]["left_out"]) == (50, 20)
    assert (pairs["six", "seven"]["images"], pairs["six", "seven"]["left_out"]) == (70, 0)
    assert pairs["six", "seven"]["accuracy"] == pairs["six", "six"]["accuracy"] > 0.8


def test_a_data_set_without_a_test_split_is_tested_as_a_whole(made_table):
    other = replace(made_table, source="other", splits=np.where(made_table.splits == "test", "val", made_table.splits))
    pairs = by_names(cross([replace(made_table, source="made"), other], "logistic"))
    assert pairs["made", "other"]["images"] == 350 and pairs["made", "made"]["images"] == 70


def test_labels_without_a_map_are_refused(made_table):
    three = replace(made_table.relabel(FER3), source="three")
    with pytest.raises(StoreError, match=r"fer3"):
        cross([replace(made_table, source="seven", label_set=replace(made_table.label_set, name="own", names=tuple("abcdefg"))),
               three], "logistic")


def test_a_set_without_labelled_faces_is_refused(made_table):
    none = replace(made_table, source="none", labels=np.full(350, -1, np.int16))
    with pytest.raises(StoreError, match="none: no labelled faces to test on"):
        cross([made_table, none], "logistic")


def test_the_table_has_a_row_for_each_set_trained_on():
    pairs = [{"trained": a, "tested": b, "accuracy": share} for a, b, share in
             [("a", "a", 0.5), ("a", "b", 0.25), ("b", "a", 1), ("b", "b", 0.125)]]
    assert as_markdown(pairs).splitlines()[2:] == ["| a | 50.00% | 25.00% |", "| b | 100.00% | 12.50% |"]
