"""Measure and draw what the page on published systems shows and no card holds, then write the page.

    featfer benchmark benchmarks/systems/models.toml --source fer2013.csv --work work
    python -m benchmarks.systems.measure --source fer2013.csv --work work

Counts the classes, measures the networks (results/pace.json; their speed only while nothing else keeps the cores busy),
compares those that differ in one thing (results/pairs.json), and draws faces that the models in the work folder recognized.
"""

import os
import time
from collections import Counter
from functools import cache
from inspect import signature
from pathlib import Path

import numpy as np
from featfer_cli.benchmark_config import read_listing

from benchmarks.common import read_arguments, read_results, write_results
from benchmarks.systems import page
from benchmarks.systems.published import PAIRS
from featfer.bundle.persist import load, read_card
from featfer.classifiers import ViewAverage
from featfer.datasets import find_dataset
from featfer.datasets.faceset import SPLITS
from featfer.evaluation.scoring import remove_calibration
from featfer.evaluation.significance import mcnemar
from featfer.labels import find_labels
from featfer.reports.galleries import draw_blends, draw_feature_maps, draw_wrong_predictions
from featfer.reports.plots import draw_class_histogram
from featfer.store.opening import open_table
from featfer.utils.environment import count_cores

SIDE, BATCH, ROUNDS = 48, 64, 5
IDLE = 0.5  # load average above which others keep the cores busy, and a speed would be theirs as much as the network's
THREADS = (1, 2)
PANEL = 24  # faces with their bars


def main():
    given, cards = read_arguments(__doc__), page.read_cards(page.HERE.parent)
    measure(cards, given.source, given.work)
    page.main()


def measure(cards, source, work):
    """Measure and draw what the cards do not hold."""
    results, pictures = page.HERE / "results", page.HERE / "pictures"
    write_results(results / "pace.json", pace(read_listing(page.LISTING), page.read_pace(page.HERE.parent)))
    write_results(results / "pairs.json", pairs(PAIRS, cards, work, source, read_results(results / "pairs.json")))
    draw_classes(source, pictures)
    wrong = page.wrong_of(cards)
    if wrong and is_there(wrong, cards, work):
        draw_wrong(wrong, work, source, pictures)
    if is_there(page.GROUPS, cards, work):
        draw_groups(page.GROUPS, work, source, pictures)


def pace(listing, before):
    """Return {name: parameters, multiply_adds, rates} of the networks of a Listing with weights drawn at random.

    rates: {threads: images a second}, the fastest of some rounds; before: {"systems/" + name: what was measured the last time},
    whose rates stay where the machine is busy or has fewer cores.
    """
    import torch

    from featfer.cnn.networks import count_multiply_adds, count_parameters
    load, threads, found = os.getloadavg()[0], torch.get_num_threads(), {}
    if load >= IDLE:
        print(f"Speed is not measured: the load average of the machine is {load:.2f}, not below {IDLE}.")
    for name, model in listing.models.items():
        net = _network(model)
        rates = before.get(f"systems/{name}", {}).get("rates", {})
        if load < IDLE:
            rates = rates | {str(count): _rate(net, count) for count in THREADS if count <= count_cores()}
        found[name] = {"parameters": count_parameters(net), "multiply_adds": count_multiply_adds(net, 1, SIDE), "rates": rates}
    torch.set_num_threads(threads)
    return found


def _network(model):
    """Return the network of a model of a Listing."""
    import torch

    from featfer.cnn.networks import NETWORKS, make_network
    words, known = model.get("features", "").split(), signature(NETWORKS[model["cnn"]]).parameters
    classes = len(find_labels(words[words.index("--labels") + 1])) if "--labels" in words else 7
    net = make_network(model["cnn"], classes, **{k: v for k, v in model.get("params", {}).items() if k in known})
    return net.to(memory_format=torch.channels_last).eval()


def _rate(net, threads):
    """Return how many grey images of 48x48 pixels a network takes in a second, in batches of 64."""
    import torch
    torch.set_num_threads(threads)
    images, seconds = torch.rand(BATCH, 1, SIDE, SIDE), []
    with torch.inference_mode():
        for _ in range(ROUNDS + 1):  # the first one is slower
            start = time.perf_counter()
            net(images)
            seconds.append(time.perf_counter() - start)
    return round(BATCH / min(seconds))


def pairs(names, cards, work, source, before):
    """Return {"first, other": how two models compare on test}.

    before: what was found the last time, which stays for models whose bundles are not in the work folder
    """
    here = [(one, other) for one, other in names if is_there(one, cards, work) and is_there(other, cards, work)]
    return before | {f"{one}, {other}": mcnemar(*(_right(name, work, source) for name in (one, other))) for one, other in here}


def _right(name, work, source):
    """Return whether a model is right about each image of test, bool (n,)."""
    _, labels, probabilities, _ = _tested(name, work, source)
    return probabilities.argmax(axis=1) == labels


def draw_classes(source, folder):
    """Draw the class histogram of a source."""
    faceset = find_dataset(source).load(source, False)
    counts = {split: Counter(faceset.labels[faceset.splits == split].tolist()) for split in SPLITS}
    names = faceset.label_set.names
    draw_class_histogram({split: {name: count[label] for label, name in enumerate(names)} for split, count in counts.items()},
                    folder / "classes.png", f"Images of {Path(source).name} by class and split")


def is_there(name, cards, work):
    """Say whether the bundle of a model is in the work folder, the one whose card is kept."""
    card = cards.get(f"systems/{name}")
    path = work / f"{name}.joblib"
    return bool(card) and path.exists() and read_card(path)["sha256"] == card["sha256"]


def draw_wrong(name, work, source, folder):
    """Draw wrong predictions of a model on test; what was drawn of another model is removed."""
    images, labels, probabilities, recognizer = _tested(name, work, source)
    for old in folder.glob("*-wrong.png"):
        old.unlink()
    draw_wrong_predictions(images, labels, probabilities.argmax(axis=1), recognizer.label_set.names,
                           folder / f"{name}-wrong.png")


def draw_groups(name, work, source, folder):
    """Draw the blends of test faces, drawn at random, and the maps after the last two max-poolings for one of them."""
    import torch
    images, labels, probabilities, recognizer = _tested(name, work, source)
    chosen = np.sort(np.random.default_rng(0).choice(len(labels), PANEL, replace=False))
    draw_blends(images[chosen], probabilities[chosen], recognizer.label_set.names, folder / f"{name}-blends.png",
                labels[chosen])
    face, net = images[chosen[0]], network_of(recognizer)
    for pooling in (2, 3):
        with torch.inference_mode():
            maps = net.groups[:pooling](torch.from_numpy(face / 255).float()[None, None])[0].numpy()
        size = " x ".join(map(str, maps.shape))
        draw_feature_maps(maps, folder / f"{name}-maps-{pooling}.png", f"{size} after max-pooling {pooling}", face)


def network_of(recognizer):
    """Return the torch Module in a Recognizer."""
    classifier = (remove_calibration(recognizer) or recognizer).classifier
    return (classifier.estimator_ if isinstance(classifier, ViewAverage) else classifier).net()


@cache
def _tested(name, work, source):
    """Return (images (n, side, side) from 0 to 255, labels (n,), probabilities (n, classes), Recognizer) of a model on test."""
    path = work / f"{name}.joblib"
    recognizer, views = load(path), read_card(path)["views"]["averaged"]
    table = recognizer.match_labels(open_table(work / "store", recognizer.features, Path(source).name)).split("test")
    side = read_card(path)["cnn"]["side"]
    images = table.blocks([views.index("plain")], len(views)).features.reshape(-1, side, side)
    return images, table.labels, recognizer.probabilities(table.features), recognizer


if __name__ == "__main__":
    main()
