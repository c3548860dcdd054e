"""Malicious files: each is refused with a one-line message, and nothing in it is run."""

import io
import json
import os
import pickle
import zipfile
from importlib import import_module

import joblib
import numpy as np
import pytest
import safetensors.numpy
import skops.io

from featfer import load
from featfer.bundle.persist import load_recognizer, save
from featfer.bundle.safe import FORMS, read_safe
from featfer.bundle.safe import skops as module
from featfer.cnn import CNN
from featfer.errors import BundleError
from featfer.features import make_features
from featfer.labels import FER7
from featfer.recognizer import Recognizer
from featfer.utils.outputs import EXPORTED
from featfer.utils.provenance import write_with_card


class Touch:
    """Unpickled, it makes a file: what a pickle of an enemy may do, and worse."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture(scope="module")
def recognizer(bundle):
    return load(bundle)


@pytest.fixture(scope="module")
def archive(recognizer):
    """The bytes of a valid .skops file."""
    return FORMS[".skops"].write(recognizer)


@pytest.fixture(scope="module")
def tensors(recognizer):
    """The bytes of a valid .safetensors file."""
    return FORMS[".safetensors"].write(recognizer)


def change_schema(archive, change):
    """Return an archive whose schema a function has changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            schema = json.loads(old.read(name)) if name == "schema.json" else None
            new.writestr(name, old.read(name) if schema is None else json.dumps(change(schema)))
    return out.getvalue()


def change_tensors(content, change):
    """Return a safetensors file whose tree and tensors a function has changed."""
    arrays = safetensors.numpy.load(content)
    end = 8 + int.from_bytes(content[:8], "little")
    tree = json.loads(json.loads(content[8:end])["__metadata__"]["featfer"])
    return safetensors.numpy.save(arrays, {"featfer": json.dumps(change(tree, arrays) or tree)})


@pytest.mark.parametrize("name", ["own.joblib", "own.skops", "own.safetensors"])
def test_a_pickle_without_its_card_is_never_unpickled(tmp_path, bundle, name):
    content = io.BytesIO()
    joblib.dump(Touch(tmp_path / "made"), content)
    (tmp_path / name).write_bytes(content.getvalue())
    card = "own.json" if name == "own.joblib" else f"{name}.json"
    (tmp_path / card).write_bytes(bundle.with_suffix(".json").read_bytes())
    with pytest.raises(BundleError, match="not the file of this card"):
        load(tmp_path / name)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dump", [joblib.dump, lambda thing, file: pickle.dump(thing, file)], ids=["joblib", "pickle"])
def test_a_pickle_by_another_name_is_not_unpickled_even_unverified(tmp_path, form, dump):
    with open(tmp_path / f"own{form}", "wb") as file:
        dump(Touch(tmp_path / "made"), file)
    with pytest.raises(BundleError, match=rf"own{form}: cannot be loaded"):
        load(tmp_path / f"own{form}", verify=False)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("thing", [os.system, eval, np.load, Touch("there"), [os.system], {"a": eval}],
                         ids=["program", "builtin", "function", "object", "list", "dict"])
def test_a_skops_file_of_something_else_is_refused(tmp_path, thing):
    content = skops.io.dumps(thing)
    with pytest.raises(BundleError, match=r"names '.*', which is not among what a recognizer is made of; nothing of it was run|"
                                          r"wants '.*' made by '.*Node', which no recognizer needs"):
        read_safe(content, ".skops")


@pytest.mark.parametrize(("kind", "maker"), [
    ("os.system", "FunctionNode"), ("builtins.eval", "TypeNode"), ("builtins.eval", "ObjectNode"),
    ("subprocess.Popen", "LossNode"), ("subprocess.Popen", "DictNode"), ("subprocess.Popen", "ListNode"),
    ("sklearn.pipeline.Pipeline", "MethodNode"), ("sklearn.svm._classes.SVC", "ObjectNode"), ("builtins.int", "PartialNode"),
    ("operator.methodcaller", "OperatorFuncNode"), ("sklearn.tree._tree.Tree", "TreeNode"),
    ("featfer.recognizer.Recognizer", "NewNode"),
])
def test_a_skops_file_that_names_an_unlisted_class_is_refused(archive, kind, maker):
    module_name, _, name = kind.rpartition(".")

    def change(schema):
        schema["content"]["content"]["versions"] = {"__class__": name, "__module__": module_name, "__loader__": maker,
                                                    "content": {"type": "json", "content": "[]"}, "__id__": 1}
        return schema
    with pytest.raises(BundleError, match=rf"'{kind}'.*nothing of it was run"):
        read_safe(change_schema(archive, change), ".skops")


def test_the_file_does_not_decide_what_is_trusted(monkeypatch, archive):
    trusted = []
    monkeypatch.setattr(skops.io, "get_untrusted_types", lambda **_: pytest.fail("the file was asked whom to trust"))
    monkeypatch.setattr(skops.io, "loads", lambda content, trusted: trusted_list(trusted))

    def trusted_list(given):
        trusted.extend(given)
        raise BundleError("seen")
    with pytest.raises(BundleError, match="seen"):
        read_safe(archive, ".skops")
    assert trusted == sorted(module.CLASSES)
    assert all(name.startswith(("featfer.", "sklearn.")) for name in trusted)


def test_every_listed_class_exists():
    for name in module.CLASSES:
        home, _, kind = name.rpartition(".")
        assert isinstance(getattr(import_module(home), kind), type), name


@pytest.mark.parametrize("kind", ["os.system", "builtins.eval", "sklearn.svm._classes.SVC"])
def test_a_safetensors_file_that_names_an_unlisted_class_is_refused(tensors, kind):
    def change(tree, _):
        tree["state"]["dict"][0][1] = {"class": kind, "at": "x", "state": None}
    with pytest.raises(BundleError, match=rf"names '{kind}', which is not among what a recognizer is made of"):
        read_safe(change_tensors(tensors, change), ".safetensors")


@pytest.mark.parametrize("kind", ["__class__", "value", "_class", "met"])
def test_a_safetensors_file_that_holds_an_unknown_kind_is_refused(tensors, kind):
    with pytest.raises(BundleError, match=f"holds a '{kind}', which is none of class, array"):
        read_safe(change_tensors(tensors, lambda tree, _: {kind: "x"}), ".safetensors")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fraction", [0, 0.01, 0.5, 0.99])
def test_a_cut_file_is_refused(tmp_path, recognizer, form, fraction):
    content = FORMS[form].write(recognizer)
    (tmp_path / f"own{form}").write_bytes(content[:int(len(content) * fraction)])
    with pytest.raises(BundleError, match="cannot be loaded"):
        load(tmp_path / f"own{form}", verify=False)


@pytest.mark.parametrize("shape", [(3, 3), (1, 128), (0, 0)])
def test_arrays_of_another_shape_are_refused(tensors, shape):
    def change(_, arrays):
        name = next(name for name in arrays if name.endswith("support_vectors_"))
        arrays[name] = np.zeros(shape, arrays[name].dtype)
    with pytest.raises(BundleError, match="holds parts that do not fit together"):
        read_safe(change_tensors(tensors, change), ".safetensors")


def test_a_missing_array_is_refused(tmp_path, tensors):
    def change(_, arrays):
        del arrays[next(name for name in arrays if name.endswith("coef_"))]
    content = change_tensors(tensors, change)
    (tmp_path / "own.safetensors").write_bytes(content)
    with pytest.raises(BundleError, match=r"own\.safetensors: cannot be loaded \(KeyError"):
        load(tmp_path / "own.safetensors", verify=False)


def test_a_number_in_the_place_of_a_classifier_is_refused(tensors):
    def change(tree, _):
        pairs = tree["state"]["dict"]
        next(pair for pair in pairs if pair[0] == "classifier")[1] = 3
    with pytest.raises(BundleError, match="holds parts that do not fit together"):
        read_safe(change_tensors(tensors, change), ".safetensors")


@pytest.mark.parametrize("nested", [False, True])
def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch, nested):
    monkeypatch.setattr(module, "MOST_BYTES", 2**22)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.npy", bytes(2**23))
    if nested:
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("1.bin", bomb.getvalue())
        bomb = outer
    with pytest.raises(BundleError, match="unpacks to more than 4,194,304 bytes"):
        read_safe(bomb.getvalue(), ".skops")


def test_an_array_that_claims_to_be_huge_is_refused(tmp_path, archive):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999,), }"
            npy = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head
            new.writestr(name, npy if name.endswith(".npy") else old.read(name))
    (tmp_path / "own.skops").write_bytes(out.getvalue())
    with pytest.raises(BundleError, match="cannot be loaded"):
        load(tmp_path / "own.skops", verify=False)


@pytest.mark.parametrize("form", FORMS)
def test_deep_nesting_is_refused(tmp_path, archive, tensors, form):
    deep = "[" * 100_000 + "]" * 100_000
    if form == ".skops":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as new:
            new.writestr("schema.json", deep)
        content = out.getvalue()
    else:
        content = safetensors.numpy.save({"x": np.zeros(1)}, {"featfer": deep})
    (tmp_path / f"own{form}").write_bytes(content)
    with pytest.raises(BundleError, match=r"cannot be loaded \(RecursionError"):
        load(tmp_path / f"own{form}", verify=False)


def test_a_file_does_not_make_features_read_other_files(tmp_path, tensors, monkeypatch):
    from featfer.utils import fitted_files
    monkeypatch.setattr(fitted_files, "_read", lambda *given: pytest.fail(f"{given} was read"))
    (tmp_path / "secret").write_text("secret")

    def change(tree, _):
        at = next(pair for pair in tree["state"]["dict"] if pair[0] == "features")[1]["list"][0]["dict"]
        at[:] = [pair for pair in at if pair[0] != "params" and pair[0] != "feature"]
        at += [["feature", "stage"], ["params", {"dict": [["network", str(tmp_path / "secret")]]}]]
    with pytest.raises(BundleError, match="feature 'stage' of version 1 is not what this featfer computes"):
        read_safe(change_tensors(tensors, change), ".safetensors")


def test_a_swapped_card_is_refused(tmp_path, archive, recognizer):
    save(recognizer, tmp_path / "other.joblib", {"note": "another"})
    write_with_card(tmp_path / "own.skops", archive, {}, EXPORTED[".skops"])
    (tmp_path / "own.skops.json").write_bytes((tmp_path / "other.json").read_bytes())
    with pytest.raises(BundleError, match=r"own\.skops: sha256 is .* its card says .* not the file of this card"):
        load(tmp_path / "own.skops")


@pytest.mark.parametrize("text", ["", "no card", "[]", "[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_a_card_that_is_none_is_refused(tmp_path, archive, text):
    write_with_card(tmp_path / "own.skops", archive, {}, EXPORTED[".skops"])
    (tmp_path / "own.skops.json").write_text(text)
    with pytest.raises(BundleError, match=r"own\.skops\.json: not a readable card"):
        load(tmp_path / "own.skops")


def test_a_card_beyond_all_bounds_is_not_read(tmp_path, archive):
    write_with_card(tmp_path / "own.skops", archive, {}, EXPORTED[".skops"])
    (tmp_path / "own.skops.json").write_text('{"a": "' + "x" * 2**22 + '"}')
    with pytest.raises(BundleError, match="larger than 4,194,304 bytes"):
        load_recognizer(tmp_path / "own.skops")


def test_a_network_does_not_fetch_or_read_weights_that_a_file_names(tmp_path, monkeypatch):
    home = import_module("featfer.cnn.networks.pretrained")
    monkeypatch.setattr(home, "load_weights", lambda *given: pytest.fail(f"{given} was looked for"))
    crops = np.random.default_rng(0).integers(0, 256, (14, 48 * 48)).astype(np.float32)
    cnn = CNN("groups9", "short", changes={"epochs": 1}).fit(crops, np.arange(14) % 7)
    cnn.network, cnn.options = "alexnet", {"weights": str(tmp_path / "weights.pt")}
    content = FORMS[".safetensors"].write(Recognizer(cnn, make_features("crop"), FER7))
    with pytest.raises(BundleError, match="holds parts that do not fit together"):
        read_safe(content, ".safetensors")
