"""Write the page on stages and features, with its pictures, from the cards in models/ and from results/.

    featfer benchmark benchmarks/study/models.toml --source fer2013.csv --work work
    python -m benchmarks.study.page
"""

from pathlib import Path

from benchmarks.common import compare_to_aim, describe_runs, fill_template, read_cards, read_folder, write_page
from benchmarks.study import drawing
from benchmarks.study.groups import CLASSIFIERS, COSTED, GROUPS, HEADLINE, STAGES, clean
from featfer.utils.markdown import markdown_table, percent

HERE = Path(__file__).parent


def main():
    cards, measured = read_cards(HERE), read_folder(HERE / "results")
    drawing.draw_stages(cards)
    drawing.draw_curves(cards)
    drawing.draw_parts(measured["parts"])
    write_page(HERE, page(cards, measured))


def page(cards, measured):
    """Return the page's Markdown; cards: {name of a model: its card}; measured: what measure.py stored, by its name."""
    return fill_template(HERE, {
        "setting": describe_runs([card for card in cards.values() if "machine" in card]), "headline": headline(cards),
        "stages": stages(cards), "status": status(measured["status"]), "parts": measured["parts"]["images"],
        "pace": pace(measured["pace"]), "cost": cost(measured["cost"]), "costed": COSTED, "commands": commands(cards),
        **{name: group(cards, rows) for name, rows in GROUPS.items()}})


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
         *(compare_to_aim(goal, cards[name]["figures"]["test"]["accuracy"]) for goal in (aim, high))]
        for name, (words, published, aim, high) in HEADLINE.items()])


def group(cards, rows):
    """Return a table of some models; rows: what they are, in words, by name."""
    head = ["", "val", "val without copies", "test", "test without copies", "test ECE", "bundle, MB"]
    return markdown_table(head, [[words, percent(cards[name]["figures"]["val"]["accuracy"]), *_judged(cards[name]),
                                  f"{cards[name]['figures']['test']['ece']:.3f}", f"{cards[name]['bytes'] / 1e6:.1f}"]
                                 for name, words in rows.items()])


def status(found):
    """Return a table of the accuracy of `fer2013` by what the detector said."""
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
    rows = [f"| {name} | `{card['command']}` |" for name, card in sorted(cards.items())]
    return "\n".join(["| model | command |", "| --- | --- |", *rows])


if __name__ == "__main__":
    main()
