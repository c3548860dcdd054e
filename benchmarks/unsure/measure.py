"""Measure rejection, ambiguity and novelty on FER2013's val and on labelled photographs, then write the page.

    featfer extract fer2013.csv --store store --features stage:128x8x8
    featfer extract fer2013.csv --store store --features stage:128x8x8 --view flip
    python -m benchmarks.unsure.measure --source fer2013.csv --votes fer2013new.csv --store store --photos photos

photos is a folder with photos.csv: path, label, subject (a letter and a number; the even ones are used). Writes
results/unsure.json and the page. It takes some minutes.
"""

import argparse
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.common import write_results
from benchmarks.unsure import page
from benchmarks.unsure.groups import make_groups, read_colour, read_photos

NOT_A_FACE = 5  # votes of FER+'s raters that make an image none
LEVELS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # of --reject
AXES = 256      # principal components, of the other scores
SAMPLE = 10000  # training faces from which they are computed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("source", "votes", "store", "photos"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    write_results(page.RESULTS, measure(**vars(parser.parse_args())))
    page.main()


def measure(source, votes, store, photos):
    """Return all that the page says (dict)."""
    from featfer.bundle.persist import DEFAULT, load
    from featfer.datasets.ferplus import read_votes
    from featfer.features import make_features
    from featfer.store.opening import open_table
    from featfer.training.novelty import fit_novelty
    from featfer.utils.environment import describe_machine, find_versions
    recognizer, counts = load(DEFAULT), read_votes(votes).counts
    table = open_table(store, make_features("stage:128x8x8"), source.name)
    is_face = counts[:, -1] < NOT_A_FACE
    is_val = (table.splits == "val") & is_face
    val = recognizer.match_labels(open_table(store, recognizer.features, source.name)).rows(is_val)
    shots, faces, labels = read_photos(photos)
    groups = make_groups(source, np.flatnonzero(is_val), shots, faces, table.features[~is_face])
    probabilities = recognizer.probabilities(val.features.astype(np.float32))
    seen = recognizer.expressions(faces)
    novelty = fit_novelty(table.rows(is_face))
    scores = _make_scores(table.rows(is_face), novelty)
    rows = table.rows(is_val)
    return {
        "date": date.today().isoformat(), "machine": describe_machine(), "versions": find_versions(), "model": DEFAULT,
        "rejection": {"val": _reject(probabilities.max(axis=1), probabilities.argmax(axis=1) == val.labels),
                      "photos": _reject([one.confidence for one in seen],
                                        [one.label == label for one, label in zip(seen, labels, strict=True)])},
        "correlations": _correlate(counts[is_val], probabilities, scores["novelty"](rows.features)),
        "colour": read_colour(novelty), "novelty": _compare(scores, rows.features[rows.status == "found"], groups),
    }


def _reject(confidence, is_right):
    """Return, for each of LEVELS, the share of faces that is kept and the accuracy of these."""
    confidence, is_right = np.asarray(confidence), np.asarray(is_right)
    return {"faces": len(confidence), "levels": [
        {"reject": level, "kept": float(np.mean(confidence >= level)), "accuracy": float(is_right[confidence >= level].mean())}
        for level in LEVELS]}


def _correlate(counts, probabilities, novelty):
    """Return Spearman's correlations of several scores with the entropy of the raters' votes for eight expressions."""
    from scipy.stats import entropy, spearmanr
    votes = counts[:, :8]
    asked = votes.any(axis=1)
    disagreement = entropy(votes[asked], axis=1)
    ordered = np.sort(probabilities[asked], axis=1)
    scores = {"ambiguity": entropy(probabilities[asked], axis=1), "1 - confidence": 1 - ordered[:, -1],
              "1 - margin": 1 - (ordered[:, -1] - ordered[:, -2]), "novelty": novelty[asked]}
    found = {name: float(spearmanr(score, disagreement)[0]) for name, score in scores.items()}
    between = float(spearmanr(scores["ambiguity"], scores["novelty"])[0])
    return {"faces": int(asked.sum()), "with disagreement": found, "ambiguity with novelty": between}


def _make_scores(table, novelty):
    """Return {name: function of maps (n, 8192) to how unlike those of train they are}: novelty, and what it was chosen over."""
    import torch

    from featfer.classifiers.novelty import Novelty
    train, val = (table.features[(table.splits == split) & (table.status == "found")] for split in ("train", "val"))
    channels = Novelty(128).fit(_channel_means(train), _channel_means(val))
    some = train[np.sort(np.random.default_rng(0).choice(len(train), SAMPLE, replace=False))].astype(np.float32)
    mean = some.mean(axis=0)
    _, lengths, axes = torch.pca_lowrank(torch.from_numpy(some - mean), AXES, center=False)
    axes, deviations = axes.numpy(), lengths.numpy() / np.sqrt(SAMPLE)

    def residual(maps):
        centred = maps.astype(np.float32) - mean
        return np.linalg.norm(centred, axis=1) ** 2 - np.linalg.norm(centred @ axes, axis=1) ** 2
    return {
        "novelty": novelty.score,
        "channel means alone": lambda maps: channels.score(_channel_means(maps)),
        f"residual of {AXES} components": residual,
        f"Mahalanobis distance in {AXES} components":
            lambda maps: np.linalg.norm((maps.astype(np.float32) - mean) @ axes / deviations, axis=1),
    }


def _channel_means(maps):
    """Return the means of the channels of maps (n, 8192), float32 (n, 128)."""
    return maps.reshape(len(maps), 128, -1).mean(axis=2, dtype=np.float32)


def _compare(scores, val, groups):
    """Return how well each score tells the faces of val from the groups: {group: figures}."""
    base = {name: score(val) for name, score in scores.items()}
    compared = {}
    for group, (maps, is_found) in groups.items():
        found = {name: score(maps) for name, score in scores.items()}
        compared[group] = {
            "pictures": len(maps), "found": None if is_found is None else float(np.mean(is_found)),
            "above 0.99": float(np.mean(found["novelty"] > 0.99)), "median": float(np.median(found["novelty"])),
            "auroc": {name: _auroc(base[name], found[name]) for name in scores}}
    return {"faces of val": len(val), "groups": compared}


def _auroc(low, high):
    """Return the share of pairs in which the second score is higher, ties counted half."""
    from sklearn.metrics import roc_auc_score
    return float(roc_auc_score(np.repeat([0, 1], [len(low), len(high)]), np.concatenate([low, high])))


if __name__ == "__main__":
    main()
