"""Write the page on photographs, with its pictures, from the answers that were measured.

    python -m benchmarks.photographs.page
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.common import fill_template, list_versions, read_results, write_page
from benchmarks.photographs import priors
from featfer.evaluation.answer_tables import read_answers
from featfer.evaluation.figures import Scorer
from featfer.evaluation.outside import score_outside
from featfer.labels import FER7
from featfer.reports import outside
from featfer.shares import read_shares
from featfer.utils.markdown import markdown_table

HERE = Path(__file__).parent
ANSWERS, ABOUT, SHARES = HERE / "answers.csv.gz", HERE / "about.json", HERE / "shares.toml"
FRONTIER = HERE / "frontier.json"
SCORED = ("angry", "happy", "sad", "surprise", "neutral")
HALVES = {"choosing": 0, "scoring": 1}  # by the parity of the subject's number
BOTH = "both halves"


def main():
    result = score(*read_half("scoring"))
    outside.draw_plots(result, HERE / "pictures")
    write_page(HERE, page(result, read_results(ABOUT), list_halves(), read_results(FRONTIER)))


def read_half(half=BOTH):
    """Return the Photographs of a half of the subjects and the Answers of each model, from what is stored."""
    photographs, answers = read_answers(ANSWERS)
    rows = np.flatnonzero([half == BOTH or int(subject[1:]) % 2 == HALVES[half] for subject in photographs.subjects.tolist()])
    return photographs.keep(rows), {name: replace(of, probabilities=of.probabilities[rows], faces=of.faces[rows])
                                    for name, of in answers.items()}


def read_collection_shares():
    """Return the share of each class in the whole collection."""
    return read_shares(str(SHARES), FER7)


def score(photographs, answers):
    """Return the scores of some answers."""
    return score_outside(photographs, answers, SCORED, read_collection_shares())


def list_halves():
    """Return the rows of the table of halves: of each model on each half, and on both."""
    read = {half: read_half(half) for half in (*HALVES, BOTH)}
    shares, names = read_collection_shares(), list(read[BOTH][1])
    return [[name, half, *list_figures(photographs, answers[name], shares)]
            for name in names for half, (photographs, answers) in read.items()]


def list_figures(photographs, answers, shares):
    """Return cells: mean recall of five, accuracy at the shares of five and of seven, ECE, and faces found."""
    five, seven = (Scorer(photographs, answers, classes, shares) for classes in (SCORED, photographs.names))
    ones = np.ones(len(photographs))
    of_five, of_seven = (dict(zip(scorer.labels, scorer.compute(ones), strict=True)) for scorer in (five, seven))
    return [f"{100 * of_five['mean_recall']:.1f}", f"{100 * of_five['accuracy_at_shares']:.1f}",
            f"{100 * of_seven['accuracy_at_shares']:.1f}", f"{of_five['ece']:.3f}", f"{100 * of_seven['faces_found']:.1f}"]


def page(result, about, halves, frontier):
    """Return the page's Markdown.

    result: from `score`; about: date, machine, versions, and models: {name: classifier, bytes, sha256, prior}; halves: from
    `list_halves`; frontier: from `benchmarks.photographs.frontier`
    """
    models = markdown_table(["model", "classifier", "MB", "sha256 begins with"], [
        [name, of["classifier"], f"{of['bytes'] / 1e6:.1f}", of["sha256"][:12]] for name, of in about["models"].items()])
    return fill_template(HERE, {
        "photos": f"{result['photos']:,}", "subjects": f"{result['subjects']:,}", **count_all(),
        "setting": f"{about['date']}, {about['machine']}; {list_versions(about['versions'])}", "models": models,
        "scoring": " ".join(outside.describe_scoring(result)), "figures": outside.format_figures(result),
        "protocol": outside.PROTOCOL, "answered": outside.format_figures(result, "answered"),
        "all_classes": outside.format_figures(result, "all_classes"), "recalls": outside.format_recalls(result),
        "pairs": outside.format_pairs(result), "compared": outside.PAIRED,
        "halves": markdown_table(["model", "subjects", "mean recall of five, %", "accuracy at the shares of five, %",
                                  "of seven, %", "ECE", "faces found, %"], halves),
        "priors": markdown_table(priors.HEAD, priors.list_rows(about)), "frontier": format_frontier(frontier)})


def count_all():
    """Return the numbers of all photos, of their subjects and of those of disgust, as texts."""
    photographs, _ = read_half()
    of_disgust = (photographs.truth == photographs.names.index("disgust")).sum()
    return {"all_photos": f"{len(photographs):,}", "all_subjects": f"{len(set(photographs.subjects.tolist())):,}",
            "photos_of_disgust": str(of_disgust)}


def format_frontier(frontier):
    """Return the table of what `benchmarks.photographs.frontier` measured."""
    return markdown_table(
        ["weight of `photos` in a vote with `fer2013`", "FER2013 val, %", "FER+ val, 8 classes, %", "mean recall of five, %",
         "accuracy at the shares of five, %"],
        [[f"{row['weight']:.2f}", *(f"{100 * row[key]:.1f}" for key in ("fer2013", "ferplus", "mean_recall", "accuracy"))]
         for row in frontier["rows"]])


if __name__ == "__main__":
    main()
