"""The page on five published systems, made from cards."""

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featfer.evaluation import figures
from featfer.labels import FER3, FER6, FER7
from featfer.listing import read_listing
from featfer.report import percent

ROOT = Path(__file__).parents[1]
FILES = ("systems.toml", "systems.template.md")


@pytest.fixture(scope="module")
def pages():
    """The modules that make the page."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import systems
    import systems_published
    import systems_tables
    yield {"systems": systems, "tables": systems_tables, "published": systems_published}
    sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture
def systems(pages):
    return pages["systems"]


def scored(labels, right):
    """Return the figures of 20 predictions for each class, this share of them right, the others the next class."""
    truth = np.repeat(np.arange(len(labels)), 20)
    predicted = np.where(np.arange(len(truth)) % 20 < 20 * right, truth, (truth + 1) % len(labels))
    result = figures(truth, np.eye(len(labels))[predicted], labels.names)
    copies = {"images": 4, "accuracy": 1.0, "images_without": len(truth) - 4, "accuracy_without": right - 0.01}
    return {**result, "unreadable": 3, "copies": copies}


def made_card(name, labels=FER7, right=0.7, views=("plain", "flip"), network="own", **params):
    """Return the card of a network that was trained for two epochs, the second of which took 100 s."""
    history = [{"step": 1, "epoch": i, "rate": 0.1, "loss": 2 / i, "train": 0.3 * i, "seconds": 50.0 * i, "val": 0.4,
                "val_without_copies": 0.35, "val_loss": 1.5} for i in (1, 2)]
    return {
        "classifier": "cnn", "params": {"network": network, "recipe": "short", **params}, "command": f"featfer train {name}",
        "labels": {"set": labels.name, "names": list(labels.names)}, "views": {"trained": ["plain"], "averaged": list(views)},
        "data": {"rows": 28709}, "figures": {"val": scored(labels, right - 0.1), "test": scored(labels, right)},
        "seconds": 170.0, "date": "2026-01-02", "machine": "a machine", "versions": {"torch": "2.9"}, "bytes": 20_682_571,
        "cnn": {"network": network, "recipe": {}, "parameters": 3_400_000, "multiply_adds": 173_000_000, "side": 48,
                "channels": 1, "device": "cuda", "history": history}}


def shallow_cards(systems):
    """Return a card for each of the shallow models, and for the members of the blends among them."""
    cards = {row.card: made_card(row.card) for key in systems.SHALLOW for row in systems.SYSTEMS[key][1]}
    cards["study/other"], tuned = made_card("other"), {row.card for row in systems.SYSTEMS["tuned"][1]}
    for name, card in cards.items():
        del card["cnn"]
        card |= {"classifier": "svm", "params": {"pca": 384}, "seconds": 60.0 * len(cards)}
        card["features"] = [{"params": {"network": "sha256:0"} if name in tuned else {}}]
        card["views"]["averaged"] = ["plain"] if "embedding" in name else ["plain", "flip"]
    for blend, members in {"study/stages": ("default-svm", "other"), best_tuned(systems): ("backbone-mlp", "other")}.items():
        views = {"averaged": ["plain", "flip"]}
        cards[blend] |= {
            "classifier": "blend", "params": {"how": "vote"}, "members": [{"name": name, "views": views} for name in members],
            "views": {}}
    return cards


def best_tuned(systems):
    """Return the name of the card of the best vote with dlib's network trained on."""
    return systems.SYSTEMS["tuned"][1][-1].card


def tuned_network():
    """Return the card of dlib's network trained on for three epochs."""
    return {"history": [{"epoch": i} for i in (1, 2, 3)], "device": "cuda", "command": "featfer finetune fer2013.csv"}


def cells(text, first):
    """Return the cells of the first line of a table that begins with a cell."""
    lines = (re.split(r"(?<!\\)\|", line.strip()[1:-1]) for line in text.splitlines() if line.startswith("|"))
    return next([cell.strip() for cell in line] for line in lines if line[0].strip() == first)


def row_of(systems, text, card):
    """Return the line of the first table on a model, by the heads of its columns."""
    words = next(row.words for _, rows in systems.SYSTEMS.values() for row in rows if row.card == card)
    head = text.partition("## Every system")[2]
    return dict(zip(cells(head, ""), cells(head, words), strict=True))


def test_every_model_of_the_list_has_a_row_and_every_row_a_model(systems):
    rows = [row.card for _, rows in systems.SYSTEMS.values() for row in rows]
    assert len(set(rows)) == len(rows)
    own = [name.partition("/")[2] for name in rows if name.startswith("systems/")]
    assert sorted(own) == sorted(read_listing(ROOT / "benchmarks" / "systems.toml").models)
    words = [row.words for _, rows in systems.SYSTEMS.values() for row in rows]
    assert len(set(words)) == len(words)


def test_what_was_trained_is_listed_in_the_same_words(systems):
    listing = replace(read_listing(ROOT / "benchmarks" / "systems.toml"), work=Path("work"))
    made = " ".join(listing.words("deep-minus-shallow")), " ".join(listing.words("groups9-six"))
    assert made == ("train --cnn deep-minus-shallow --recipe short --store work/store --out work/deep-minus-shallow.joblib "
                    "--score-test --tta plain,flip",
                    "train --cnn groups9 --recipe short --store work/store --out work/groups9-six.joblib --score-test "
                    "--tta plain,flip --labels fer6 --param lr=0.001 --param epochs=30 --param precision=bf16")


def test_a_list_s_networks_and_recipes_can_be_trained():
    from featfer.cnn import load_recipe
    from featfer.cnn.networks import NETWORKS
    from featfer.cnn_training import _sorted_out
    for model in read_listing(ROOT / "benchmarks" / "systems.toml").models.values():
        changes, options = _sorted_out(model.get("params", {}))
        assert model["cnn"] in NETWORKS and options == {}
        recipe = load_recipe(model["recipe"], **changes)
        norms = {step.adversarial["norm"] for step in recipe.steps if step.adversarial}
        assert recipe.precision == "float32" or norms <= {"infinity"}  # a neighbour as near as L2 has it is rounded away


def test_what_is_not_trained_has_a_row_with_its_command(systems, tmp_path):
    text = systems.page(shallow_cards(systems), {}, tmp_path, {})
    listing = replace(read_listing(ROOT / "benchmarks" / "systems.toml"), work=Path("work"))
    for key, (_, rows) in systems.SYSTEMS.items():
        for row in rows:
            line, missing = row_of(systems, text, row.card), key not in systems.SHALLOW
            assert line["published"] == row.published
            assert (line["test"] == "not trained yet") == missing
            assert line["aim"] == (f"≥ {row.aim}" if row.aim else "")
            if missing:
                words = listing.words(row.card.partition("/")[2])
                assert line["command"].replace("'", "").strip("`").split() == ["featfer", *words]
                assert [line[name] for name in ("aim met", "test without copies", "epochs", "trained in")] == [""] * 4
    assert text.startswith("# CNN baselines of five published systems")
    assert "No network is trained yet" in text
    assert "Not trained yet, and so without class report, confusion matrix and learning curves: `residual`." in text


def test_a_row_has_the_figures_of_its_card(systems, tmp_path):
    card = made_card("blocks15", right=0.85)
    line = row_of(systems, systems.page({"systems/blocks15": card}, {}, tmp_path, {}), "systems/blocks15")
    assert line == {
        "": "blocks15, adversarial loss", "published": "70.49", "aim": "≥ 70.5", "test": "85.00", "aim met": "met",
        "test without copies": "84.00", "val without copies": "74.00", "predicted": "140 of 143",
        "averaged over": "plain, flip", "parameters, M": "3.40", "multiply-adds, M": "173", "bundle, MB": "20.7", "epochs": "2",
        "trained in": "2.5 min", "on": "cuda", "images/s, one core": "not measured yet", "two cores": "not measured yet",
        "command": "`featfer train blocks15`"}


def test_a_shallow_row_has_its_size_and_no_epochs(systems, tmp_path):
    cards = shallow_cards(systems)
    cards["study/default-svm"]["bytes"] = 21_186_296
    line = row_of(systems, systems.page(cards, {}, tmp_path, {}), "study/default-svm")
    assert [line[name] for name in ("parameters, M", "bundle, MB", "epochs", "on")] == ["", "21.2", "", "cpu"]


def test_what_stands_on_the_network_trained_on_has_its_epochs_and_time(systems, pages, tmp_path):
    cards = {**shallow_cards(systems), "study/backbone": tuned_network()}
    cards["study/backbone-mlp"]["seconds"], cards["study/other"]["seconds"] = 90, 600
    cards[best_tuned(systems)]["seconds"] = 30
    minutes, text = pages["published"].BACKBONE_MINUTES, systems.page(cards, {}, tmp_path, {})
    for name, fitted in {"study/backbone-mlp": "1.5", best_tuned(systems): "12.0"}.items():
        line = row_of(systems, text, name)
        assert [line[head] for head in ("epochs", "trained in", "on")] == ["3", f"{minutes} + {fitted} min", "cuda, cpu"]
    assert row_of(systems, text, "study/stages")["epochs"] == ""
    del cards["study/backbone"]
    line = row_of(systems, systems.page(cards, {}, tmp_path, {}), "study/backbone-mlp")
    assert [line[head] for head in ("epochs", "trained in", "on")] == ["", "", "cpu"]


def test_rows_of_what_is_no_network_have_cards_of_their_kind(systems, pages):
    published, cards = pages["published"], systems.read_cards(ROOT / "benchmarks")
    rows = {key: [row.card for row in systems.SYSTEMS[key][1]] for key in systems.SHALLOW}
    assert {*published.REPORTED, published.BEST_FROZEN, published.BEST_TUNED} <= {*rows["shallow"], *rows["tuned"]}
    assert {key: {pages["tables"].is_tuned(cards[name]) for name in rows[key]} for key in rows} == {
        "tuned": {True}, "shallow": {False}}
    assert len(cards["study/backbone"]["history"]) == cards["study/backbone"]["recipe"]["epochs"]


def test_a_blend_s_time_has_its_members_in_it(systems, tmp_path):
    cards = shallow_cards(systems)
    cards["study/stages"]["seconds"], cards["study/default-svm"]["seconds"], cards["study/other"]["seconds"] = 6, 60, 600
    text = systems.page(cards, {"study/stages": {"rates": {"2": 1240}}}, tmp_path, {})
    line = row_of(systems, text, "study/stages")
    assert (line["trained in"], line["averaged over"], line["two cores"]) == ("11.1 min", "plain, flip", "1,240")
    assert row_of(systems, text, "study/default-svm")["trained in"] == "1.0 min"
    assert row_of(systems, text, "embedding/rf")["averaged over"] == "no"
    del cards["study/other"]
    assert row_of(systems, systems.page(cards, {}, tmp_path, {}), "study/stages")["trained in"] == ""


@pytest.mark.parametrize(("right", "said"), [(0.65, "met"), (0.6, "missed by 2.00"), (0.9, "met")])
def test_aims_are_met_or_missed(systems, tmp_path, right, said):
    text = systems.page({"systems/groups9-six": made_card("g", FER6, right)}, {}, tmp_path, {})
    assert row_of(systems, text, "systems/groups9-six")["aim met"] == said


def test_a_classic_network_s_aim_is_what_was_published_for_it(pages):
    published = pages["published"]
    rows = [row for row in published.SYSTEMS["classics"][1] if row.card != "systems/deep-minus-shallow"]
    assert len(rows) == 8
    for row in rows:
        enlarged, _, raw = published.CLASSICS_2022[row.card]
        assert row.aim == (enlarged if raw is None else raw)
        assert row.published == (f"{enlarged:.2f} (super-resolved)" if raw is None else f"{raw:.2f}")


@pytest.mark.parametrize(("right", "said"), [(0.65, "met"), (0.55, "missed by 8.59")])
def test_a_classic_network_meets_or_misses_its_aim(systems, tmp_path, right, said):
    line = row_of(systems, systems.page({"systems/vgg16": made_card("v", right=right)}, {}, tmp_path, {}), "systems/vgg16")
    assert (line["aim"], line["aim met"]) == ("≥ 63.59", said)


def test_an_aim_is_met_from_its_very_value_on(pages):
    met = pages["tables"].met
    assert [met(62, share) for share in (0.62, 0.61999, 0.5, 1.0)] == ["met", "missed by 0.00", "missed by 12.00", "met"]
    assert met(None, 0.5) == ""


def test_what_networks_cost_is_printed_before_they_are_trained(systems, tmp_path):
    pace = {"systems/vgg16": {"parameters": 134_290_000, "multiply_adds": 822_000_000, "rates": {"1": 51, "2": 1098}}}
    line = row_of(systems, systems.page({}, pace, tmp_path, {}), "systems/vgg16")
    assert [line[name] for name in ("parameters, M", "multiply-adds, M", "images/s, one core", "two cores")] == [
        "134.29", "822", "51", "1,098"]


def test_networks_that_differ_in_one_thing_stand_side_by_side(systems, pages, tmp_path):
    cards = {f"systems/{name}": made_card(name, right=right) for name, right in (
        ("blocks15", 0.7), ("blocks15-plain-loss", 0.65), ("widening-plain", 0.6))}
    found = {"blocks15, blocks15-plain-loss": {"images": 140, "only_one": 9, "only_other": 2, "p": 0.0654}}
    text = systems.page(cards, {}, tmp_path, found).partition("Networks that differ in one thing")[2]
    both, one = (f"{what} (`{first}`, `{other}`)" for (first, other), what in pages["published"].PAIRS.items())
    assert cells(text, both)[1:] == ["70.00", "65.00", "9", "2", "0.065"]
    assert cells(text, one)[1:] == ["not trained yet", "60.00", "", "", "not compared yet"]


def test_a_trained_network_has_its_report_and_counts(systems, tmp_path):
    card = made_card("blocks15", right=0.75, lr=0.001)
    section = systems.page({"systems/blocks15": card}, {}, tmp_path, {}).partition("### blocks15, adversarial loss")[2]
    test = card["figures"]["test"]
    assert "`blocks15`: own by the recipe short with lr 0.001, on 28,709 faces, 2 epochs in 2.5 min on cuda" in section
    assert "```\nfeatfer train blocks15\n```" in section
    assert "140 of 143 images predicted" in section
    published = {"angry": ("62.00", "68.00", "64.00"), "weighted": ("71.00", "70.00", "70.00")}
    for name, theirs in published.items():
        values = test["classes"].get(name, test["weighted"])
        assert cells(section, name) == [name, *(percent(values[m]) for m in ("precision", "recall", "f1-score")),
                                        str(round(values["support"])), *theirs]
    counts = section.partition("Predicted (columns) of each true class (rows)")[2]
    assert cells(counts, "true") == ["true", *FER7.names]
    assert [cells(counts, name)[1:] for name in FER7.names] == [[str(count) for count in row] for row in test["confusion"]]


def test_a_shallow_model_has_its_report_and_counts(systems, tmp_path):
    cards = {**shallow_cards(systems), "study/backbone": tuned_network()}
    text, words = systems.page(cards, {}, tmp_path, {}), {r.card: r.words for _, rows in systems.SYSTEMS.values() for r in rows}
    for name in systems.REPORTED:
        part = text.partition(f"### {words[name]}\n")[2].partition("\n#")[0]
        test, short = cards[name]["figures"]["test"], name.partition("/")[2]
        assert cells(part, "sad")[1:4] == [percent(test["classes"]["sad"][m]) for m in ("precision", "recall", "f1-score")]
        counts = part.partition("Predicted (columns) of each true class (rows)")[2]
        assert [cells(counts, label)[1:] for label in FER7.names] == [[str(n) for n in row] for row in test["confusion"]]
        assert f"Not drawn yet: confusion matrix of {short} on test" in part
        assert "by epoch" not in part
    assert "### SVM on that stage" not in text
    assert "in [embedding.md](embedding.md)" in text.partition("## featfer's shallow classifiers")[2]


def test_a_shallow_model_s_part_says_what_it_is_of(systems, tmp_path):
    text = systems.page({**shallow_cards(systems), "study/backbone": tuned_network()}, {}, tmp_path, {})
    assert "`stages`: vote of `default-svm`, `other` (their commands stand in [study.md](study.md)), on 28,709 faces" in text
    assert "`backbone-mlp`: svm with pca 384, on 28,709 faces, the network's 3 epochs and the rest in 48 + " in text
    assert "```\nfeatfer finetune fer2013.csv\nfeatfer train study/backbone-mlp\n```" in text
    assert "```\nfeatfer train study/stages\n```" in text


def test_the_four_steps_of_deep_minus_shallow_stand_beside_our_recipe(systems, pages, tmp_path):
    card = made_card("d", right=0.65)
    text = systems.page({"systems/deep-minus-shallow": card}, {}, tmp_path, {}).partition("beside our one step")[2]
    step = "published, after step {}: {}".format
    for i, words, figure in ((1, "super-resolved images, Adam at 0.001", "60.51"), (2, "raw images, Adam at 0.001", "61.61"),
                             (3, "raw images, SGD at 0.01", "61.57"), (4, "raw images, SGD at 0.001", "61.74")):
        assert cells(text, step(i, words)) == [step(i, words), "70" if i < 3 else "60", figure]
    assert cells(text, "ours: raw images, the recipe short") == ["ours: raw images, the recipe short", "2", "65.00"]
    assert cells(pages["tables"].steps(None), "ours") == ["ours", "", "not trained yet"]


def test_the_networks_that_stand_for_all_are_those_trained_on_enlarged_images(systems, pages, tmp_path):
    networks = [name.partition("/")[2] for name in pages["published"].ENLARGED if name.startswith("systems/")]
    assert networks == ["mobilenetv3", "deep-minus-shallow"]
    text = " ".join(systems.page({}, {}, tmp_path, {}).split())
    assert "Of the networks, MobileNetV3 and deep minus shallow stand for all there" in text
    assert "weights of ImageNet could not be had where they were trained (where they can, `--weights imagenet`" in text


def test_the_augmentation_study_is_told_as_its_recipe_has_it(systems, tmp_path):
    from featfer.cnn import load_recipe
    step = load_recipe("augmented").steps[0]
    assert (step.epochs, step.copies, step.plain) == (9, 2, 1)
    assert (step.augment["flip"], step.augment["cutout"]) == (0.5, 0.5)
    told = "nine that show each image twice: as it is, and noisy, half of these mirrored and half with a patch cut out"
    assert told in " ".join(systems.page({}, {}, tmp_path, {}).split())


def test_only_those_that_were_published_have_published_classes(systems, tmp_path):
    text = systems.page({"systems/residual": made_card("r"), "systems/groups9-six": made_card("g", FER6)}, {}, tmp_path, {})
    assert cells(text.partition("### residual")[2], "class, test") == ["class, test", "precision", "recall", "F1", "support"]
    assert cells(text.partition("### groups9, six classes")[2], "happy")[5:] == ["-", "76.70", "-"]


def test_further_tables_have_published_figures_and_ours(systems, tmp_path):
    cards = {"systems/alexnet": made_card("a", right=0.6), "systems/resnet34-dropout": made_card("d", right=0.65),
             "systems/groups9-six": made_card("g", FER6, 0.8), "superres/rf": made_card("r", right=0.55),
             "superres/rf-srresnet": made_card("s", right=0.5)}
    text = systems.page(cards, {}, tmp_path, {})
    super_resolved = text.partition("makes networks worse")[2]
    assert cells(super_resolved, "AlexNet") == ["AlexNet", "61.61", "58.82", "62.28", "60.00", "", ""]
    assert cells(super_resolved, "VGG11") == ["VGG11", "61.07", "58.20", "", "not trained yet", "", ""]
    forest = "random forest on the embedding"
    assert cells(super_resolved, forest) == [forest, "46.61", "", "47.02", "not trained yet", "55.00", "50.00"]
    diagonals = text.partition("with dropout, 2018\n")[2]
    assert cells(diagonals, "happy")[1:] == ["94.40", "72.80", "85.00", *["not trained yet"] * 2, "65.00", "not trained yet"]
    assert cells(diagonals, "contempt")[1:] == ["0.20", "53.80", "4.00", *["not trained yet"] * 2, "-", "not trained yet"]
    assert cells(text, "test")[1:] == [percent(share) for share in cards["systems/groups9-six"]["figures"]["test"]["top"]]
    assert cells(text, "human") == ["human", "65 ± 5", ""]


def test_pictures_are_drawn_from_cards_and_linked(systems, tmp_path):
    cards = {f"systems/{name}": made_card(name) for name in ("blocks15", "widening-plain", "widening-augmented")}
    folder = tmp_path / "systems"
    systems.draw(cards, folder)
    drawn = sorted(path.name for path in folder.iterdir())
    assert drawn == ["augmented-or-not.png", *(f"{name}-{what}.png" for name in ("blocks15", "widening-augmented",
                     "widening-plain") for what in ("confusion", "curves"))]
    text = systems.page(cards, {}, folder, {})
    assert sorted(re.findall(r"!\[[^]]+\]\(systems/([^)]+)\)", text)) == drawn
    for missing in ("wrong predictions of blocks15", "24 test faces", "feature maps after max-pooling 3", "images of each"):
        assert f"Not drawn yet: {missing}" in text


def test_confusion_matrices_of_shallow_models_are_drawn_and_linked(systems, tmp_path):
    cards, folder = {**shallow_cards(systems), "study/backbone": tuned_network()}, tmp_path / "systems"
    systems.draw(cards, folder)
    drawn = sorted(path.name for path in folder.iterdir())
    assert drawn == sorted(f"{name.partition('/')[2]}-confusion.png" for name in systems.REPORTED)
    assert {"stages-confusion.png", "backbone-mlp-confusion.png"} <= set(drawn)
    assert sorted(re.findall(r"!\[[^]]+\]\(systems/([^)]+)\)", systems.page(cards, {}, folder, {}))) == drawn


def test_wrong_predictions_are_of_the_best_until_the_one_meant_is_there(systems, tmp_path):
    three, six = made_card("t", FER3, 0.9), made_card("g", FER6, 0.8)
    seven, better = made_card("a", right=0.5), made_card("b", right=0.6)
    assert systems.wrong_of({}) is None
    assert systems.wrong_of({"systems/t": three, "systems/g": six}) == "g"
    cards = {"systems/t": three, "systems/a": seven, "systems/b": better, "study/stages": {}}
    assert systems.wrong_of(cards) == "b"
    assert "blocks15, of which they are to be, is not trained yet" in systems.wrong(cards, tmp_path)
    assert systems.wrong_of({**cards, "systems/blocks15": seven}) == "blocks15"
    assert "not trained yet" not in systems.wrong({"systems/blocks15": seven}, tmp_path)


def test_the_program_writes_the_page_from_what_lies_beside_it(systems, tmp_path, monkeypatch):
    for file in FILES:
        shutil.copy(ROOT / "benchmarks" / file, tmp_path)
    for name, content in {"systems/residual": made_card("r", right=0.75), "study/stages": made_card("s"), "systems/pace": {
            "vgg16": {"parameters": 1_000_000, "multiply_adds": 2_000_000, "rates": {}}}, "study/pace": {"stages": 77},
            "systems/pairs": {"widening-augmented, widening-plain": {"only_one": 5, "only_other": 123, "p": 0}}}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    monkeypatch.setattr(systems, "HERE", tmp_path)
    monkeypatch.setattr(systems, "FOLDER", tmp_path / "systems")
    monkeypatch.setattr(sys, "argv", ["systems.py"])
    systems.main()
    text = (tmp_path / "systems.md").read_text()
    assert row_of(systems, text, "systems/residual")["test"] == "75.00"
    assert row_of(systems, text, "systems/vgg16")["parameters, M"] == "1.00"
    assert row_of(systems, text, "study/stages")["two cores"] == "77"
    assert "| 5 | 123 | 0 |" in text
    assert (tmp_path / "systems" / "residual-curves.png").stat().st_size > 10_000
