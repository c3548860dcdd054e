"""Write the page on peers, and its plot, from results/.

    python -m benchmarks.peers.page
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.common import fill_template, list_versions, read_results, write_page
from benchmarks.peers.answers import Answers, read_answers, read_table
from benchmarks.peers.drawing import draw
from benchmarks.peers.figures import ROUNDS, SHARES, compute_recalls, p_value, resample_recalls, weigh
from benchmarks.peers.rows import HERE, RESULTS, Row, read_rows, read_versions
from featfer.evaluation.resampling import find_interval
from featfer.evaluation.significance import mcnemar
from featfer.utils.markdown import markdown_table, percent

DOWNLOAD = "needs a download of its weights that is not possible here"
BOUNDS = ("from", "to")


def main():
    found = read_photos()
    draw(found, HERE / "pictures" / "photos.png")
    write_page(HERE, page(found))


@dataclass(frozen=True)
class OnPhotos:
    """What a row answered about the photos with one of SHARES.

    Attributes
    ----------
    row : Row
    share_found : float
        Of all photos.
    labels, subjects : ndarray of str, (n,)
    answers : Answers
    """

    row: Row
    share_found: float
    labels: np.ndarray
    subjects: np.ndarray
    answers: Answers

    @property
    def right(self):
        """Whether each answer is the label; a photo without a face is wrong."""
        return self.answers.labels == self.labels

    @property
    def recalls(self):
        """The recall of each of SHARES."""
        return compute_recalls(self.labels, self.right)

    @property
    def recalls_where_found(self):
        """The same over photos in which a face was found."""
        found = self.answers.faces > 0
        return compute_recalls(self.labels[found], self.right[found])

    @cached_property
    def resampled(self):
        """Recalls over resampled subjects, (rounds, 5)."""
        return resample_recalls(self.labels, self.right, self.subjects)


def read_photos(results=RESULTS, rows=None):
    """Return {name: OnPhotos, or None for one that is not measured} in the order of peers.toml."""
    photos, found = read_table(results / "photos.csv.gz"), {}
    kept = np.isin(photos["label"], list(SHARES))
    for name, row in (rows or read_rows()).items():
        answers = read_answers(results / f"{name}-photos.csv.gz")
        found[name] = answers and OnPhotos(row, float((answers.faces > 0).mean()), photos["label"][kept],
                                           photos["subject"][kept], answers.select(kept))
    return found


def page(found):
    """Return the page (Markdown); found: what `read_photos` returns."""
    rows, costs, measured = read_rows(), read_results(RESULTS / "costs.json"), read_results(RESULTS / "measured.json")
    one = next(one for one in found.values() if one)
    return fill_template(HERE, {
        "photos": _make_photos_table(rows, found), "recalls": _make_recalls_table(found), "crops": _make_crops_table(rows),
        "differences": _make_differences(found), "costs": _make_costs_table(rows, costs), "trained": _list_trained(rows),
        "unmeasured": "\n".join(f"- {rows[name].title}: {DOWNLOAD}." for name, note in measured.items() if "failed" in note),
        "measured": _describe(measured), "timed": _describe(costs), "rounds": f"{ROUNDS:,}", "count": f"{len(one.labels):,}",
        "versions": "\n".join(f"- {name}: {list_versions(versions)}" for name, versions in read_versions().items())})


def _make_photos_table(rows, found):
    head = ["", "faces found", "mean recall", "accuracy at the shares", "where found: mean recall",
            "where found: accuracy at the shares"]
    return markdown_table(head, [[rows[name].title, *_get_photo_figures(of)] for name, of in found.items()])


def _get_photo_figures(of):
    if of is None:
        return ["-"] * 5
    return [percent(figure) for figure in (of.share_found, of.recalls.mean(), weigh(of.recalls),
                                           of.recalls_where_found.mean(), weigh(of.recalls_where_found))]


def _make_recalls_table(found):
    return markdown_table(["", *SHARES], [[of.row.title, *map(percent, of.recalls)] for of in found.values() if of])


def _make_differences(found):
    ours = [of for of in found.values() if of and of.row.model]
    return "\n\n".join(_make_difference_table(mine, [of for of in found.values() if of and not of.row.model]) for mine in ours)


def _make_difference_table(mine, peers):
    head = [f"{mine.row.title}, minus", "mean recall", *BOUNDS, "p", "accuracy at the shares", *BOUNDS, "p",
            "only ours right", "only the peer right", "McNemar's p"]
    return markdown_table(head, [[peer.row.title, *_compare(mine, peer)] for peer in peers])


def _compare(mine, peer):
    cells = []
    for figure in (lambda recalls: recalls.mean(axis=-1), weigh):
        resampled = figure(mine.resampled) - figure(peer.resampled)
        difference = figure(mine.recalls) - figure(peer.recalls)
        cells += [f"{100 * value:+.1f}" for value in (difference, *find_interval(resampled))] + [_format_p(p_value(resampled))]
    test = mcnemar(mine.right, peer.right)
    return [*cells, test["only_one"], test["only_other"], _format_p(test["p"])]


def _make_crops_table(rows):
    table = read_table(RESULTS / "crops.csv.gz")
    voted = table["ferplus"] != ""
    lines = []
    for name, row in rows.items():
        answers = row.crops and read_answers(RESULTS / f"{name}-crops.csv.gz")
        if answers:
            right, right_by_votes = answers.labels == table["fer2013"], answers.labels == table["ferplus"]
            figures = [(answers.faces > 0).mean(), right.mean(), right_by_votes[voted].mean()]
            lines.append([row.title, *map(percent, figures), row.crops])
        elif row.crops:
            lines.append([row.title, "-", "-", "-", row.crops])
    head = ["", "faces found", f"FER2013, PrivateTest ({len(voted):,})", f"FER+, test ({voted.sum():,})",
            "how the crops go in"]
    return markdown_table(head, lines)


def _make_costs_table(rows, costs):
    head = ["", "ms a photo", "core-ms a photo", "s to the first answer", "core-s to it", "MiB of memory", "MB installed",
            "of it NVIDIA's libraries", "MB of weights"]
    return markdown_table(head, [[row.title, *_format_costs(costs.get(name))] for name, row in rows.items()])


def _format_costs(cost):
    if cost is None:
        return ["-"] * 8
    return [f"{1000 * cost['seconds']:.0f}", f"{1000 * cost['core_seconds']:.0f}", f"{cost['start']:.1f}",
            f"{cost['core_start']:.1f}", f"{cost['memory']:,.0f}", f"{cost['environment']:,.0f}",
            f"{cost['nvidia']:,.0f}", f"{cost['weights']:.1f}"]


def _list_trained(rows):
    return "\n".join(f"- {row.title}: {row.trained}" for row in rows.values())


def _describe(notes):
    """Return in words when and on what the rows of a file of results were measured."""
    dates = sorted({note["date"] for note in notes.values()})
    machines = sorted({note["machine"] for note in notes.values()})
    return f"{' to '.join(dict.fromkeys(dates[:1] + dates[-1:]))}, on {'; '.join(machines)}"


def _format_p(p):
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


if __name__ == "__main__":
    main()
