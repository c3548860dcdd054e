"""Recognizers as ONNX models: their inputs, their outputs, and the metadata of the file."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featfer.affect.recognizer import AffectRecognizer
from featfer.errors import ParameterError
from featfer.exporting import faces as pictures
from featfer.exporting.classifiers import add_predictions, add_probabilities
from featfer.exporting.graph import Graph
from featfer.faces.face import Face
from featfer.recognizer import Recognizer
from featfer.utils.environment import find_versions, import_extra

FACES, FEATURES = KINDS = ("faces", "features")
INPUTS = {
    "chips": "uint8 RGB (n, 150, 150, 3): the face turned upright by landmarks, as featfer.find_faces(image)[0].chip(ALIGN) "
             "cuts it (dlib's get_face_chip: size 150, padding 0.25); scaling is part of the graph",
    "crops": "uint8 (n, side, side, channels): the face as the data set shows it, grey or RGB; scaling is part of the graph",
    "features": "float32 (n, d): the features named under 'features', side by side; scaling is part of the graph",
}


def make_onnx_model(recognizer: Recognizer | AffectRecognizer, takes: str = FACES) -> bytes:
    """Convert a recognizer to an ONNX file.

    Parameters
    ----------
    recognizer : Recognizer or AffectRecognizer
    takes : str
        The input: "faces" (pictures) or "features".

    Returns
    -------
    bytes
        Outputs are probabilities and label, or affect.

    Raises
    ------
    ParameterError, MissingError
        If the model has no ONNX form; if the libraries that write ONNX are not installed.
    """
    if takes not in KINDS:
        raise ParameterError(f"input {takes!r} is none of {', '.join(KINDS)}")
    graph, features = Graph(), recognizer.features
    dtype: type[np.generic]
    if takes == FACES:
        name, shape = pictures.describe_input(features)
        x, dtype = pictures.add_values(graph, features, name, getattr(recognizer, "grey", False)), np.uint8
    else:
        x = name = takes
        shape, dtype = ["n", sum(feature.size for feature in features)], np.float32
    model = graph.make_model({name: (dtype, shape)}, _add_outputs(graph, recognizer, x), _describe(recognizer, name))
    import_extra("onnx", "export").checker.check_model(model)
    return model.SerializeToString()


def make_inputs(recognizer: Recognizer | AffectRecognizer, takes: str, faces: list[Face]) -> NDArray[Any]:
    """Make the input of a recognizer's ONNX file from faces.

    Parameters
    ----------
    recognizer : Recognizer or AffectRecognizer
    takes : str
        As for `make_onnx_model`.
    faces : list of Face

    Returns
    -------
    array
        Pictures uint8 (n, height, width, channels), or features float32 (n, d); n is the number of faces.
    """
    if takes == FACES:
        return pictures.cut_pictures(recognizer.features, faces)
    return recognizer.compute_features(faces)


def run_onnx(content: bytes, rows: NDArray[Any]) -> NDArray[Any]:
    """Run an ONNX file by onnxruntime.

    Parameters
    ----------
    content : bytes
        The file.
    rows : array
        Its input, as `make_inputs` returns it for n faces.

    Returns
    -------
    float32 array (n, m)
        Its first output: the probabilities of m labels, or m = 2 for valence and arousal.

    Raises
    ------
    MissingError
        If onnxruntime is not installed.
    """
    session = import_extra("onnxruntime", "export").InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: rows})[0]


def _add_outputs(graph: Graph, recognizer: Recognizer | AffectRecognizer, x: str) -> dict[str, tuple[Any, list[Any], str]]:
    """Add the outputs of a recognizer; return them for Graph.make_model."""
    names = recognizer.output_names
    if isinstance(recognizer, AffectRecognizer):
        found = graph("Clip", add_predictions(graph, recognizer.regressor, x), np.float32(-1), np.float32(1))
        return {"affect": (np.float32, ["n", len(names)], found)}
    known = np.asarray(recognizer.classifier.classes_, int)
    found = add_probabilities(graph, recognizer.classifier, x)
    if len(known) < len(names):
        found = graph("MatMul", found, np.eye(len(names), dtype=np.float32)[known])
    return {"probabilities": (np.float32, ["n", len(names)], found),
            "label": (np.int64, ["n"], graph("ArgMax", found, axis=1, keepdims=0))}


def _describe(recognizer: Recognizer | AffectRecognizer, name: str) -> dict[str, str]:
    """Return the metadata of the file: the names of the outputs, and what its input is."""
    fingerprints = [feature.fingerprint for feature in recognizer.features]
    align = getattr(recognizer.features[0], "align", None)
    return {"names": json.dumps(recognizer.output_names), "input": INPUTS[name].replace("ALIGN", repr(align)),
            "features": json.dumps(fingerprints), "featfer": find_versions()["featfer"]}
