"""Measure how far one model can follow the labels of FER2013 and those of FER+ at once: votes of the two models that ship.

    python -m benchmarks.photographs.frontier --store STORE

STORE holds the stage 128x8x8 of FER2013, with FER+'s majority labels too (benchmarks/photographs/models.toml has the commands).
Photographs are those of the half for choosing, from the answers that `benchmarks.photographs.measure` stored.
"""

import argparse

import numpy as np

from benchmarks.common import write_results
from benchmarks.photographs import page
from featfer import load, open_table
from featfer.evaluation.figures import Scorer
from featfer.evaluation.photographs import Answers
from featfer.utils.provenance import describe_origin

MODELS = ("fer2013", "photos")
SOURCES = {"fer2013": "fer2013.csv", "ferplus": "ferplus-majority"}
WEIGHTS = (0, 0.25, 0.4, 0.5, 0.6, 0.75, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True, help="the store of benchmarks/photographs/models.toml")
    store = parser.parse_args().store
    models = [load(name) for name in MODELS]
    answered = {key: answer_val(models, open_table(store, models[0].features, source)) for key, source in SOURCES.items()}
    rows = [{"weight": weight, **{key: score_vote(*of, weight) for key, of in answered.items()}, **score_photographs(weight)}
            for weight in WEIGHTS]
    write_results(page.FRONTIER, {**describe_origin(), "rows": rows})
    page.main()


def answer_val(models, table):
    """Return the names of the true labels of val, and each model's probabilities, in the order of its labels."""
    val = table.split("val")
    truth = np.array([val.label_set.names[label] for label in val.labels])
    return truth, [model.probabilities(val.features) for model in models], models[0].label_set.names


def score_vote(truth, probabilities, names, weight):
    """Return the accuracy of a vote; a label that the models do not know, such as contempt, is never right."""
    vote = np.average(probabilities, axis=0, weights=[1 - weight, weight])
    return float((np.array(names)[vote.argmax(axis=1)] == truth).mean())


def score_photographs(weight):
    """Return the mean recall and the accuracy at the shares of a vote on the photographs for choosing."""
    photographs, answers = page.read_half("choosing")
    one, other = (answers[name] for name in MODELS)
    vote = Answers((1 - weight) * one.probabilities + weight * other.probabilities, other.faces)
    scorer = Scorer(photographs, vote, page.SCORED, page.read_collection_shares())
    figures = dict(zip(scorer.labels, scorer.compute(np.ones(len(photographs))).tolist(), strict=True))
    return {"mean_recall": figures["mean_recall"], "accuracy": figures["accuracy_at_shares"]}


if __name__ == "__main__":
    main()
