import pickle

import numpy as np
import pytest
from sklearn.base import clone

from featfer.classifiers.preprocessing import PrincipalComponents, unpack_parts
from featfer.classifiers.svm import RBFSVM


class Estimator:
    pass


def test_parts_are_unpacked_in_turn_and_kept_from_the_second_time_on():
    estimator, calls, array = Estimator(), [], np.arange(5, dtype=np.float16)

    def unpack(part):
        calls.append(part.start)
        return array[part].astype(np.float32)
    first = iter(unpack_parts(estimator, array, unpack, 2))
    assert calls == [] and next(first)[1].tolist() == [0, 1] and calls == [0]
    assert [found.tolist() for _, found in first] == [[2, 3], [4]]
    second, third = (unpack_parts(estimator, array, unpack, 2) for _ in range(2))
    assert calls == [0, 2, 4] * 2 and second is third
    assert np.concatenate([found for _, found in third]).tolist() == [0, 1, 2, 3, 4]
    assert [array[part].tolist() for part, _ in third] == [[0, 1], [2, 3], [4]]


def test_another_array_is_unpacked_anew():
    estimator, arrays = Estimator(), (np.zeros(2, np.float16), np.ones(2, np.float16))
    found = [next(iter(unpack_parts(estimator, array, lambda part, array=array: array[part] + 1, 2)))[1].tolist()
             for array in (arrays[0], arrays[0], arrays[0], arrays[1], arrays[1])]
    assert found == [[1, 1], [1, 1], [1, 1], [2, 2], [2, 2]]


def test_estimators_do_not_share():
    array = np.ones(2, np.float16)
    one, other = Estimator(), Estimator()
    for _ in range(2):
        parts = [unpack_parts(estimator, array, lambda part: array[part] + 1, 2) for estimator in (one, other)]
    assert parts[0] is not parts[1]


@pytest.mark.parametrize("compact", ["float16", "int8"])
def test_the_first_prediction_is_that_of_all_others(compact, monkeypatch):
    monkeypatch.setattr("featfer.classifiers.preprocessing.PART_AXES", 3)
    X = np.random.default_rng(0).normal(size=(60, 12)).astype(np.float32)
    components = PrincipalComponents(8, whiten=True, compact=compact, random_state=0).fit(X)
    few = [components.transform(X[:2]) for _ in range(3)]
    np.testing.assert_array_equal(few[0], few[1])
    np.testing.assert_array_equal(few[0], few[2])
    np.testing.assert_allclose(components.transform(X)[:2], few[0], atol=1e-5)
    np.testing.assert_allclose(few[0], (X[:2] - components.mean_) @ components.components_.astype(np.float32).T
                               * getattr(components, "steps_", np.float32(1)).T / np.sqrt(components.variances_), atol=1e-5)


def test_a_prediction_leaves_the_saved_file_as_it_was():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 5)).astype(np.float32), np.arange(60) % 3
    svm = RBFSVM(compact="int8").fit(X, y)
    before = pickle.dumps(svm)
    first = svm.predict_proba(X)
    assert pickle.dumps(svm) == before
    np.testing.assert_array_equal(pickle.loads(before).predict_proba(X), first)
    again = svm.fit(X[:30] * 2, y[:30]).predict_proba(X)
    np.testing.assert_array_equal(again, clone(svm).fit(X[:30] * 2, y[:30]).predict_proba(X))
    assert np.abs(again - first).max() > 0.01
