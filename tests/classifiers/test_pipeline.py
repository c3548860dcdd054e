import pickle

import numpy as np
import pytest
import sklearn.pipeline
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from featfer.classifiers.mlp import MLP
from featfer.classifiers.pipeline import Pipeline, make_pipeline
from featfer.classifiers.preprocessing import PrincipalComponents
from featfer.classifiers.svm import RBFSVM


@pytest.fixture(scope="module")
def rows():
    X = np.random.default_rng(0).normal(size=(90, 6))
    return X, (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)


def test_it_predicts_as_that_of_scikit_learn(rows):
    X, y = rows
    ours, theirs = (make(StandardScaler(), PrincipalComponents(4, random_state=0), RBFSVM())
                    for make in (make_pipeline, sklearn.pipeline.make_pipeline))
    assert ours.fit(X, y) is ours
    theirs.fit(X, y)
    for name in ("predict", "predict_proba", "decision_function"):
        np.testing.assert_array_equal(getattr(ours, name)(X), getattr(theirs, name)(X))
    assert ours.score(X, y) == theirs.score(X, y) > 0.8
    assert ours.classes_.tolist() == [0, 1, 2] and ours.n_features_in_ == 6 and is_classifier(ours)
    again = pickle.loads(pickle.dumps(ours))
    np.testing.assert_array_equal(again.predict_proba(X), theirs.predict_proba(X))


def test_it_has_scores_only_if_its_last_step_has():
    assert hasattr(make_pipeline(RBFSVM()), "decision_function") and not hasattr(make_pipeline(MLP()), "decision_function")


def test_steps_and_their_parameters_are_found_by_name():
    pipeline = make_pipeline(StandardScaler(), RBFSVM(C=2.0))
    assert pipeline.get_params()["rbfsvm__C"] == 2.0 and set(pipeline.get_params(deep=False)) == {"steps"}
    assert pipeline.set_params(rbfsvm__C=3.0) is pipeline and pipeline.named_steps["rbfsvm"].C == 3.0
    assert len(pipeline) == 2 and pipeline[-1] is pipeline["rbfsvm"] and len(pipeline[:-1]) == 1


def test_a_step_can_be_left_out(rows):
    pipeline = make_pipeline(StandardScaler(), RBFSVM()).set_params(standardscaler="passthrough").fit(*rows)
    np.testing.assert_array_equal(pipeline.predict_proba(rows[0]), RBFSVM().fit(*rows).predict_proba(rows[0]))


def test_it_is_cloned_unfitted(rows):
    pipeline = make_pipeline(StandardScaler(), RBFSVM(C=2.0)).fit(*rows)
    copy = clone(pipeline)
    assert type(copy) is Pipeline and copy[-1].C == 2.0 and not hasattr(copy, "classes_")
    with pytest.raises(NotFittedError):
        copy.predict_proba(rows[0])


def test_searches_and_cross_validation_take_it(rows):
    search = GridSearchCV(make_pipeline(StandardScaler(), RBFSVM()), {"rbfsvm__C": [1e-3, 5.0]}, cv=3).fit(*rows)
    assert search.best_params_ == {"rbfsvm__C": 5.0}
    assert cross_val_score(search.best_estimator_, *rows, cv=3).mean() > 0.6


def test_weights_go_to_the_step_that_they_are_named_after(rows):
    X, y = rows
    pipeline = make_pipeline(StandardScaler(), RBFSVM()).fit(X, y, rbfsvm__sample_weight=(y != 2).astype(float))
    assert pipeline.classes_.tolist() == [0, 1]


def test_it_is_shown_with_its_steps():
    pipeline = make_pipeline(StandardScaler(), RBFSVM(C=2.0))
    assert repr(pipeline) == "Pipeline(steps=[('standardscaler', StandardScaler()), ('rbfsvm', RBFSVM(C=2.0))])"
    assert "StandardScaler" in estimator_html_repr(pipeline) and "RBFSVM" in pipeline._repr_html_()
