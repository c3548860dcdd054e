"""Models as ONNX files, run by onnxruntime and compared with the original."""

import json
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from featfer import exporting, load, read_card, save
from featfer.affect import make_regressor
from featfer.affect.recognizer import AffectRecognizer
from featfer.classifiers import CLASSIFIERS, Objective, ViewAverage, make_classifier
from featfer.classifiers.wrappers.blend import Blend
from featfer.classifiers.wrappers.relabelled import Relabelled
from featfer.cnn import CNN
from featfer.errors import BundleError, ParameterError
from featfer.exporting import export
from featfer.exporting.checking import find_test_faces
from featfer.exporting.graph import Graph
from featfer.exporting.networks import add_cnn_scores
from featfer.exporting.onnx import make_inputs, make_onnx_model, run_onnx
from featfer.faces import find_faces
from featfer.features import Embedding, make_features
from featfer.images.pixels import read_image
from featfer.labels import FER6, FER7, LabelSet
from featfer.recognizer import Recognizer

QUICK = {"rf": {"trees": 5}, "boosting": {"max_iter": 4}, "mlp": {"epochs": 2, "hidden": 8}, "nystroem": {"points": 40},
         "local-svm": {"k": 40}}
WITHOUT = ("knn", "local-svm")
TWO = LabelSet("two", ("no", "yes"))


@pytest.fixture(scope="module")
def rows():
    """210 rows of 128 columns and their labels, 0 to 6: seven clouds that lie into each other."""
    draw = np.random.default_rng(3)
    labels = np.arange(210) % 7
    return (draw.normal(size=(7, 128))[labels] + 3 * draw.normal(size=(210, 128))).astype(np.float32), labels


@pytest.fixture(scope="module")
def faces():
    return find_test_faces()


def difference(recognizer, values):
    """Return the largest difference between a recognizer's answers and those of its ONNX file."""
    return np.abs(run_onnx(make_onnx_model(recognizer, "features"), values) - recognizer.predict_rows(values)).max()


@pytest.mark.parametrize("classes", [7, 2])
@pytest.mark.parametrize("pca", [None, 10])
@pytest.mark.parametrize("name", [name for name in CLASSIFIERS if name not in WITHOUT])
def test_every_classifier_answers_the_same(rows, name, pca, classes):
    values, labels = rows
    classifier = make_classifier(name, pca=pca, **QUICK.get(name, {})).fit(values, labels % classes)
    calibrated = CalibratedClassifierCV(FrozenEstimator(classifier), method="temperature").fit(values, labels % classes)
    for model, allowed in ((classifier, 3e-6), (calibrated, 3e-5)):
        recognizer = Recognizer(model, [Embedding()], FER7 if classes == 7 else TWO)
        found = run_onnx(make_onnx_model(recognizer, "features"), values)
        differ = np.abs(found - recognizer.predict_rows(values)).max(axis=1) > allowed
        assert differ.sum() <= (2 if name == "rf" else 0), "trees cut between numbers that differ in their last digit"


@pytest.mark.parametrize("name", WITHOUT)
def test_classifiers_without_an_onnx_form_are_named(rows, name):
    classifier = make_classifier(name, **QUICK.get(name, {})).fit(*rows)
    with pytest.raises(ParameterError, match=r", a classifier, cannot be exported to ONNX; .* All can be exported to \.skops"):
        make_onnx_model(Recognizer(classifier, [Embedding()], FER7), "features")


@pytest.mark.parametrize("compact", [None, "float16", "int8"])
def test_compact_support_vectors_stay_small(rows, compact):
    recognizer = Recognizer(make_classifier("svm", compact=compact).fit(*rows), [Embedding()], FER7)
    assert difference(recognizer, rows[0]) < 3e-6
    assert len(make_onnx_model(recognizer, "features")) / 210 / 128 < {None: 5.5, "float16": 3.5, "int8": 2.5}[compact]


@pytest.mark.parametrize(("compact", "most"), [("float16", 2.6), ("int8", 1.6)])
def test_a_compact_mlp_stays_small(rows, compact, most):
    classifier = make_classifier("mlp", pca=20, compact=compact, hidden=300, networks=2, epochs=1).fit(*rows)
    recognizer = Recognizer(classifier, [Embedding()], FER7)
    assert difference(recognizer, rows[0]) < 3e-6
    assert len(make_onnx_model(recognizer, "features")) / (20 * 600 + 20 * 128) < most + 4 * 600 * 8 / (20 * 600 + 20 * 128)


@pytest.mark.parametrize("objective", [Objective("weights"), Objective("sampling"), Objective(coarse_to_fine=True),
                                       Objective(soft=True)], ids=str)
def test_every_objective_answers_the_same(rows, objective):
    classifier = objective.wrap(make_classifier("svm"), "svm", FER7).fit(*rows)
    assert difference(Recognizer(classifier, [Embedding()], FER7), rows[0]) < 3e-6


@pytest.mark.parametrize(("how", "weights"), [("vote", None), ("vote", [1, 3]), ("stack", None)])
def test_blends_of_views_answer_the_same(rows, how, weights):
    values, labels = np.concatenate([rows[0], rows[0][:, ::-1]], axis=1), rows[1]
    views = ViewAverage(make_classifier("logistic"), 2, 2).fit(values, labels)
    member = make_classifier("lda").fit(values[:, 3:90:2], labels)
    blend = Blend([views, member], [slice(0, 256), np.arange(3, 90, 2)], how, weights).fit(values, labels)
    assert difference(Recognizer(blend, [Embedding(), Embedding(view="flip")], FER7), values) < 3e-6


def test_sigmoids_answer_the_same(rows):
    classifier = make_classifier("svm").fit(*rows)
    calibrated = CalibratedClassifierCV(FrozenEstimator(classifier), method="sigmoid").fit(*rows)
    assert difference(Recognizer(calibrated, [Embedding()], FER7), rows[0]) < 3e-6


def test_untrained_labels_have_no_probability(rows):
    known = rows[1] < 4
    recognizer = Recognizer(make_classifier("lda").fit(rows[0][known], rows[1][known]), [Embedding()], FER7)
    assert difference(recognizer, rows[0]) < 3e-6
    assert not run_onnx(make_onnx_model(recognizer, "features"), rows[0])[:, 4:].any()


def test_other_labels_answer_the_same(rows):
    relabelled = Relabelled(make_classifier("lda").fit(*rows), [0, 0, -1, 1, 0, -1, 1])
    assert difference(Recognizer(relabelled, [Embedding()], TWO), rows[0]) < 3e-6


@pytest.mark.parametrize("prior", ["uniform", "angry=1,disgust=0,fear=1,happy=2,sad=1,surprise=1,neutral=4"])
@pytest.mark.parametrize("name", ["lda", "rf"])
def test_a_corrected_prior_answers_the_same(rows, name, prior):
    recognizer = Recognizer(make_classifier(name, **QUICK.get(name, {})).fit(*rows), [Embedding()], FER7)
    recognizer.prior = {name: (1 + i) / 28 for i, name in enumerate(FER7.names)}
    assert difference(recognizer.with_prior(prior), rows[0]) < 3e-6
    assert difference(recognizer.with_prior(prior).relabel(FER6), rows[0]) < 3e-6


def test_a_face_that_only_has_labels_without_a_share_answers_the_same(rows):
    trees = make_classifier("rf", trees=1).fit(*rows)
    recognizer = Recognizer(trees, [Embedding()], FER7)
    recognizer.prior = dict.fromkeys(FER7.names, 1 / 7)
    corrected = recognizer.with_prior(dict.fromkeys(FER7.names, 1) | {"angry": 0, "neutral": 3})
    assert recognizer.predict_rows(rows[0])[:, 0].max() == 1
    assert difference(corrected, rows[0]) < 3e-6
    assert difference(Recognizer(Relabelled(trees, [-1, 0, -1, 1, 0, -1, 1]), [Embedding()], TWO), rows[0]) < 3e-6


@pytest.mark.parametrize("outputs", [("valence", "arousal"), ("arousal",)])
@pytest.mark.parametrize("name", ["ridge", "mlp"])
def test_regressors_answer_the_same(rows, name, outputs):
    params = {"hidden": 8, "epochs": 3} if name == "mlp" else {}
    regressor = make_regressor(name, **params).fit(rows[0], rows[0][:, :len(outputs)] / 3)
    assert difference(AffectRecognizer(regressor, [Embedding()], outputs), rows[0]) < 3e-6


@pytest.mark.parametrize("network", ["groups9", "residual"])
def test_networks_answer_the_same_from_crops(network, faces, one_thread):
    crops = np.random.default_rng(0).integers(0, 256, (28, 48 * 48)).astype(np.float32)
    cnn = CNN(network, "short", changes={"epochs": 1}, random_state=0).fit(crops, np.arange(28) % 7)
    recognizer = Recognizer(cnn, make_features("crop"), FER7)
    found = run_onnx(make_onnx_model(recognizer), make_inputs(recognizer, "faces", faces))
    np.testing.assert_allclose(found, recognizer.predict_rows(make_inputs(recognizer, "features", faces)), atol=3e-6)


class Tiny(torch.nn.Sequential):
    """A network whose last map, 3 x 3, is averaged to `parts` x `parts`."""

    def __init__(self, parts):
        super().__init__(torch.nn.Conv2d(1, 2, 3, stride=3), torch.nn.AdaptiveAvgPool2d(parts), torch.nn.Flatten())


def scores_of(net, crops):
    """Return what onnxruntime computes of a network that was exported, for crops (n, 81) from 0 to 255."""
    cnn, graph = SimpleNamespace(channels=1, side_=9, network="tiny", net=lambda: net), Graph()
    found = add_cnn_scores(graph, cnn, "crops")
    model = graph.make_model({"crops": (np.float32, ["n", 81])}, {"scores": (np.float32, ["n", "scores"], found)}, {})
    return run_onnx(model.SerializeToString(), crops)


@pytest.mark.parametrize("parts", [2, 7])
def test_adaptive_pooling_to_overlapping_cells_answers_the_same(parts):
    net, crops = Tiny(parts), np.random.default_rng(0).integers(0, 256, (5, 81)).astype(np.float32)
    with torch.no_grad():
        expected = net(torch.from_numpy(crops).reshape(-1, 1, 9, 9) / 255).numpy()
    np.testing.assert_allclose(scores_of(net, crops), expected, atol=1e-6)


def test_a_network_without_an_onnx_form_is_named():
    class Odd(torch.nn.Module):
        def forward(self, x):
            return torch.special.gammaincc(x, x)

    with pytest.raises(ParameterError, match=r"^network tiny \(\w+\) cannot be exported to ONNX; export to \.skops$"):
        scores_of(Odd(), np.zeros((1, 81), np.float32))


def test_a_network_of_two_views_is_in_the_file_once(rows):
    sizes = []
    for views in (["plain"], ["plain", "flip"]):
        features = [feature for view in views for feature in make_features("stage:64x17x17/2x1", view=view)]
        classifier = make_classifier("lda").fit(np.tile(rows[0], len(views)), rows[1])
        sizes.append(len(make_onnx_model(Recognizer(classifier, features, FER7))))
    assert sizes[1] < 1.1 * sizes[0]


@pytest.mark.slow
def test_the_default_model_answers_the_same_from_chips(tmp_path, photo):
    card = export("photos", tmp_path / "photos.onnx")
    assert card["export"]["checked"]["rows"] >= 10
    assert card["export"]["checked"]["difference"] < 1e-4
    face = find_faces(read_image(photo))[0]
    session = onnxruntime.InferenceSession(tmp_path / "photos.onnx")
    probabilities, label = session.run(None, {"chips": face.chip("5")[None]})
    seen = load().predict(photo)[0][0]
    names = json.loads(session.get_modelmeta().custom_metadata_map["names"])
    assert names[label[0]] == seen.label
    np.testing.assert_allclose(probabilities[0], list(seen.probabilities.values()), atol=1e-4)


def test_the_file_describes_its_inputs_and_outputs(tmp_path, bundle):
    export(bundle, tmp_path / "svm.onnx")
    model = onnx.load(tmp_path / "svm.onnx")
    onnx.checker.check_model(model, full_check=True)
    facts = {fact.key: fact.value for fact in model.metadata_props}
    assert json.loads(facts["names"]) == list(FER7.names)
    assert json.loads(facts["features"]) == [Embedding().fingerprint]
    assert not any(node.metadata_props for node in model.graph.node), "torch says there where its code stands"
    assert facts["input"].startswith("uint8 RGB (n, 150, 150, 3): the face turned upright")
    [given] = model.graph.input
    assert [side.dim_param or side.dim_value for side in given.type.tensor_type.shape.dim] == ["n", 150, 150, 3]
    assert [out.name for out in model.graph.output] == ["probabilities", "label"]


def test_any_number_of_rows_is_taken(bundle, made_table):
    recognizer = load(bundle)
    content = make_onnx_model(recognizer, "features")
    for count in (1, 2, 350):
        some = made_table.features[:count]
        np.testing.assert_allclose(run_onnx(content, some), recognizer.predict_rows(some), atol=1e-5)


def test_the_card_describes_the_comparison(tmp_path, bundle, photo):
    card = export(bundle, tmp_path / "svm.skops", photos=[photo])
    assert card == read_card(tmp_path / "svm.skops") == json.loads((tmp_path / "svm.skops.json").read_text())
    assert card["export"]["checked"] == {"rows": 6, "difference": 0.0, "allowed": 1e-6}  # one face, five golden rows
    assert card["export"]["of"] == read_card(bundle)["sha256"] != card["sha256"]
    assert card["golden"] == read_card(bundle)["golden"]


@pytest.mark.parametrize("name", ["svm.skops", "svm.safetensors"])
def test_an_exported_model_is_loaded_like_any_other(tmp_path, bundle, made_table, name):
    export(bundle, tmp_path / name)
    rows = made_table.features
    np.testing.assert_array_equal(load(tmp_path / name).predict_rows(rows), load(bundle).predict_rows(rows))


@pytest.mark.parametrize("name", ["svm.skops", "svm.onnx"])
def test_a_model_that_answers_differently_is_not_written(tmp_path, bundle, monkeypatch, name):
    monkeypatch.setattr(exporting, "TOLERANCES", {name[3:]: -1.0})
    with pytest.raises(BundleError, match=rf"{name}: not written: an answer differs by .* from the model's \(allowed: -1\)"):
        export(bundle, tmp_path / name, "features")
    assert list(tmp_path.iterdir()) == []


def test_a_tolerance_can_be_given(tmp_path, bundle):
    with pytest.raises(BundleError, match="allowed: 1e-12"):
        export(bundle, tmp_path / "svm.onnx", "features", tolerance=1e-12)
    assert export(bundle, tmp_path / "svm.onnx", "features", tolerance=0.5)["export"]["checked"]["allowed"] == 0.5


@pytest.mark.parametrize("name", ["svm", "svm.joblib", "svm.pt"])
def test_other_endings_are_refused(tmp_path, bundle, name):
    with pytest.raises(ParameterError, match=rf"{name}: an exported model's name ends in \.onnx, \.skops, \.safetensors"):
        export(bundle, tmp_path / name)


def test_an_onnx_file_is_not_loaded_but_its_card_is_read(tmp_path, bundle):
    export(bundle, tmp_path / "svm.onnx")
    assert read_card(tmp_path / "svm.onnx")["export"]["takes"] == "faces"
    with pytest.raises(BundleError, match=r"svm\.onnx: an ONNX file is for other engines, such as onnxruntime"):
        load(tmp_path / "svm.onnx")


@pytest.mark.parametrize("name", ["affect.skops", "affect.safetensors"])
def test_a_model_of_valence_and_arousal_is_loaded_again(tmp_path, rows, name):
    regressor = make_regressor("ridge").fit(rows[0], rows[0][:, :2] / 5)
    save(AffectRecognizer(regressor, [Embedding()], ("valence", "arousal")), tmp_path / "affect.joblib", {})
    export(tmp_path / "affect.joblib", tmp_path / name)
    found = load(tmp_path / name)
    assert found.outputs == ("valence", "arousal")
    np.testing.assert_array_equal(found.affect(rows[0]), load(tmp_path / "affect.joblib").affect(rows[0]))


def test_a_model_without_a_card_is_exported_without_verification(tmp_path, bundle, made_table):
    (tmp_path / "own.joblib").write_bytes(bundle.read_bytes())
    with pytest.raises(BundleError, match=r"own\.json: no such card"):
        export(tmp_path / "own.joblib", tmp_path / "own.skops")
    assert export(tmp_path / "own.joblib", tmp_path / "own.skops", verify=False)["export"]["of"] is None
    np.testing.assert_array_equal(load(tmp_path / "own.skops").predict_rows(made_table.features),
                                  load(bundle).predict_rows(made_table.features))
