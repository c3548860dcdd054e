import time

import numpy as np
import pytest
from helpers.systems_page import cells
from sklearn.svm import SVC

from benchmarks.speed import training
from featfer.classifiers import svm


def test_the_steps_of_a_training_are_timed(made_table, tmp_path):
    made_table.save(tmp_path / "table.npz")
    words = ["train", "--clf", "svm", "--param", "pca=8", "--store", tmp_path / "table.npz", "--out", tmp_path / "svm.joblib"]
    found = training.run_timed(*map(str, words))
    assert set(found) == {*training.STEPS, training.REST} - {"novelty"}
    assert all(spent["seconds"] > 0 for spent in found.values())
    assert (tmp_path / "svm.joblib").exists()


def test_the_time_of_all_calls_counts_even_if_one_fails():
    found = {}
    slow = training.time_calls(lambda seconds: time.sleep(seconds) or 1 / seconds, "sleeping", found)
    assert slow(0.02) == 50
    with pytest.raises(ZeroDivisionError):
        slow(0)
    assert 0.02 <= found["sleeping"]["seconds"] < 1


def test_the_tables_show_the_slowest_step_first():
    text = training.format_tables({
        "date": "2026-11-30", "svm": {"scikit-learn": {"1": 40}},
        "model": {"prior": {"seconds": 1, "cpu": 1}, "fitting": {"seconds": 3, "cpu": 6}}})
    assert text.index("| fitting") < text.index("| prior") < text.index("| all")
    assert cells(text, "fitting") == ["fitting", "3.0", "75%", "2.0"]
    assert cells(text, "all")[:3] == ["all", "4", "100%"]
    assert cells(text, "scikit-learn") == ["scikit-learn", "1", "40"]


def test_an_svm_is_fitted_by_the_engine_that_is_asked_for(made_table, tmp_path, monkeypatch):
    monkeypatch.setattr(training.os, "sched_setaffinity", lambda *given: None)
    asked = []
    monkeypatch.setattr(svm, "import_fastest", lambda *names: asked.append(svm.has_intelex()) or SVC)
    np.savez(tmp_path / "rows.npz", X=made_table.features, y=made_table.labels)
    for engine, is_intels in (("scikit-learn", False), ("scikit-learn-intelex", True)):
        assert training.fit_svm(tmp_path / "rows.npz", engine, 1) > 0
        assert set(asked) == {is_intels}
        asked.clear()
