"""The precision of features that users choose, and what "auto" means."""

import json

import pytest

from featfer.errors import ParameterError
from featfer.features import Embedding, Hog, Stage, make_features, restore_feature
from featfer.features.dlibnet import face_net
from featfer.features.precision import AUTO, CHOICES, find_precision

SMALL = "stage:256x2x2"


@pytest.fixture(params=[(True, ["FP32", "INT8", "BF16"], "int8", "bf16"), (True, ["FP32", "INT8"], "int8", "float32"),
                        (False, ["FP32", "INT8", "BF16"], "bf16", "bf16"), (False, ["FP32"], "float32", "float32")])
def processor(request, monkeypatch):
    """A processor with some instructions: the fastest precision of the networks that ship, and of others, on it."""
    has_vnni, known, *fastest = request.param

    class Core:
        def get_property(self, device, name):
            return known
    monkeypatch.setattr(face_net, "load_core", Core)
    monkeypatch.setattr(face_net, "has_processor_flag", lambda *names: has_vnni)
    return fastest


@pytest.fixture
def own(tmp_path):
    """The path of a backbone of the user's own."""
    path = tmp_path / "own.npz"
    path.write_bytes(b"any")
    return str(path)


def test_auto_is_the_fastest_that_the_processor_has(processor, own):
    shipped, backbone = processor
    assert find_precision(AUTO, [Embedding(), Stage(), Stage(network="expression"), Hog()]) == shipped
    assert find_precision(AUTO, [Stage(network=own)]) == backbone
    assert find_precision(AUTO, [Embedding(), Stage(network=own)]) == backbone
    assert find_precision(AUTO, [Embedding(backend="dlib"), Stage()]) == find_precision(AUTO, [Hog()]) == "float32"


def test_auto_on_a_gpu_is_bf16(processor, own):
    assert find_precision(AUTO, [Embedding(device="cuda"), Stage(device="cuda")]) == "bf16"
    assert find_precision(AUTO, [Stage(device="cuda:1", network=own)]) == "bf16"
    assert find_precision(AUTO, [Embedding(backend="dlib", device="cuda")]) == "float32"


@pytest.mark.parametrize("precision", ["float32", "bf16", "int8", "half"])
def test_a_name_is_a_name(precision):
    assert find_precision(precision, [Embedding(), Hog()]) == find_precision(precision, []) == precision


def test_features_are_made_with_what_auto_means(processor):
    made = make_features(f"embedding,{SMALL},hog", precision=AUTO)
    assert [feature.precision for feature in made[:2]] == processor[:1] * 2
    assert [feature.key for feature in made] == [
        feature.key for feature in make_features(f"embedding,{SMALL},hog", precision=processor[0])]
    assert AUTO not in json.dumps([feature.fingerprint for feature in made])


def test_features_of_auto_are_made_again_from_their_fingerprints():
    for feature in make_features(f"embedding,{SMALL}", precision=AUTO):
        assert restore_feature(feature.fingerprint).get_params() == feature.get_params()
        assert feature.precision in CHOICES[1:]


def test_float32_is_the_default():
    assert [feature.key for feature in make_features("embedding,stage")] == [Embedding().key, Stage().key]
    assert make_features("embedding", precision=AUTO, backend="dlib")[0].key == Embedding(backend="dlib").key


@pytest.mark.parametrize(("precision", "enlarging"), [("float32", "float32"), ("bf16", "bf16"), ("int8", "float32")])
def test_a_generator_computes_in_8_bits_never(precision, enlarging, monkeypatch):
    monkeypatch.setattr(face_net, "fastest_precision", lambda among: precision)
    for given in (precision, AUTO):
        feature, other = make_features("embedding,hog", superres="srgan", precision=given)
        assert (feature.precision, feature.superres.precision, other.superres.precision) == (precision, enlarging, enlarging)


def test_8_bits_are_refused_where_there_are_none(own, monkeypatch):
    monkeypatch.setattr("featfer.features.dlibnet.feature.check_device", lambda device: None)
    for params in ({"network": own}, {"device": "meta"}):
        with pytest.raises(ParameterError, match=r"'int8' is for the networks that ship, .* on a processor; use 'bf16'"):
            make_features(SMALL, precision="int8", **params)
