"""Write the page on label sets from the cards in models/.

    featfer benchmark benchmarks/labels/models.toml --source fer2013.csv --work work
    python -m benchmarks.labels.page
"""

from pathlib import Path

from benchmarks.common import describe_run, fill_template, list_commands, read_cards, write_page
from featfer.utils.markdown import markdown_table, percent

HERE = Path(__file__).parent
TRADE = {"seven": "SVM as it is", "seven-balanced": "balanced", "seven-coarse": "coarse to fine"}
TABLES = {
    "fewer": {"seven": "seven, SVM", "six": "six, SVM", "three": "three, SVM", "three-mlp": "three, MLP",
              "three-vote": "three, vote of both", "three-256": "three, SVM on the map 256x4x4",
              "three-mlp-stages": "three, MLP on three maps", "three-tuned": "three, SVM on that map, network fine-tuned",
              "three-tuned-mlp": "three, MLP on that map, network fine-tuned",
              "three-tuned-vote": "three, vote of these four and the MLP"},
    "ferplus": {"ferplus-svm": "SVM, majority labels", "ferplus-mlp": "MLP, majority labels",
                "ferplus-soft": "MLP, the votes' distribution", "ferplus": "vote of the first and the last",
                "ferplus-tuned-ridge": "kernel ridge, majority labels, network fine-tuned",
                "ferplus-tuned-soft": "three MLPs, the votes' distribution, network fine-tuned",
                "ferplus-tuned": "vote of these two"},
    "trade": TRADE,
}
HEAD = ["", "trained on", "val", "val without copies", "test", "test without copies", "in the first two", "macro F1",
        "mean recall", "ECE"]


def main():
    write_page(HERE, page(read_scored_cards()))


def read_scored_cards():
    """Return {name: card} of the models that were made; the card of a network that they stand on has no figures."""
    return {name: card for name, card in read_cards(HERE).items() if "figures" in card}


def page(cards):
    """Return the page (Markdown) on the models whose cards these are, {name: card}."""
    return fill_template(HERE, {name: _figures(cards, rows) for name, rows in TABLES.items()} | {
        "setting": describe_run(cards["seven"]), "recall": _recall(cards),
        "commands": list_commands(cards, [name for rows in TABLES.values() for name in rows])})


def _figures(cards, rows):
    return markdown_table(HEAD, [_row(title, cards[name]) for name, title in rows.items()])


def _row(title, card):
    val, test = card["figures"]["val"], card["figures"]["test"]
    faces = f"{card['data']['rows']:,}" if "rows" in card["data"] else ""
    return [title, faces, percent(val["accuracy"]), percent(val["copies"]["accuracy_without"]),
            f"**{percent(test['accuracy'])}**", percent(test["copies"]["accuracy_without"]), percent(test["top"][1]),
            percent(test["macro"]["f1-score"]), percent(test["macro"]["recall"]), f"{test['ece']:.3f}"]


def _recall(cards):
    names = list(cards["seven"]["figures"]["test"]["classes"])
    rows = [[title, *(percent(cards[name]["figures"]["test"]["classes"][label]["recall"]) for label in names)]
            for name, title in TRADE.items()]
    return markdown_table(["", *names], rows)


if __name__ == "__main__":
    main()
