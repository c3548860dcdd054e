"""Write the page on rejection, ambiguity and novelty from results/unsure.json.

    python -m benchmarks.unsure.page
"""

from pathlib import Path

from benchmarks.common import fill_template, list_versions, read_results, write_page
from featfer.utils.markdown import markdown_table

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "unsure.json"
PHOTOS = "photographs"


def main():
    write_page(HERE, page(read_results(RESULTS)))


def page(result):
    """Return the page (Markdown) on what was measured."""
    correlations, novelty = result["correlations"], result["novelty"]
    agreement = correlations["with disagreement"]
    return fill_template(HERE, {
        "setting": f"{result['date']}; {result['machine']}; {list_versions(result['versions'])}", "model": result["model"],
        "rejection": _tabulate_rejection(result["rejection"]), "val": f"{result['rejection']['val']['faces']:,}",
        "photos": f"{result['rejection']['photos']['faces']:,}", "voted": f"{correlations['faces']:,}",
        "correlations": markdown_table(["score", "correlation with the raters' disagreement"],
                                       [[name, f"{value:.3f}"] for name, value in agreement.items()]),
        "colour": "; ".join(f"{name} {colour:.3f}, in grey {grey:.3f}" for name, (colour, grey) in result["colour"].items()),
        "between": f"{correlations['ambiguity with novelty']:.2f}", "base": f"{novelty['faces of val']:,}",
        "groups": _tabulate_groups(novelty["groups"]), "scores": _tabulate_scores(novelty["groups"])})


def _tabulate_rejection(rejection):
    rows = [[f"{val['reject']:.1f}", *(f"{100 * level[what]:.1f}" for level in (val, photo) for what in ("kept", "accuracy"))]
            for val, photo in zip(rejection["val"]["levels"], rejection["photos"]["levels"], strict=True)]
    return markdown_table(["`--reject`", "val: kept, %", "right of these, %", "photographs: kept, %", "right of these, %"],
                          rows)


def _tabulate_groups(groups):
    rows = [[name, f"{group['pictures']:,}", "" if group["found"] is None else f"{100 * group['found']:.0f}",
             f"{group['median']:.3f}", f"{100 * group['above 0.99']:.1f}", f"{group['auroc']['novelty']:.3f}"]
            for name, group in groups.items()]
    return markdown_table(["", "pictures", "face found, %", "median novelty", "above 0.99, %", "AUROC"], rows)


def _tabulate_scores(groups):
    """Return a table of the mean and the least AUROC of each score over groups that are not ordinary, and of photographs."""
    others = [group["auroc"] for name, group in groups.items() if not name.startswith(PHOTOS)]
    rows = []
    for score in others[0]:
        values = [group[score] for group in others]
        rows.append([score, f"{sum(values) / len(values):.3f}", f"{min(values):.3f}", f"{groups[PHOTOS]['auroc'][score]:.3f}"])
    return markdown_table(["score", "mean AUROC", "least", "AUROC of ordinary photographs"], rows)


if __name__ == "__main__":
    main()
