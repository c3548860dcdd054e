"""Write benchmarks/study.md, with its pictures, from the cards that `featfer benchmark` left beside it.

    featfer benchmark benchmarks/study.toml --source fer2013.csv --work work
    python benchmarks/study.py [--source fer2013.csv --work work]

With --source and --work it first looks anew at which parts of the face carry the decision of the default model, how it fares
where the detector found nothing, how fast it is, and what each feature costs (parts.json, status.json, pace.json, cost.json;
on an idle machine); without, it takes those as they are.
"""

import argparse
import json
import string
from pathlib import Path

import study_drawn as drawn
import study_measured as measured
from study_groups import CLASSIFIERS, FOLDER, GROUPS, HEADLINE, STAGES, clean
from systems_tables import met

from featfer.utils.files import write_text
from featfer.utils.markdown import markdown_table, percent

HERE = Path(__file__).parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source")
    parser.add_argument("--work", type=Path)
    args = parser.parse_args()
    if args.source and args.work:
        for name, found in {
                "cost": measured.by_cost(args.source, args.work), "pace": measured.by_pace(args.source),
                "status": measured.by_status(args.work / "store"), "parts": measured.by_part(args.source)}.items():
            write_text(FOLDER / f"{name}.json", json.dumps(found) + "\n")
    cards = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
    drawn.draw_stages(cards)
    drawn.draw_curves(cards)
    drawn.draw_parts(cards["parts"])
    write_text(HERE / "study.md", page(cards))


def page(cards):
    """Return the page's Markdown."""
    figures = {"setting": setting(cards), "headline": headline(cards), "stages": stages(cards),
               "status": status(cards["status"]), "parts": cards["parts"]["images"], "pace": pace(cards["pace"]),
               "cost": cost(cards["cost"]), "costed": measured.COSTED, "commands": commands(cards),
               **{name: group(cards, rows) for name, rows in GROUPS.items()}}
    return string.Template((HERE / "study.template.md").read_text()).substitute(figures)


def stages(cards):
    """Return a table of every stage with every classifier."""
    head = ["stage", *(f"{words}: {column}" for words in CLASSIFIERS.values()
                       for column in ("val without copies", "test", "test without copies"))]
    return markdown_table(head, [[stage, *(value for clf in CLASSIFIERS for value in _judged(cards[f"{stage}-{clf}"]))]
                                 for stage in STAGES])


def _judged(card):
    """Return the accuracies that are to be read together: on val without copies, on test, on test without copies."""
    return f"{clean(card):.2f}", percent(card["figures"]["test"]["accuracy"]), f"{clean(card, 'test'):.2f}"


def headline(cards):
    """Return a table of what was aimed at and what was reached."""
    head = ["", "published", "aim", "high aim", "val without copies", "test", "test without copies", "aim met", "high aim met"]
    return markdown_table(head, [
        [words, published, aim, high or "", *_judged(cards[name]),
         *(met(goal, cards[name]["figures"]["test"]["accuracy"]) for goal in (aim, high))]
        for name, (words, published, aim, high) in HEADLINE.items()])


def group(cards, rows):
    """Return a table of some models; rows: what they are, in words, by name."""
    head = ["", "val", "val without copies", "test", "test without copies", "test ECE", "bundle, MB"]
    return markdown_table(head, [[words, percent(cards[name]["figures"]["val"]["accuracy"]), *_judged(cards[name]),
                                  f"{cards[name]['figures']['test']['ece']:.3f}", f"{cards[name]['bytes'] / 1e6:.1f}"]
                                 for name, words in rows.items()])


def status(found):
    """Return a table of the default model's accuracy by what the detector said."""
    return markdown_table(["split, status", "images", "accuracy", "without copies"], [
        [f"{split}, {words}", f"{count:,}", *map(percent, shares)]
        for split, parts in found.items() for words, (count, *shares) in parts.items()])


def pace(found):
    """Return in words how many faces a second the models that ship take."""
    return ", ".join(f"{name} {count}" for name, count in found.items())


def cost(found):
    """Return a table of what a face costs, feature by feature."""
    return markdown_table(["", "columns", "ms a face"], [
        [name, "" if columns is None else f"{columns:,}", f"{milliseconds:.2f}"]
        for name, (columns, milliseconds) in found.items()])


def commands(cards):
    """Return a table of the command that makes each model."""
    rows = [[name, f"`{card['command']}`"] for name, card in sorted(cards.items()) if "command" in card]
    return "\n".join(["| model | command |", "| --- | --- |", *(f"| {name} | {command} |" for name, command in rows)])


def setting(cards):
    """Return in words when, on what and with what the models were trained."""
    made = [card for card in cards.values() if "machine" in card]
    dates = sorted(card["date"] for card in made)
    libraries = sorted({f"{name} {version}" for card in made for name, version in card["versions"].items()})
    machines = sorted({card["machine"] for card in made})
    return f"{' to '.join(dict.fromkeys([dates[0], dates[-1]]))}; {'; '.join(machines)}; {', '.join(libraries)}"


if __name__ == "__main__":
    main()
