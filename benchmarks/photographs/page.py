"""Write the page on photographs, with its pictures, from the answers that were measured.

    python -m benchmarks.photographs.page
"""

from pathlib import Path

from benchmarks.common import fill_template, list_versions, read_results, write_page
from featfer.evaluation.answer_tables import read_answers
from featfer.evaluation.outside import score_outside
from featfer.labels import FER7
from featfer.reports import outside
from featfer.shares import read_shares
from featfer.utils.markdown import markdown_table

HERE = Path(__file__).parent
ANSWERS, ABOUT, SHARES = HERE / "answers.csv.gz", HERE / "about.json", HERE / "shares.toml"
SCORED = ("angry", "happy", "sad", "surprise", "neutral")


def main():
    result = score()
    outside.draw_plots(result, HERE / "pictures")
    write_page(HERE, page(result, read_results(ABOUT)))


def score():
    """Return the scores of the answers that are stored."""
    photographs, answers = read_answers(ANSWERS)
    return score_outside(photographs, answers, SCORED, read_shares(str(SHARES), FER7))


def page(result, about):
    """Return the page's Markdown.

    result: from `score`; about: half, date, machine, versions, and models: {name: classifier, bytes, sha256}
    """
    models = markdown_table(["model", "classifier", "MB", "sha256 begins with"], [
        [name, of["classifier"], f"{of['bytes'] / 1e6:.1f}", of["sha256"][:12]] for name, of in about["models"].items()])
    return fill_template(HERE, {
        "photos": f"{result['photos']:,}", "subjects": f"{result['subjects']:,}", "half": about["half"],
        "setting": f"{about['date']}, {about['machine']}; {list_versions(about['versions'])}", "models": models,
        "scoring": " ".join(outside.describe_scoring(result)), "figures": outside.format_figures(result),
        "protocol": outside.PROTOCOL, "answered": outside.format_figures(result, "answered"),
        "all_classes": outside.format_figures(result, "all_classes"), "recalls": outside.format_recalls(result),
        "pairs": outside.format_pairs(result), "compared": outside.PAIRED})


if __name__ == "__main__":
    main()
