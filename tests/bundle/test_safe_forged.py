"""Safe files with forge arrays: each is refused before the model runs, because compiled code checks no bounds."""

import io
import json
import tracemalloc
import zipfile
from copy import deepcopy

import numpy as np
import pytest
import safetensors.numpy
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from featfer.affect import make_regressor
from featfer.affect.recognizer import AffectRecognizer
from featfer.bundle.safe import FORMS, read_safe
from featfer.bundle.safe import skops as skops_form
from featfer.classifiers import ViewAverage, make_classifier
from featfer.classifiers.wrappers.blend import Blend
from featfer.classifiers.wrappers.relabelled import Relabelled
from featfer.errors import BundleError
from featfer.features import Embedding
from featfer.labels import FER7, LabelSet
from featfer.recognizer import Recognizer

QUICK = {"rf": {"trees": 3}, "boosting": {"max_iter": 3}, "mlp": {"epochs": 2, "hidden": 8}, "nystroem": {"points": 40},
         "local-svm": {"k": 40}, "stages": {"pca": 10}, "packed": {"pca": 10, "compact": "int8", "epochs": 2, "hidden": 8}}
NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def trained(made_table):
    """A function from the name of a classifier or regressor to a recognizer with it, which is trained once."""
    kept = {}

    def make(name):
        if name not in kept:
            kept[name] = _train(name, made_table.split("train"))
        return kept[name]
    return make


def _train(name, rows):
    params = QUICK.get(name, {})
    if name in ("ridge", "svr"):
        return AffectRecognizer(make_regressor(name).fit(rows.features, rows.features[:, :2] / 5), [Embedding()],
                                ("valence", "arousal"))
    model = make_classifier({"stages": "svm", "packed": "mlp"}.get(name, name), **params).fit(rows.features, rows.labels)
    return Recognizer(CalibratedClassifierCV(FrozenEstimator(model), method="temperature").fit(rows.features, rows.labels),
                      [Embedding()], FER7)


def forge(recognizer, ending, change):
    """Return a .safetensors file in which a function has changed the last array whose path has this ending."""
    content = FORMS[".safetensors"].write(recognizer)
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])["__metadata__"]
    arrays = {name: array.copy() for name, array in safetensors.numpy.load(content).items()}
    name = [name for name in arrays if name.endswith(ending)][-1]
    changed = change(arrays[name])
    arrays[name] = arrays[name] if changed is None else np.ascontiguousarray(changed)
    return safetensors.numpy.save(arrays, header)


def put(value, at=0):
    """Return a function that puts a value into an array."""
    def change(array):
        array.reshape(-1)[at] = value
    return change


@pytest.mark.parametrize(("name", "ending", "change"), [
    ("rf", "trees_.0.2", put(10**6)), ("rf", "trees_.0.3", put(-5)), ("rf", "trees_.0.0", put(60_000)),
    ("rf", "trees_.0.1", put(NAN)), ("rf", "trees_.0.3", put(0)), ("rf", "leaves_", put(NAN)),
    ("rf", "trees_.0.2", lambda left: np.where(left > 0, -1, 0).astype(left.dtype)),
    ("rf", "trees_.0.3", lambda right: right[:-1]),
    ("svr", "1.dual_coef_", lambda array: array[:, :3]), ("svr", "1._n_support", put(10**6)), ("svr", "support_", put(-1)),
    ("svr", "1.dual_coef_", put(NAN)), ("svr", "1.support_vectors_", lambda array: array[:, :5]),
    ("svr", "1._n_support", lambda array: np.ones(200, array.dtype)), ("svr", "1._gamma", lambda array: np.array(NAN)),
    ("svr", "1._intercept_", lambda array: np.zeros(0)), ("svr", "1._probA", lambda array: np.ones(5)),
    ("knn", "._y", put(10**9)), ("knn", "._y", put(-1)), ("knn", "._fit_X", put(NAN)), ("knn", "._y", lambda array: array[:3]),
    ("local-svm", "codes_", put(99)), ("local-svm", "rows_", put(INF)),
    ("kernel-ridge", "coef_", lambda array: array[:, :3]), ("kernel-ridge", "support_vectors_", put(INF)),
    ("svm", "support_vectors_", put(NAN)), ("svm", "coef_", put(INF)), ("svm", "intercept_", lambda array: array[:-1]),
    ("svm", "scale_", put(0)), ("svm", "mean_", lambda array: array[:5]), ("stages", "components_", put(NAN)),
    ("stages", "variances_", put(-1)), ("mlp", "weights_.0", put(NAN)), ("mlp", "weights_.1", lambda array: array.T),
    ("packed", "1.1.steps_", put(NAN)), ("packed", "1.1.steps_", lambda array: array[:3]),
    ("lda", "coef_", lambda array: array[:3]), ("logistic", "coef_", put(-INF)), ("nystroem", "axes_", lambda array: array[:5]),
    ("nystroem", "points_", put(NAN)), ("svm", "beta_", lambda array: np.array(NAN)),
    ("svm", "beta_", lambda array: np.array(0.0)),
    ("svm", "beta_", lambda array: np.array(-1.0)), ("svm", "classes_", put(99)), ("svm", "classes_", put(-1)),
    ("svm", "classes_", put(1)), ("ridge", "coef_", put(NAN)), ("ridge", "intercept_", lambda array: array[:1]),
])
def test_a_forged_array_is_refused(trained, name, ending, change):
    content = forge(trained(name), ending, change)
    with pytest.raises(BundleError, match="holds parts that do not fit together"):
        read_safe(content, ".safetensors")


def get_nodes(recognizer):
    return recognizer.classifier.estimator.estimator[-1]._predictors[1][2].nodes


@pytest.mark.parametrize(("field", "value"), [
    ("left", 10**6), ("right", 2**32 - 1), ("left", 0), ("right", 0), ("feature_idx", 10**6), ("feature_idx", -1),
    ("num_threshold", NAN), ("is_categorical", 1), ("value", NAN)])
def test_a_forged_boosted_tree_is_refused(trained, field, value):
    recognizer = deepcopy(trained("boosting"))
    nodes = get_nodes(recognizer)
    nodes[field][(nodes["is_leaf"] != 0) == (field == "value")] = value
    with pytest.raises(BundleError, match="in TreePredictor, "):
        read_safe(FORMS[".skops"].write(recognizer), ".skops")


def test_forged_parts_beside_the_trees_are_refused(trained):
    for change in (lambda model: setattr(model, "n_trees_per_iteration_", 3), lambda model: model._predictors[0].pop(),
                   lambda model: setattr(model, "_in_fit", True), lambda model: setattr(model._bin_mapper, "is_categorical_",
                                                                                        np.ones(128, np.uint8)),
                   lambda model: setattr(model, "_baseline_prediction", np.zeros((1, 3)))):
        recognizer = deepcopy(trained("boosting"))
        change(recognizer.classifier.estimator.estimator[-1])
        with pytest.raises(BundleError, match="holds parts that do not fit together"):
            read_safe(FORMS[".skops"].write(recognizer), ".skops")


@pytest.mark.parametrize(("owner", "name", "value"), [
    ("svr", "_impl", "c_svc"), ("svr", "_sparse", True), ("svr", "kernel", "precomputed"), ("svr", "shape_fit_", (140, 3)),
    ("knn", "predict_proba", 3), ("knn", "effective_metric_", "precomputed"), ("knn", "n_neighbors", 10**9),
    ("knn", "n_jobs", 10**6),
    ("local-svm", "C", INF), ("local-svm", "k", 0), ("local-svm", "gamma_", NAN), ("svm", "gamma_", -1.0)])
def test_values_that_change_which_code_runs_are_refused(trained, owner, name, value):
    recognizer = deepcopy(trained(owner))
    is_regressor = owner == "svr"
    model = recognizer.regressor[-1].estimators_[0] if is_regressor else recognizer.classifier.estimator.estimator[-1]
    vars(model)[name] = value
    with pytest.raises(BundleError, match=rf"holds parts that do not fit together: in .*{name.strip('_')}"):
        read_safe(FORMS[".safetensors"].write(recognizer), ".safetensors")


def make_blend(made_table, **changes):
    rows = np.concatenate([made_table.features, made_table.features[:, ::-1]], axis=1)
    views = ViewAverage(make_classifier("logistic"), 2, 2).fit(rows, made_table.labels)
    lda = make_classifier("lda").fit(made_table.features, made_table.labels)
    blend = Blend([views, lda], [np.arange(256), slice(0, 128)]).fit(rows, made_table.labels)
    vars(blend).update({name: value for name, value in changes.items() if name != "averaged"})
    views.averaged = changes.get("averaged", 2)
    return Recognizer(blend, [Embedding(), Embedding(view="flip")], FER7)


@pytest.mark.parametrize("changes", [
    {"weights": [NAN, 1.0]}, {"weights": [1.0]}, {"weights": [-1.0, 2.0]}, {"columns": [np.arange(256) + 1, slice(0, 128)]},
    {"columns": [np.arange(256)]}, {"columns": [np.arange(256), slice(0, 10**9, 5)]}, {"how": "stack"}, {"averaged": 10**9},
    {"members": []}])
def test_forged_blends_and_views_are_refused(made_table, changes):
    with pytest.raises(BundleError, match="holds parts that do not fit together"):
        read_safe(FORMS[".safetensors"].write(make_blend(made_table, **changes)), ".safetensors")


@pytest.mark.parametrize("become", [[0, 1, 2], [9] * 7, [-2] * 7, [-1] * 7, ["a"] * 7, 3, [0.5] * 7, np.full(7, 10**9)])
def test_invalid_mappings_of_labels_are_refused(trained, become):
    recognizer = Recognizer(Relabelled(trained("lda").classifier, become), [Embedding()], LabelSet("two", ("a", "b")))
    with pytest.raises(BundleError, match="holds parts that do not fit together"):
        read_safe(FORMS[".safetensors"].write(recognizer), ".safetensors")


@pytest.mark.parametrize("names", [("a", "a"), ("a",), (1, 2), ["a", "b"], ("a", ""), 3])
def test_invalid_labels_are_refused(trained, names):
    recognizer = Recognizer(trained("lda").classifier, [Embedding()], LabelSet("own", names))
    with pytest.raises(BundleError, match="holds parts that do not fit together"):
        read_safe(FORMS[".safetensors"].write(recognizer), ".safetensors")


def test_a_model_that_contains_itself_repeatedly_is_refused(made_table, trained):
    inner = trained("lda").classifier
    for _ in range(60):
        inner = Blend([inner, inner], [slice(0, 128), slice(0, 128)])
    with pytest.raises(BundleError, match="asks parts of more than 1,073,741,824 bytes for an answer"):
        read_safe(FORMS[".safetensors"].write(Recognizer(inner, [Embedding()], FER7)), ".safetensors")


def change_archive(content, change):
    """Return an archive with its schema changed by a function, which may add files."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        schema = json.loads(old.read("schema.json"))
        change(schema, new)
        for name in old.namelist():
            new.writestr(name, old.read(name) if name != "schema.json" else json.dumps(schema))
    return out.getvalue()


def name_array_often(schema, archive):
    """Name an array of 8 MB a thousand times."""
    array = io.BytesIO()
    np.save(array, np.zeros(10**6))
    archive.writestr("9.npy", array.getvalue())
    node = {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode", "type": "numpy", "file": "9.npy"}
    schema["content"]["content"]["versions"] = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode",
                                                "content": [node | {"__id__": i} for i in range(1000)], "__id__": 1}


def test_an_array_counts_each_time_it_is_named(trained):
    content = change_archive(FORMS[".skops"].write(trained("lda")), name_array_often)
    assert len(content) < 10**6
    tracemalloc.start()
    with pytest.raises(BundleError, match="unpacks to more than 1,073,741,824 bytes"):
        read_safe(content, ".skops")
    assert tracemalloc.get_traced_memory()[1] < 2**26
    tracemalloc.stop()


def test_a_huge_schema_is_not_read(trained):
    content = change_archive(FORMS[".skops"].write(trained("lda")), lambda schema, _: schema.update(a="x" * 2**24))
    with pytest.raises(BundleError, match="has a schema of more than 16,777,216 bytes"):
        read_safe(content, ".skops")


def test_a_schema_of_many_nodes_is_refused(trained, monkeypatch):
    monkeypatch.setattr(skops_form, "MOST_BYTES", 2**24)
    content = change_archive(FORMS[".skops"].write(trained("lda")), lambda schema, _: schema.update(a=[{}] * 10_000))
    with pytest.raises(BundleError, match="unpacks to more than"):
        read_safe(content, ".skops")


def test_files_that_share_bytes_in_an_archive_are_refused(trained):
    content = bytearray(FORMS[".skops"].write(trained("lda")))
    places = [at for at in range(len(content)) if content[at:at + 4] == b"PK\1\2"]
    content[places[1] + 42:places[1] + 46] = content[places[0] + 42:places[0] + 46]
    content[places[1] + 20:places[1] + 24] = (2**30).to_bytes(4, "little")
    with pytest.raises(BundleError, match="share their bytes or their name"):
        read_safe(bytes(content), ".skops")


@pytest.mark.parametrize("kind", ["array", "transposed", "bytes", "scalar"])
def test_a_tensor_that_is_named_twice_is_refused(trained, kind):
    content = FORMS[".safetensors"].write(trained("lda"))
    end = 8 + int.from_bytes(content[:8], "little")
    tree = json.loads(json.loads(content[8:end])["__metadata__"]["featfer"])
    arrays = safetensors.numpy.load(content) | {"big": np.zeros((10, 10))}
    tree["state"]["dict"].append(["more", {"list": [{kind: "big"}] * 1000}])
    with pytest.raises(BundleError, match="names the array 'big' twice"):
        read_safe(safetensors.numpy.save(arrays, {"featfer": json.dumps(tree)}), ".safetensors")


def test_a_huge_header_is_not_read(trained):
    content = FORMS[".safetensors"].write(trained("lda"))
    arrays = safetensors.numpy.load(content)
    with pytest.raises(BundleError, match="has a header of more than 33,554,432 bytes"):
        read_safe(safetensors.numpy.save(arrays, {"featfer": "[" + "[]," * 11_200_000 + "[]]"}), ".safetensors")


def test_an_object_that_a_model_contains_twice_is_restored(trained, made_table):
    recognizer = trained("lda")
    share = np.float64(0.5)
    recognizer.classifier.kept, recognizer.classifier.again = share, share
    found = read_safe(FORMS[".safetensors"].write(recognizer), ".safetensors")
    assert found.classifier.kept == found.classifier.again == 0.5
    np.testing.assert_array_equal(found.predict_rows(made_table.features[:9]), recognizer.predict_rows(made_table.features[:9]))
