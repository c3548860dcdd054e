"""A model prepared for its use elsewhere: another prior, novelty, and photos read without colours."""

from dataclasses import replace

import numpy as np
import pytest

from featfer.bundle.golden import make_golden
from featfer.errors import ParameterError
from featfer.evaluation.scoring import evaluate
from featfer.features import Pixels
from featfer.training.classifier import train
from featfer.training.novelty import fit_novelty
from featfer.training.use import Use

STATED = {"angry": 2, "disgust": 0, "fear": 1, "happy": 3, "sad": 1, "surprise": 1, "neutral": 2}


def test_a_trained_model_is_prepared_for_its_use(made_table):
    rows = made_table.split("test").features
    (plain, _), (prepared, card) = (train(made_table, "svm", use=use) for use in (None, Use(STATED, novelty=True, grey=True)))
    assert card["prior"] == prepared.prior == {name: share / 10 for name, share in STATED.items()}
    weighed = plain.probabilities(rows) * np.divide(list(STATED.values()), list(plain.prior.values()))
    np.testing.assert_allclose(prepared.probabilities(rows), weighed / weighed.sum(axis=1, keepdims=True), atol=1e-9)
    np.testing.assert_array_equal(prepared.novelty.score(rows), fit_novelty(made_table).score(rows))
    assert (plain.novelty, plain.grey, prepared.grey) == (None, False, True)
    assert card["figures"]["val"].items() > evaluate(prepared, made_table, "val").items()
    assert card["golden"] == make_golden(prepared, made_table.features)


@pytest.mark.parametrize(("use", "said"), [
    (Use({"contempt": 1, "happy": 1}), "'contempt': 1.*give a share from 0 of each of angry, disgust"),
    (Use("angry=1,sad=2"), "give a share from 0 of each of angry, disgust"),
    (Use(novelty=True), "novelty: cannot be fitted on pixels")])
def test_what_cannot_be_prepared_is_refused_before_the_training(made_table, use, said, monkeypatch):
    monkeypatch.setattr("featfer.classifiers.svm.RBFSVM.fit", lambda *given: pytest.fail("it was trained"))
    table = replace(made_table, fingerprints=[Pixels().fingerprint]) if use.novelty else made_table
    with pytest.raises(ParameterError, match=said):
        train(table, "svm", use=use)
