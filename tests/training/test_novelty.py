"""Fitting novelty on a table: which faces are learned from, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from featfer.classifiers.novelty import Novelty
from featfer.errors import ParameterError, StoreError
from featfer.features import Embedding, Pixels, Stage
from featfer.training.novelty import fit_novelty


def test_it_learns_the_faces_of_train_and_counts_those_of_val(made_table):
    rows = {split: made_table.features[made_table.splits == split] for split in ("train", "val", "test")}
    expected, found = Novelty(128).fit(rows["train"], rows["val"]), fit_novelty(made_table)
    np.testing.assert_array_equal(found.score(rows["test"]), expected.score(rows["test"]))


def test_faces_that_were_not_found_are_left_out(made_table):
    strange = np.flatnonzero(made_table.splits != "test")[::5]
    features, status = made_table.features.copy(), made_table.status.astype("U11")
    features[strange], status[strange] = 9 * np.eye(128)[0], "whole-image"
    found = fit_novelty(replace(made_table, features=features, status=status))
    assert found.score(features[strange]).min() > 0.95
    assert fit_novelty(replace(made_table, features=features)).score(features[strange]).max() < 0.5


def test_it_reads_the_first_feature_alone_as_the_map_that_it_is(made_table):
    rng, count = np.random.default_rng(0), len(made_table)
    prints = [Stage("128x8x8/2x2").fingerprint, Embedding().fingerprint]
    table = replace(made_table, features=rng.random((count, 512 + 128)).astype(np.float32), fingerprints=prints)
    found = fit_novelty(table)
    assert (found.width, found.channels, found.mean_.shape) == (512, 128, (132,))


def test_what_cannot_be_fitted_is_said(made_table):
    with pytest.raises(StoreError, match=r"made: novelty needs faces in train and in val; it has 210 and 0"):
        fit_novelty(made_table.rows(made_table.splits != "val"))
    wide = replace(made_table, fingerprints=[Pixels().fingerprint])
    with pytest.raises(ParameterError, match=r"novelty: cannot be fitted on pixels .*; fit it for a model whose first"):
        fit_novelty(wide)
