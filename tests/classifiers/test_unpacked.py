import pickle

import numpy as np
from sklearn.base import clone

from featfer.classifiers.preprocessing import unpack_once
from featfer.classifiers.svm import RBFSVM


class Estimator:
    pass


def test_each_array_is_unpacked_once():
    estimator, calls = Estimator(), []
    first, second = np.ones(2, np.float16), np.zeros(2, np.float16)

    def unpack(array):
        calls.append(array)
        return array.astype(np.float32)
    values = [unpack_once(estimator, array, unpack) for array in (first, first, second)]
    assert values[0] is values[1] and values[0].dtype == np.float32
    assert values[2].tolist() == [0, 0]
    assert len(calls) == 2


def test_estimators_do_not_share():
    array = np.ones(2, np.float16)
    assert unpack_once(Estimator(), array, lambda a: a + 1) is not unpack_once(Estimator(), array, lambda a: a + 1)


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
