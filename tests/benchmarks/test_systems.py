"""The page on five published systems, made from cards."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

from featfer_cli.benchmark_config import read_listing
from helpers.networks import on_paper
from helpers.systems_page import LISTING, cells, made_card, published, row_of, shallow_cards, systems, tables, tuned_network

from benchmarks.common import read_results
from featfer.labels import FER3, FER6, FER7
from featfer.utils.markdown import percent


def test_what_was_trained_is_listed_in_the_same_words():
    listing = replace(read_listing(LISTING), work=Path("work"))
    made = " ".join(listing.list_arguments("deep-minus-shallow")), " ".join(listing.list_arguments("groups9-six"))
    assert made == ("train --cnn deep-minus-shallow --recipe short --store work/store --out work/deep-minus-shallow.joblib "
                    "--score-test --tta plain,flip",
                    "train --cnn groups9 --recipe short --store work/store --out work/groups9-six.joblib --score-test "
                    "--tta plain,flip --labels fer6 --param lr=0.001 --param epochs=30 --param precision=bf16")


def test_a_list_s_networks_and_recipes_can_be_trained():
    from featfer.cnn import load_recipe
    from featfer.training.cnn import _split_params
    for model in read_listing(LISTING).models.values():
        changes, options = _split_params(model.get("params", {}))
        assert on_paper(model["cnn"], 7, **options)
        assert load_recipe(model["recipe"], **changes).name == model["recipe"]


def test_a_trained_network_has_its_report_and_counts(tmp_path):
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


def test_a_shallow_model_has_its_report_and_counts(tmp_path):
    cards = {**shallow_cards(), "study/backbone": tuned_network()}
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
    assert "in [embedding](../embedding/models.md)" in " ".join(text.partition("## featfer's shallow classifiers")[2].split())


def test_a_shallow_model_s_part_says_what_it_is_of(tmp_path):
    text = systems.page({**shallow_cards(), "study/backbone": tuned_network()}, {}, tmp_path, {})
    members = "`default-svm`, `other` (their commands stand in [study](../study/README.md))"
    assert f"`stages`: vote of {members}, on 28,709 faces" in text
    assert "`backbone-mlp`: svm with pca 384, on 28,709 faces, the network's 3 epochs and the rest in 48 + " in text
    assert "```\nfeatfer finetune fer2013.csv\nfeatfer train study/backbone-mlp\n```" in text
    assert "```\nfeatfer train study/stages\n```" in text


def test_the_four_steps_of_deep_minus_shallow_stand_beside_our_recipe(tmp_path):
    card = made_card("d", right=0.65)
    text = systems.page({"systems/deep-minus-shallow": card}, {}, tmp_path, {}).partition("beside our one step")[2]
    step = "published, after step {}: {}".format
    for i, words, figure in ((1, "super-resolved images, Adam at 0.001", "60.51"), (2, "raw images, Adam at 0.001", "61.61"),
                             (3, "raw images, SGD at 0.01", "61.57"), (4, "raw images, SGD at 0.001", "61.74")):
        assert cells(text, step(i, words)) == [step(i, words), "70" if i < 3 else "60", figure]
    assert cells(text, "ours: raw images, the recipe short") == ["ours: raw images, the recipe short", "2", "65.00"]
    assert cells(tables.steps(None), "ours") == ["ours", "", "not trained yet"]


def test_the_networks_that_stand_for_all_are_those_trained_on_enlarged_images(tmp_path):
    networks = [name.partition("/")[2] for name in published.ENLARGED if name.startswith("systems/")]
    assert networks == ["mobilenetv3", "deep-minus-shallow"]
    text = " ".join(systems.page({}, {}, tmp_path, {}).split())
    assert "Of the networks, MobileNetV3 and deep minus shallow stand for all there" in text
    assert "weights of ImageNet could not be had where they were trained (where they can, `--weights imagenet`" in text


def test_the_augmentation_study_is_told_as_its_recipe_has_it(tmp_path):
    from featfer.cnn import load_recipe
    step = load_recipe("augmented").steps[0]
    assert (step.epochs, step.copies, step.plain) == (9, 2, 1)
    assert (step.augment["flip"], step.augment["cutout"]) == (0.5, 0.5)
    told = "nine that show each image twice: as it is, and noisy, half of these mirrored and half with a patch cut out"
    assert told in " ".join(systems.page({}, {}, tmp_path, {}).split())


def test_only_those_that_were_published_have_published_classes(tmp_path):
    text = systems.page({"systems/residual": made_card("r"), "systems/groups9-six": made_card("g", FER6)}, {}, tmp_path, {})
    assert cells(text.partition("### residual")[2], "class, test") == ["class, test", "precision", "recall", "F1", "support"]
    assert cells(text.partition("### groups9, six classes")[2], "happy")[5:] == ["-", "76.70", "-"]


def test_further_tables_have_published_figures_and_ours(tmp_path):
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


def test_pictures_are_drawn_from_cards_and_linked(tmp_path):
    cards = {f"systems/{name}": made_card(name) for name in ("blocks15", "widening-plain", "widening-augmented")}
    folder = tmp_path / "pictures"
    systems.draw(cards, folder)
    drawn = sorted(path.name for path in folder.iterdir())
    assert drawn == ["augmented-or-not.png", *(f"{name}-{what}.png" for name in ("blocks15", "widening-augmented",
                     "widening-plain") for what in ("confusion", "curves"))]
    text = systems.page(cards, {}, folder, {})
    assert sorted(re.findall(r"!\[[^]]+\]\(pictures/([^)]+)\)", text)) == drawn
    for missing in ("wrong predictions of blocks15", "24 test faces", "feature maps after max-pooling 3", "images of each"):
        assert f"Not drawn yet: {missing}" in text


def test_confusion_matrices_of_shallow_models_are_drawn_and_linked(tmp_path):
    cards, folder = {**shallow_cards(), "study/backbone": tuned_network()}, tmp_path / "pictures"
    systems.draw(cards, folder)
    drawn = sorted(path.name for path in folder.iterdir())
    assert drawn == sorted(f"{name.partition('/')[2]}-confusion.png" for name in systems.REPORTED)
    assert {"stages-confusion.png", "backbone-mlp-confusion.png"} <= set(drawn)
    assert sorted(re.findall(r"!\[[^]]+\]\(pictures/([^)]+)\)", systems.page(cards, {}, folder, {}))) == drawn


def test_wrong_predictions_are_of_the_best_until_the_one_meant_is_there(tmp_path):
    three, six = made_card("t", FER3, 0.9), made_card("g", FER6, 0.8)
    seven, better = made_card("a", right=0.5), made_card("b", right=0.6)
    assert systems.wrong_of({}) is None
    assert systems.wrong_of({"systems/t": three, "systems/g": six}) == "g"
    cards = {"systems/t": three, "systems/a": seven, "systems/b": better, "study/stages": {}}
    assert systems.wrong_of(cards) == "b"
    assert "blocks15, of which they are to be, is not trained yet" in systems.wrong(cards, tmp_path)
    assert systems.wrong_of({**cards, "systems/blocks15": seven}) == "blocks15"
    assert "not trained yet" not in systems.wrong({"systems/blocks15": seven}, tmp_path)


def test_the_program_writes_the_page_from_what_lies_beside_it(tmp_path, monkeypatch):
    here = tmp_path / "systems"
    here.mkdir()
    shutil.copy(systems.HERE / "template.md", here)
    for name, content in {
            "systems/models/residual": made_card("r", right=0.75), "study/models/stages": made_card("s"),
            "systems/results/pace": {"vgg16": {"parameters": 1_000_000, "multiply_adds": 2_000_000, "rates": {}}},
            "study/results/pace": {"fer2013": 77},
            "systems/results/pairs": {"widening-augmented, widening-plain": {"only_one": 5, "only_other": 123, "p": 0}},
            }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    monkeypatch.setattr(systems, "HERE", here)
    systems.main()
    text = (here / "README.md").read_text()
    assert row_of(text, "systems/residual")["test"] == "75.00"
    assert row_of(text, "systems/vgg16")["parameters, M"] == "1.00"
    assert row_of(text, "study/stages")["two cores"] == "77"
    assert "| 5 | 123 | 0 |" in text
    assert (here / "pictures" / "residual-curves.png").stat().st_size > 10_000


def test_the_page_is_what_the_cards_say():
    root = systems.HERE.parent
    pairs = read_results(systems.HERE / "results" / "pairs.json")
    text = systems.page(systems.read_cards(root), systems.read_pace(root), systems.HERE / "pictures", pairs)
    assert text == (systems.HERE / "README.md").read_text()
