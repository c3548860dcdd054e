"""The labels of a table, where there must be some."""

from dataclasses import replace

import numpy as np
import pytest

from featfer.errors import StoreError
from featfer.labels import FER7
from featfer.training.calibration import calibrate_on_val
from featfer.training.classifier import train
from featfer.training.labelled import count_labels, require_label_set
from featfer.training.prior import find_prior


def test_a_table_without_labels_is_refused_by_name(made_table):
    assert require_label_set(made_table) == FER7
    recognizer, _ = train(made_table, "lda", calibrate="none")
    unlabelled = replace(made_table, label_set=None)
    for use in (require_label_set, lambda table: find_prior(recognizer, table),
                lambda table: calibrate_on_val(recognizer.classifier, table)):
        with pytest.raises(StoreError, match="made: its rows have no labels to train on"):
            use(unlabelled)


def test_faces_of_a_split_are_counted_by_label_as_a_training_reads_them(made_table):
    status = made_table.status.astype("U10")
    status[[0, 7]] = "unreadable"
    table = replace(made_table, labels=np.where(made_table.labels == 6, -1, made_table.labels), status=status)
    assert count_labels(table, "train") == {0: 28, **dict.fromkeys(range(1, 6), 30)}
    assert count_labels(table, "val") == dict.fromkeys(range(6), 10)
    with pytest.raises(StoreError, match="made: no labelled rows in split 'dev'"):
        count_labels(table, "dev")
