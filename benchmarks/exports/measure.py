"""Export every model that ships in every form, and hold each against the original on real faces.

    python -m benchmarks.exports.measure fer2013.csv

Prints the table in docs/models.md, in some minutes on two cores. The faces are the first 500 of FER2013's PrivateTest.
"""

import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.common import list_versions
from featfer.bundle.persist import load, read_card
from featfer.bundle.safe import FORMS
from featfer.datasets import find_dataset
from featfer.exporting import export
from featfer.exporting.onnx import make_inputs, run_onnx
from featfer.faces import find_faces
from featfer.utils.environment import describe_machine
from featfer.utils.markdown import markdown_table

MODELS = ("photos", "fer2013", "small", "svm", "mlp", "rf")
FACES = 500
LIBRARIES = ("featfer", "numpy", "scikit-learn", "torch", "onnx", "onnxruntime", "skops", "safetensors")


def main():
    faces = test_faces(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for name in MODELS for row in measured(name, faces, Path(folder))]
    print(markdown_table(["model", "form", "MB", "loads in s", "largest difference", "other labels"], rows))
    print(f"\n{describe_machine()}; {list_versions({name: version(name) for name in LIBRARIES})}")


def test_faces(source):
    """Return the Face of the first FACES images of the test split."""
    data = find_dataset(source).load(source)
    chosen = np.flatnonzero(np.asarray(data.splits) == "test")[:FACES]
    return [find_faces(data.images[at].read(), single=True)[0] for at in chosen]


def measured(name, faces, folder):
    """Yield a row of the table for each form of a model."""
    recognizer = load(name)
    values, chips = (make_inputs(recognizer, takes, faces) for takes in ("features", "faces"))
    expected = recognizer.predict_rows(values)
    yield [name, ".joblib", f"{read_card(name)['bytes'] / 1e6:.1f}", f"{seconds_of(load, name)[0]:.2f}", "", ""]
    for form in FORMS:
        card = export(name, folder / f"{name}{form}")
        seconds, model = seconds_of(load, folder / f"{name}{form}")
        yield [name, form, f"{card['bytes'] / 1e6:.1f}", f"{seconds:.2f}", *compared(model.predict_rows(values), expected)]
    for takes, given in (("faces", chips), ("features", values)):
        card = export(name, folder / f"{name}.onnx", takes, tolerance=1.0)
        found = run_onnx((folder / f"{name}.onnx").read_bytes(), given)
        yield [name, f".onnx of {takes}", f"{card['bytes'] / 1e6:.1f}", "", *compared(found, expected)]


def seconds_of(load, path):
    """Return (seconds, what came out) of loading a file that is in the system's cache."""
    load(path)
    start = time.perf_counter()
    found = load(path)
    return time.perf_counter() - start, found


def compared(found, expected):
    """Return the largest difference of two (n, labels), and how many rows have another label, as text."""
    return f"{np.abs(found - expected).max():.1g}", int((found.argmax(axis=1) != expected.argmax(axis=1)).sum())


if __name__ == "__main__":
    main()
