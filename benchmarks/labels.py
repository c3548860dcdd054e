"""Write benchmarks/labels.md from the cards that `featfer benchmark benchmarks/labels.toml` left beside it.

    python benchmarks/labels.py
"""

import json
import string
from pathlib import Path

from featfer.utils.files import write_text
from featfer.utils.markdown import markdown_table, percent

HERE = Path(__file__).parent
FOLDER = HERE / "labels"
TRADE = {"seven": "SVM as it is", "seven-balanced": "balanced", "seven-coarse": "coarse to fine"}
TABLES = {
    "fewer": {"seven": "seven, SVM", "six": "six, SVM", "three": "three, SVM", "three-mlp": "three, MLP",
              "three-vote": "three, vote of both", "three-256": "three, SVM on the map 256x4x4",
              "three-mlp-stages": "three, MLP on three maps", "three-tuned": "three, SVM on that map, network fine-tuned",
              "three-tuned-mlp": "three, MLP on that map, network fine-tuned",
              "three-tuned-vote": "three, vote of these four and the MLP"},
    "ferplus": {"ferplus-svm": "SVM, majority labels", "ferplus-mlp": "MLP, majority labels",
                "ferplus-soft": "MLP, the votes' distribution", "ferplus": "vote of the first and the last"},
    "trade": TRADE,
}
HEAD = ["", "trained on", "val", "val without copies", "test", "test without copies", "in the first two", "macro F1",
        "mean recall", "ECE"]


def main():
    write_text(HERE / "labels.md", page(read_cards()))


def read_cards():
    """Return {name: card} of the models that were made; the card of a network that they stand on has no figures."""
    found = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
    return {name: card for name, card in found.items() if "figures" in card}


def page(cards):
    """Return the page (Markdown) on the models whose cards these are, {name: card}."""
    template = string.Template((HERE / "labels.template.md").read_text())
    return template.substitute({name: _figures(cards, rows) for name, rows in TABLES.items()}, setting=_setting(cards["seven"]),
                               recall=_recall(cards), commands=_commands(cards))


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


def _setting(card):
    return f"Measured on {card['date']} on an {card['machine']}, with the versions of [constraints.txt](../constraints.txt)"


def _commands(cards):
    return "\n".join(f"- {name}: `{cards[name]['command']}`" for rows in TABLES.values() for name in rows)


if __name__ == "__main__":
    main()
