"""The tables of the page on published systems: cards in, Markdown out."""

import shlex

from benchmarks.common import compare_to_aim
from benchmarks.systems.published import (
    AFFECTNET,
    BACKBONE,
    BACKBONE_MINUTES,
    CLASSICS_2022,
    DIAGONALS,
    ENLARGED,
    OTHERS,
    PAIRS,
    STEPS_2022,
    SYSTEMS,
)
from featfer.utils.markdown import markdown_table, percent

HEAD = ["", "published", "aim", "test", "aim met", "test without copies", "val without copies", "predicted", "averaged over",
        "parameters, M", "multiply-adds, M", "bundle, MB", "epochs", "trained in", "on", "images/s, one core", "two cores",
        "command"]
MISSING = "not trained yet"


def master(cards, pace, listing):
    """Return a table of every system's figures beside ours, trained or not; listing: says how those are made that are not."""
    lines = []
    for title, rows in SYSTEMS.values():
        lines.append([f"**{title}**", *[""] * (len(HEAD) - 1)])
        for row in rows:
            folder, _, name = row.card.partition("/")
            command = f"`{shlex.join(['featfer', *listing.list_arguments(name)])}`" if folder == "systems" else ""
            lines.append(_line(row, cards, pace.get(row.card, {}), command))
    return markdown_table(HEAD, lines)


def _line(row, cards, cost, command):
    aim, card = "" if row.aim is None else f"≥ {row.aim}", cards.get(row.card)
    unknown = "not measured yet" if row.card.startswith("systems/") else ""
    rates = [f"{cost['rates'][count]:,}" if count in cost.get("rates", {}) else unknown for count in ("1", "2")]
    if card is None:
        return [row.words, row.published, aim, MISSING, *[""] * 5, *_size(cost), *[""] * 4, *rates, command]
    test = card["figures"]["test"]
    return [row.words, row.published, aim, percent(test["accuracy"]), compare_to_aim(row.aim, test["accuracy"]),
            percent(test["copies"]["accuracy_without"]), percent(card["figures"]["val"]["copies"]["accuracy_without"]),
            f"{test['images']:,} of {test['images'] + test['unreadable']:,}", averaged(card), *_size(card.get("cnn", {})),
            f"{card['bytes'] / 1e6:.1f}", epochs(card, cards), duration(row.card, cards), device(card, cards),
            *rates, f"`{card['command']}`"]


def averaged(card):
    """Return over which views of a face a card's model averages its predictions, "no" for one alone."""
    views = dict.fromkeys(view for member in card.get("members", [card])
                          for view in member.get("views", {}).get("averaged", []))
    return ", ".join(views) if len(views) > 1 else "no"


def is_tuned(card):
    """Say whether features of a card's model are of dlib's network trained on."""
    return any("network" in feature["params"] for feature in card.get("features", []))


def learnt(card, cards):
    """Return what is known of the network that learnt for a card's model, history and device: its own, dlib's network trained
    on, {} for none."""
    if "cnn" in card:
        return card["cnn"]
    return cards.get(BACKBONE, {}) if is_tuned(card) else {}


def epochs(card, cards):
    """Return how many epochs the network of a card's model was trained; nothing where none was."""
    return len(learnt(card, cards).get("history", [])) or ""


def device(card, cards):
    """Return on what a card's model was trained; what is no network is fitted on a CPU."""
    fitted = [] if "cnn" in card else ["cpu"]
    return ", ".join(dict.fromkeys([learnt(card, cards).get("device", "cpu"), *fitted]))


def duration(name, cards):
    """Return in words how long a model was trained: a network's epochs alone, a blend with its members, and before that dlib's
    network where it was trained on; nothing where the card of one of these is missing."""
    card = cards[name]
    if "cnn" in card:
        return f"{sum(epoch['seconds'] for epoch in card['cnn']['history']) / 60:.1f} min"
    members = [cards.get(f"{name.partition('/')[0]}/{member['name']}") for member in card.get("members", [])]
    if None in members or (is_tuned(card) and BACKBONE not in cards):
        return ""
    before = f"{BACKBONE_MINUTES} + " if is_tuned(card) else ""
    return f"{before}{sum(part['seconds'] for part in [card, *members]) / 60:.1f} min"


def _size(cost):
    if "parameters" not in cost:
        return ["", ""]
    return [f"{cost['parameters'] / 1e6:.2f}", f"{cost['multiply_adds'] / 1e6:.0f}"]


def others():
    """Return a table of what else was published on FER2013."""
    return markdown_table(["method", "%", "note"], [list(row) for row in OTHERS])


def classics(cards):
    """Return a table of the project of 2022 and ours, on super-resolved images and on raw ones."""
    head = ["", "published: super-resolved", "the same, not augmented", "published: raw", "ours: raw",
            "ours, by one recipe: raw", "super-resolved"]
    words = {row.card: row.words for key in ("classics", "shallow") for row in SYSTEMS[key][1]}
    return markdown_table(head, [[words[name], *map(_figure, theirs), _test(cards.get(name)), *_raw_and_enlarged(name, cards)]
                                 for name, theirs in CLASSICS_2022.items()])


def steps(card):
    """Return a table of the four steps of 2022 for deep minus shallow, and the one recipe of our card."""
    lines = [[f"published, after step {i}: {words}", count, _figure(value)]
             for i, (words, count, value) in enumerate(STEPS_2022, 1)]
    ours = ["ours", ""] if card is None else [f"ours: raw images, the recipe {card['params']['recipe']}", epochs(card, {})]
    return markdown_table(["deep minus shallow", "epochs", "test"], [*lines, [*ours, _test(card)]])


def _raw_and_enlarged(name, cards):
    return [_test(cards.get(ENLARGED[name] + way)) if name in ENLARGED else "" for way in ("", "-srresnet")]


def _figure(value):
    return "" if value is None else f"{value:.2f}"


def _test(card):
    return percent(card["figures"]["test"]["accuracy"]) if card else MISSING


def diagonals(cards):
    """Return a table of the share of each class that is right: published on AffectNet, ours on FER2013."""
    ours = SYSTEMS["dropout"][1]
    head = ["class", *(f"{name} (AffectNet)" for name in DIAGONALS), *(f"our {row.words} (FER2013)" for row in ours)]
    return markdown_table(head, [[name, *(percent(diagonal.get(name)) for diagonal in DIAGONALS.values()),
                                  *(_recall(cards.get(row.card), name) for row in ours)] for name in AFFECTNET])


def _recall(card, name):
    if card is None:
        return MISSING
    return percent(card["figures"]["test"]["classes"].get(name, {}).get("recall"))


def tops(card):
    """Return a table of how often the truth is among the first guesses; a line where there is no card."""
    if card is None:
        return f"How often the truth is the second or third guess: {MISSING}."
    return markdown_table(["% of images whose truth is among the first guesses", "1", "2", "3"], [
        [split, *map(percent, card["figures"][split]["top"])] for split in ("val", "test")])


def pairs(cards, found):
    """Return a table of how networks compare that differ in one thing; found: {"first, other": what McNemar's test says}."""
    head = ["on test", "with it", "without", "right with it alone", "right without alone", "p"]
    return markdown_table(head, [_pair(one, other, what, cards, found.get(f"{one}, {other}"))
                                 for (one, other), what in PAIRS.items()])


def _pair(one, other, what, cards, found):
    counts = ["", "", "not compared yet"] if found is None else [found["only_one"], found["only_other"], f"{found['p']:.2g}"]
    return [f"{what} (`{one}`, `{other}`)", *(_test(cards.get(f"systems/{name}")) for name in (one, other)), *counts]
