"""The default model on photographs with other priors, computed from the answers that are stored."""

import numpy as np

from benchmarks.photographs import page
from featfer.classifiers.wrappers.prior import correct_prior, estimate_prior
from featfer.evaluation.figures import Scorer
from featfer.evaluation.photographs import Answers

HEAD = ["subjects", "prior", "mean recall of five, %", "accuracy at the shares of five, %", "of seven, %", "ECE",
        "estimated shares of neutral and happy, %"]


def list_rows(about):
    """Return the rows of the table: the default as it ships, with equal shares, with estimated ones, and with the true ones."""
    rows = []
    for half in ("choosing", "scoring", page.BOTH):
        photographs, answers = page.read_half(half)
        name, given = next(iter(answers.items()))
        assumed = np.array([about["models"][name]["prior"][label] for label in photographs.names])
        rows += [[half, prior, *figures] for prior, figures in try_priors(photographs, given, assumed).items()]
    return rows


def try_priors(photographs, answers, assumed):
    """Return {prior in words: cells of its row}; assumed: the prior of the answers, float (classes,)."""
    shares = page.read_collection_shares()
    true = np.array([shares[label] for label in photographs.names])
    found = answers.probabilities[answers.has_answer]
    estimated = estimate_prior(found, assumed, _weigh(photographs, answers, shares))
    happy, neutral = (f"{100 * estimated[photographs.names.index(label)]:.0f}" for label in ("happy", "neutral"))
    priors = {"as it ships": assumed, "equal shares": np.full(len(true), 1 / len(true)),
              "estimated from the photos": estimated, "the true shares": true}
    cells = {}
    for words, prior in priors.items():
        probabilities = np.full(answers.probabilities.shape, np.nan)
        probabilities[answers.has_answer] = correct_prior(found, assumed, prior)
        cells[words] = [*page.list_figures(photographs, Answers(probabilities, answers.faces), shares)[:4],
                        f"{neutral} and {happy}" if prior is estimated else ""]
    return cells


def _weigh(photographs, answers, shares):
    """Return the weights of the photos with an answer that give each class its share in the collection."""
    scorer = Scorer(photographs, answers, photographs.names, shares, answers.has_answer)
    return scorer.balance(np.ones(len(scorer.rows)))
