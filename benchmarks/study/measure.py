"""Measure what the page on stages and features shows and no card holds, store it in results/, then write the page.

    featfer benchmark benchmarks/study/models.toml --source fer2013.csv --work work
    python -m benchmarks.study.measure --source fer2013.csv --work work

That is: which parts of the face carry the decision of `fer2013`, how it does where the detector found no face, how fast
it is, and what each feature costs. Needs an idle machine.
"""

import json
import time

import numpy as np

from benchmarks.common import read_arguments
from benchmarks.study import page
from benchmarks.study.groups import COSTED, SHIPPED, SIDE, STAGES
from featfer.utils.files import write_text

FEATURES = (*(f"stage:{stage}" for stage in STAGES[:-1]), "embedding", "hog", "lbp", "gabor", "pixels",
            "bovw:{work}/codebook.npz", "landmarks", "geometry")
FINDING = "detection, 5 landmarks and chip"
WARM = 32  # faces that a feature is computed of before its cost is measured
PATCHES, SAMPLE = 6, 500  # patches a side of a chip; faces of val that are recognized with a patch covered


def main():
    given = read_arguments(__doc__)
    for name, found in {
            "cost": by_cost(given.source, given.work), "pace": by_pace(given.source),
            "status": by_status(given.work / "store"), "parts": by_part(given.source)}.items():
        write_text(page.HERE / "results" / f"{name}.json", json.dumps(found) + "\n")
    page.main()


def by_status(store):
    """Return {split: {status: [images, accuracy, accuracy on those without a copy in train]}} of `fer2013`."""
    from featfer import load
    from featfer.store.opening import open_table
    recognizer = load("fer2013")
    table, found = open_table(store, recognizer.features), {}
    for split in ("val", "test"):
        rows = table.split(split)
        right = recognizer.probabilities(rows.features).argmax(axis=1) == rows.labels
        clean = ~table.find_train_duplicates(rows)
        of_status = {str(status): rows.status == status for status in np.unique(rows.status)}
        found[split] = {status: [int(these.sum()), float(right[these].mean()), float(right[these & clean].mean())]
                        for status, these in of_status.items()}
    return found


def by_cost(source, work):
    """Return {feature: [columns, milliseconds a face]} on one core, once the face is found and its chip cut; FINDING, with None
    as columns, is what that takes before."""
    import torch

    from featfer import find_faces, make_features
    from featfer.datasets import find_dataset
    faceset, threads = find_dataset(source).load(source, False), torch.get_num_threads()
    images = [faceset.images[row].read() for row in range(COSTED)]
    torch.set_num_threads(1)
    find_faces(images[0], faceset.single)[0].chip()  # reads the models
    start = time.perf_counter()
    faces = [find_faces(image, faceset.single)[0] for image in images]
    for face in faces:
        face.chip()
    found = {FINDING: [None, _milliseconds(start)]}
    for name in FEATURES:
        feature, = make_features(name.replace("{work}", str(work)))
        feature.transform([face.replace() for face in faces[:WARM]])
        fresh = [face.replace() for face in faces]
        start = time.perf_counter()
        feature.transform(fresh)
        found[name.removesuffix(":{work}/codebook.npz")] = [feature.size, _milliseconds(start)]
    torch.set_num_threads(threads)
    return found


def _milliseconds(start):
    return round(1000 * (time.perf_counter() - start) / COSTED, 2)


def by_pace(source):
    """Return {model: faces a second} of what ships, from images to expressions, detection included, all cores."""
    from featfer import load
    from featfer.datasets import find_dataset
    faceset, found = find_dataset(source).load(source, False), {}
    images = [faceset.images[row].read() for row in range(SAMPLE)]
    for name in SHIPPED:
        recognizer = load(name)
        recognizer.predict(images[:32])
        start = time.perf_counter()
        recognizer.predict(images)
        found[name] = round(len(images) / (time.perf_counter() - start))
    return found


def by_part(source):
    """Return what covering a part of the chip costs `fer2013` on faces of val drawn at random: a dict of images, the
    accuracy uncovered, and the accuracy with a grey patch at each place of a grid (rows); the mean chip as rows of grey."""
    from featfer import find_faces, load
    from featfer.datasets import find_dataset
    from featfer.explaining.occlusion import Inputs
    from featfer.utils.progress import bar
    recognizer, faceset = load("fer2013"), find_dataset(source).load(source, False)
    rows = np.flatnonzero(faceset.splits == "val")
    rows = np.sort(np.random.default_rng(0).choice(rows, SAMPLE, replace=False))
    faces = [find_faces(faceset.images[row].read(), faceset.single)[0] for row in rows]
    labels, size = faceset.labels[rows], SIDE // PATCHES + 8
    aligned = recognizer.features[0].align
    chips, inputs = [face.chip(aligned) for face in faces], [Inputs(face, recognizer.features) for face in faces]

    def accuracy(faces):
        return float(np.mean([expression.label == faceset.label_set.names[label] for expression, label in zip(
            recognizer.expressions(faces), labels, strict=True)]))

    def covered(top, left):
        return accuracy([seen.cover((left, top, left + size, top + size)) for seen in inputs])
    steps = np.linspace(0, SIDE - size, PATCHES).round().astype(int).tolist()
    grid = [[covered(top, left) for left in steps] for top in bar(steps, desc="covering parts")]
    return {"images": SAMPLE, "uncovered": accuracy(faces), "patch": size, "places": steps, "covered": grid,
            "mean_chip": np.mean([chip[..., 0] for chip in chips], axis=0).round().astype(int).tolist()}


if __name__ == "__main__":
    main()
