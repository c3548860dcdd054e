"""The labels of a table, where there must be some."""

from dataclasses import replace

import pytest

from featfer.errors import StoreError
from featfer.labels import FER7
from featfer.training.calibration import calibrate_on_val
from featfer.training.classifier import train
from featfer.training.labelled import require_label_set
from featfer.training.prior import find_prior


def test_a_table_without_labels_is_refused_by_name(made_table):
    assert require_label_set(made_table) == FER7
    recognizer, _ = train(made_table, "lda", calibrate="none")
    unlabelled = replace(made_table, label_set=None)
    for use in (require_label_set, lambda table: find_prior(recognizer, table),
                lambda table: calibrate_on_val(recognizer.classifier, table)):
        with pytest.raises(StoreError, match="made: its rows have no labels to train on"):
            use(unlabelled)
