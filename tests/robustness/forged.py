"""Plain bundles and videos that were forged on purpose: parts that do not fit together, and what would fill a memory."""

import io
import json
import zipfile

import numpy as np
import safetensors.numpy
from robustness import seeds

from featfer.bundle.safe import FORMS

OFTEN = 1000
NODE = {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode", "type": "numpy", "file": "own.npy"}


def recognizers():
    """Return {name: recognizer} of the kinds of model whose answers compiled code gives, or loops."""
    from featfer.affect import make_regressor
    from featfer.affect.recognizer import AffectRecognizer
    from featfer.classifiers import make_classifier
    from featfer.features import make_features
    from featfer.labels import FER7
    from featfer.recognizer import Recognizer

    features, labels = make_features("geometry"), np.arange(140) % 7
    rows = np.random.default_rng(0).normal(size=(140, features[0].size)).astype(np.float32) + labels[:, None]
    params = {"boosting": {"max_iter": 3}, "rf": {"trees": 3}, "knn": {}, "svm": {}, "local-svm": {"k": 40}, "lda": {}}
    made = {name: Recognizer(make_classifier(name, **of).fit(rows, labels), features, FER7) for name, of in params.items()}
    return made | {name: AffectRecognizer(make_regressor(name).fit(rows, rows[:, :2] / 9), features, ("valence", "arousal"))
                   for name in ("svr", "ridge")}


def plain_kinds(_):
    """Return .skops files of those."""
    return {f"{name}.skops": FORMS[".skops"].write(recognizer) for name, recognizer in recognizers().items()}


def plain_bundles():
    """Return {what it is: (name, function that makes the content)} of forged plain bundles."""
    made = recognizers()

    def arrays(model, ending, change):
        return "a.safetensors", lambda: _with_arrays(FORMS[".safetensors"].write(made[model]), ending, change)

    def archive(change):
        return "a.skops", lambda: _with_schema(FORMS[".skops"].write(made["lda"]), change)
    return {
        "children of a tree out of bounds": arrays("rf", "trees_.0.2", _put(10**6)),
        "children of a tree below 0": arrays("rf", "trees_.0.3", _put(-5)),
        "a tree that leads back to its root": arrays("rf", "trees_.0.3", _put(0)),
        "a tree that asks for columns that there are not": arrays("rf", "trees_.0.0", _put(60_000)),
        "too few coefficients of an SVR": arrays("svr", "1.dual_coef_", lambda array: array[:, :3]),
        "more support vectors of an SVR than there are": arrays("svr", "1._n_support", _put(10**6)),
        "coefficients of an SVR that are NaN": arrays("svr", "1.dual_coef_", _put(np.nan)),
        "coefficients of an SVM that are infinite": arrays("svm", "coef_", _put(np.inf)),
        "too few coefficients of an SVM": arrays("svm", "coef_", lambda array: array[:, :5]),
        "labels of neighbours that there are not": arrays("knn", "._y", _put(10**9)),
        "fewer labels than neighbours": arrays("knn", "._y", lambda array: array[:3]),
        f"an array of 8 MB, named {OFTEN:,} times": archive(_named_often),
        "a schema of 300 MB": archive(lambda schema, _: schema.update(a="x" * 300_000_000)),
        "a schema of a million parts": archive(lambda schema, _: schema.update(a=[{}] * 1_000_000)),
        "a schema nested 100,000 deep": ("a.skops", lambda: _zipped({"schema.json": b"[" * 100_000})),
        "an array of 2 GB packed to 2 MB": archive(lambda _, file: file.writestr("own.npy", bytes(1 << 31))),
        f"bytes of 8 MB, named {OFTEN:,} times": ("a.safetensors", lambda: _tensor_named_often(made["lda"])),
        "a header of 90 MB": ("a.safetensors", lambda: safetensors.numpy.save(
            {"a": np.zeros(1)}, {"featfer": "[" * 90_000_000})),
    }


def videos(folder):
    """Return {what it is: content} of forged videos; folder: an empty one."""
    avi = bytearray(seeds.video(folder, ".avi", "mjpeg"))
    at = avi.index(b"strf") + 12
    avi[at:at + 8] = (60_000).to_bytes(4, "little") * 2
    return {
        "a playlist": b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
        "a list of videos to join": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "a page that is fetched": b"<MPD><Period><BaseURL>http://127.0.0.1:9/</BaseURL></Period></MPD>",
        "an AVI whose header says 60,000 x 60,000": bytes(avi),
        "the beginning of an MP4, 1,000 times": (b"\0\0\0\x18ftypisom" + bytes(12)) * 1000,
        "no frame": avi[:at - 12],
    }


def _put(value):
    def change(array):
        array.reshape(-1)[0] = value
    return change


def _with_arrays(content, ending, change):
    """Return a .safetensors file in which a function has changed the last array whose path ends so."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])["__metadata__"]
    arrays = {name: array.copy() for name, array in safetensors.numpy.load(content).items()}
    name = [name for name in arrays if name.endswith(ending)][-1]
    changed = change(arrays[name])
    arrays[name] = arrays[name] if changed is None else np.ascontiguousarray(changed)
    return safetensors.numpy.save(arrays, header)


def _with_schema(content, change):
    """Return an archive with its schema changed by a function, which may add files."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        schema = json.loads(old.read("schema.json"))
        change(schema, new)
        for name in old.namelist():
            new.writestr(name, old.read(name) if name != "schema.json" else json.dumps(schema))
    return out.getvalue()


def _zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return out.getvalue()


def _named_often(schema, archive):
    archive.writestr("own.npy", seeds.npy(np.zeros(10**6)))
    schema["content"]["content"]["versions"] = {
        "__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "__id__": 1,
        "content": [NODE | {"__id__": i} for i in range(OFTEN)]}


def _tensor_named_often(recognizer):
    content = FORMS[".safetensors"].write(recognizer)
    end = 8 + int.from_bytes(content[:8], "little")
    tree = json.loads(json.loads(content[8:end])["__metadata__"]["featfer"])
    tree["state"]["dict"].append(["more", {"list": [{"bytes": "own"}] * OFTEN}])
    arrays = safetensors.numpy.load(content) | {"own": np.zeros(8 * 10**6, np.uint8)}
    return safetensors.numpy.save(arrays, {"featfer": json.dumps(tree)})
