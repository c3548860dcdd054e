"""What lower precisions of dlib's network change: the accuracy of models that ship, and their labels.

    python -m benchmarks.speed.precision fer2013.csv

Prints a table and writes it as precision.json beside this file. Takes about 15 minutes on two cores.
"""

from pathlib import Path

import click
import numpy as np

from benchmarks.common import list_versions, write_results
from featfer import load
from featfer.datasets import find_dataset
from featfer.faces import find_faces
from featfer.features.dlibnet.feature import PRECISIONS
from featfer.utils.markdown import markdown_table
from featfer.utils.progress import bar
from featfer.utils.provenance import describe_origin

RESULTS = Path(__file__).with_name("precision.json")
MODELS = ("photos", "fer2013")
SPLIT = "val"  # PublicTest


def measure(source):
    """Answer the faces of a data set's validation split in each precision.

    source: path of the data set, with the labels of FER2013. Returns images, models ({model: {precision: {accuracy, changed}}}:
    fractions of the images: of right labels, and of labels that float32 does not give), date, machine and versions.
    """
    data = find_dataset(source).load(source)
    rows = np.flatnonzero(data.splits == SPLIT)
    truth = [data.label_set.names[label] for label in data.labels[rows]]
    faces = [find_faces(data.images[row].read(), single=True)[0] for row in bar(rows, desc="faces")]
    for face in faces:
        face.chip()  # it is kept in the face
    answers = {model: {precision: answer(model, precision, faces) for precision in PRECISIONS} for model in MODELS}
    return {"images": len(faces), "models": {model: compare(found, truth) for model, found in answers.items()},
            **describe_origin()}


def answer(model, precision, faces):
    """Return the label, str (n,), that a model that ships gives to each Face in a list."""
    recognizer = load(model, precision=precision)
    return np.array(recognizer.output_names)[recognizer.predict_rows(recognizer.compute_features(faces)).argmax(axis=1)]


def compare(answers, truth):
    """Return {precision: {accuracy, changed}} of {precision: labels} and the true labels."""
    return {precision: {"accuracy": float(np.mean(labels == np.array(truth))),
                        "changed": float(np.mean(labels != answers[PRECISIONS[0]]))} for precision, labels in answers.items()}


def format_table(result):
    """Return what was measured as a Markdown table, in percent."""
    heads = [f"{model}: {what}" for what in ("accuracy", "labels that change") for model in result["models"]]
    rows = [[precision, *(f"{found[precision][what]:.2%}" for what in ("accuracy", "changed")
                          for found in result["models"].values())] for precision in PRECISIONS]
    return markdown_table(["precision", *heads], rows)


@click.command()
@click.argument("source")
def main(source):
    """Compare the precisions of dlib's network on the validation split of FER2013."""
    result = measure(source)
    write_results(RESULTS, result)
    click.echo(f"{result['images']:,} images; {result['date']}, {result['machine']}; {list_versions(result['versions'])}\n")
    click.echo(format_table(result))


if __name__ == "__main__":
    main()
