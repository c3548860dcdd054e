"""Recognizers as ONNX models: what they are fed, what they answer, and what the file says of both."""

import json

import numpy as np

from featfer.affect.recognizer import AffectRecognizer
from featfer.errors import ParameterError
from featfer.exporting import faces as of_faces
from featfer.exporting.classifiers import predictions, probabilities
from featfer.exporting.graph import Graph
from featfer.features import values_of
from featfer.utils.environment import find_versions, import_extra

FACES, FEATURES = TAKES = ("faces", "features")
PREPARED = {
    "chips": "uint8 RGB (n, 150, 150, 3): the face turned upright by landmarks, as featfer.find_faces(image)[0].chip(ALIGN) "
             "cuts it (dlib's get_face_chip: size 150, padding 0.25); scaling is part of the graph",
    "crops": "uint8 (n, side, side, channels): the face as the data set shows it, grey or RGB; scaling is part of the graph",
    "features": "float32 (n, d): the features named under 'features', side by side; scaling is part of the graph",
}


def onnx_model(recognizer, takes=FACES):
    """Return a recognizer as the bytes of an ONNX file: pictures of faces, or their features, in; probabilities and label, or
    affect, out.

    Raises ParameterError for a model that has no such form.
    """
    if takes not in TAKES:
        raise ParameterError(f"input {takes!r} is none of {', '.join(TAKES)}")
    graph, features = Graph(), recognizer.features
    if takes == FACES:
        name, shape = of_faces.taken(features)
        x, dtype = of_faces.values(graph, features, name), np.uint8
    else:
        x = name = takes
        shape, dtype = ["n", sum(feature.size for feature in features)], np.float32
    model = graph.model({name: (dtype, shape)}, _answered(graph, recognizer, x), _facts(recognizer, name))
    import_extra("onnx", "export").checker.check_model(model)
    return model.SerializeToString()


def sample(recognizer, takes, faces):
    """Return what an ONNX file of a recognizer takes, of each Face: an array."""
    if takes == FACES:
        return of_faces.pictures_of(recognizer.features, faces)
    return values_of(recognizer.features, faces)


def run_onnx(content, rows):
    """Return the first output of an ONNX file (bytes) for rows of its input, by onnxruntime."""
    session = import_extra("onnxruntime", "export").InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: rows})[0]


def _answered(graph, recognizer, x):
    """Add what a recognizer answers; return the outputs for Graph.model."""
    names = recognizer.output_names
    if isinstance(recognizer, AffectRecognizer):
        found = graph("Clip", predictions(graph, recognizer.regressor, x), np.float32(-1), np.float32(1))
        return {"affect": (np.float32, ["n", len(names)], found)}
    known = np.asarray(recognizer.classifier.classes_, int)
    found = probabilities(graph, recognizer.classifier, x)
    if len(known) < len(names):
        found = graph("MatMul", found, np.eye(len(names), dtype=np.float32)[known])
    return {"probabilities": (np.float32, ["n", len(names)], found),
            "label": (np.int64, ["n"], graph("ArgMax", found, axis=1, keepdims=0))}


def _facts(recognizer, name):
    """Return what the file says of itself: names in the order of the answers, and what its input is."""
    fingerprints = [feature.fingerprint for feature in recognizer.features]
    align = getattr(recognizer.features[0], "align", None)
    return {"names": json.dumps(recognizer.output_names), "input": PREPARED[name].replace("ALIGN", repr(align)),
            "features": json.dumps(fingerprints), "featfer": find_versions()["featfer"]}
