"""Write the page on published systems, with its pictures, from the cards in models/ and of other pages, and from results/.

    featfer benchmark benchmarks/systems/models.toml --source fer2013.csv --work work
    python -m benchmarks.systems.page
"""

from dataclasses import replace
from pathlib import Path

from featfer_cli.benchmark_config import read_listing

from benchmarks import common
from benchmarks.common import describe_runs, fill_template, read_results, write_page
from benchmarks.study.groups import SHIPPED
from benchmarks.systems import tables
from benchmarks.systems.published import BACKBONE, CLASSES, REPORTED, SYSTEMS
from featfer.reports.models import format_class_table, format_counts_table
from featfer.reports.plots import draw_confusion, draw_learning_curves
from featfer.utils.markdown import percent

HERE = Path(__file__).parent
LISTING = HERE / "models.toml"
CARDS = ("systems", "study", "embedding", "superres")  # the pages whose models stand here
WRONG, GROUPS = "blocks15", "groups9-six"
SHALLOW = ("tuned", "shallow")  # sections of models that are no networks of their own
STUDY = {"widening-plain": "plain", "widening-augmented": "plain and augmented"}


def main():
    cards, folder = read_cards(HERE.parent), HERE / "pictures"
    draw(cards, folder)
    write_page(HERE, page(cards, read_pace(HERE.parent), folder, read_results(HERE / "results" / "pairs.json")))


def read_cards(root):
    """Return {page/name: card} of the models that were made, and of dlib's network trained on, which has no figures."""
    found = {f"{name}/{model}": card for name in CARDS for model, card in common.read_cards(root / name).items()}
    return {name: card for name, card in found.items() if "figures" in card or name == BACKBONE}


def read_pace(root):
    """Return {page/name: what a model costs}: parameters, multiply_adds and rates of networks, rates of what ships."""
    networks, shipped = (read_results(root / name / "results" / "pace.json") for name in ("systems", "study"))
    return ({f"systems/{name}": cost for name, cost in networks.items()}
            | {f"study/{SHIPPED[name]}": {"rates": {"2": rate}} for name, rate in shipped.items()})


def draw(cards, folder):
    """Draw a confusion matrix of each model that is shown, learning curves of each network, and those of the augmentation study
    in one picture."""
    trained = trained_networks(cards)
    reported = {name.partition("/")[2]: cards[name] for name in REPORTED if name in cards}
    for name, card in {**reported, **trained}.items():
        draw_confusion(card["figures"]["test"], folder / f"{name}-confusion.png", f"{name} on test")
    for name, card in trained.items():
        draw_learning_curves({"": card["cnn"]["history"]}, folder / f"{name}-curves.png", name)
    if all(name in trained for name in STUDY):
        histories = {words: trained[name]["cnn"]["history"] for name, words in STUDY.items()}
        draw_learning_curves(histories, folder / "augmented-or-not.png",
                             "Trained on images as they are, or on augmented ones too")


def trained_networks(cards):
    """Return {name: card} of the networks that were made."""
    return {name.partition("/")[2]: card for name, card in cards.items() if name.startswith("systems/")}


def wrong_of(cards):
    """Return whose wrong predictions are shown: those of the network meant, else of the best on val, of seven classes before
    fewer; None where there is none."""
    trained = trained_networks(cards)
    return WRONG if WRONG in trained else max(trained, default=None, key=lambda name: (
        len(trained[name]["labels"]["names"]), trained[name]["figures"]["val"]["copies"]["accuracy_without"]))


def page(cards, pace, folder, pairs):
    """Return the page's Markdown; cards, pace, pairs: as read; folder: of its pictures."""
    listing = replace(read_listing(LISTING), work=Path("work"))
    sections = {key: section([row for row in rows if key not in SHALLOW or row.card in REPORTED], cards, folder)
                for key, (_, rows) in SYSTEMS.items()}
    tabulated = {
        "setting": setting(cards), "master": tables.master(cards, pace, listing), "others": tables.others(),
        "pairs": tables.pairs(cards, pairs),
        "classics_table": tables.classics(cards), "steps": tables.steps(cards.get("systems/deep-minus-shallow")),
        "diagonals": tables.diagonals(cards),
        "tops": tables.tops(cards.get(f"systems/{GROUPS}"))}
    drawn = {
        "wrong": wrong(cards, folder),
        "panel": picture(folder, f"{GROUPS}-blends.png", "24 test faces with the probability of each class"),
        "maps": "\n\n".join(picture(folder, f"{GROUPS}-maps-{pooling}.png", f"feature maps after max-pooling {pooling}")
                            for pooling in (2, 3)),
        "augmented": picture(folder, "augmented-or-not.png", "loss and accuracy by epoch, with augmented images and without"),
        "histogram": picture(folder, "classes.png", "images of each class in each split")}
    return fill_template(HERE, sections | tabulated | drawn)


def setting(cards):
    """Return in words when and on what the networks were trained."""
    trained = trained_networks(cards).values()
    return describe_runs(trained) if trained else "No network is trained yet"


def section(rows, cards, folder):
    """Return what there is to say of a system's models one by one, and which are missing."""
    missing = [f"`{row.card.partition('/')[2]}`" for row in rows if row.card not in cards]
    lines = [f"Not trained yet, and so without class report, confusion matrix and learning curves: {', '.join(missing)}. The "
             "table of every system has the commands."] if missing else []
    return "\n\n".join([*lines, *(model(row, cards, folder) for row in rows if row.card in cards)])


def model(row, cards, folder):
    """Return the part of the page on one model that was made."""
    card, name = cards[row.card], row.card.partition("/")[2]
    test = card["figures"]["test"]
    pictures = [picture(folder, f"{name}-confusion.png", f"confusion matrix of {name} on test")]
    if "cnn" in card:
        pictures.append(picture(folder, f"{name}-curves.png", f"loss and accuracy of {name} by epoch"))
    return "\n\n".join([
        f"### {row.words}", f"`{name}`: {made(row.card, cards)}, by", f"```\n{commands(card, cards)}\n```", scores(card),
        format_class_table(test, CLASSES.get(row.card)), "Predicted (columns) of each true class (rows), images of test:",
        format_counts_table(test), *pictures])


def made(name, cards):
    """Return in words what a model is, what it learnt from, and when, how long and on what it was trained."""
    card = cards[name]
    count, minutes = tables.epochs(card, cards), tables.duration(name, cards)
    learnt = "" if not count else f"{count} epochs " if "cnn" in card else f"the network's {count} epochs and the rest "
    taken = f"in {minutes} " if minutes else ""
    return (f"{kind(card)}, on {card['data']['rows']:,} faces, {learnt}{taken}on {tables.device(card, cards)} "
            f"({card['date']}, {card['machine']})")


def kind(card):
    """Return in words what kind of model a card is of."""
    params = card["params"]
    if "members" in card:
        members = ", ".join(f"`{member['name']}`" for member in card["members"])
        return f"{params['how']} of {members} (their commands stand in [study](../study/README.md))"
    changes = ", ".join(f"{key} {value}" for key, value in params.items() if key not in ("network", "recipe"))
    what = f"{card['cnn']['network']} by the recipe {params['recipe']}" if "cnn" in card else card["classifier"]
    return f"{what} with {changes}" if changes else what


def commands(card, cards):
    """Return the command that made a model, after that which trained dlib's network on where it is one of its features'."""
    before = [cards[BACKBONE]["command"]] if tables.is_tuned(card) and BACKBONE in cards else []
    return "\n".join([*before, card["command"]])


def scores(card):
    """Return in words how a model does on test, on copies of training images and on the others."""
    test = card["figures"]["test"]
    return f"""Test: {test["images"]:,} of {test["images"] + test["unreadable"]:,} images predicted, averaged over views: \
{tables.averaged(card)}; accuracy {percent(test["accuracy"])} %, on the {test["copies"]["images"]} copies of training images \
{percent(test["copies"]["accuracy"])} %, on the others {percent(test["copies"]["accuracy_without"])} %; calibration error \
{test["ece"]:.3f}."""


def wrong(cards, folder):
    """Return the wrong predictions of a network, with words on whose they are."""
    name = wrong_of(cards)
    if name is None:
        return "Not drawn yet: no network is trained."
    instead = "" if name == WRONG else f" {WRONG}, of which they are to be, is not trained yet: these are of the best that is."
    return f"Of {name}, drawn at random.{instead}\n\n{picture(folder, f'{name}-wrong.png', f'wrong predictions of {name}')}"


def picture(folder, name, what):
    """Return a link to a picture, or a line that says it is not drawn yet."""
    if (folder / name).exists():
        return f"![{what[0].upper()}{what[1:]}]({folder.name}/{name})"
    return f"Not drawn yet: {what}."


if __name__ == "__main__":
    main()
