"""Write the page on super-resolution from the cards in models/ and from results/pairs.json.

    featfer benchmark benchmarks/superres/models.toml --source fer2013.csv --work work
    python -m benchmarks.superres.page
"""

from pathlib import Path

from benchmarks.common import describe_run, fill_template, list_commands, read_cards, read_results, write_page
from featfer.utils.markdown import markdown_table, percent

HERE = Path(__file__).parent
PAIRS = HERE / "results" / "pairs.json"
WAYS = {"": "as they are", "-bicubic": "bicubic", "-srresnet": "SRResNet", "-srgan": "SRGAN"}
MODELS = {"svm": "SVM, embedding", "rf": "random forest, embedding", "mlp": "MLP, embedding", "stage": "SVM, map 128x8x8",
          "mobilenetv3": "MobileNetV3, 96x96", "deep-minus-shallow": "deep minus shallow, 96x96"}
GENERATORS = ("srresnet", "srgan")


def main():
    write_page(HERE, page(read_cards(HERE), read_results(PAIRS)))


def page(cards, paired):
    """Return the page (Markdown) on the models whose cards these are, {name: card}, and on how they compare to others."""
    return fill_template(HERE, {
        "quality": quality(), "setting": describe_run(cards["svm"]), "accuracy": _accuracy(cards, paired),
        "commands": list_commands(cards, sorted(cards))})


def quality():
    """Return a table of PSNR and SSIM at 12 -> 48 pixels, from the cards of the generators that ship."""
    from featfer.superres.generators import read_card
    figures = {name: read_card(name)[1]["figures"] for name in GENERATORS}
    ways = {"bicubic": figures["srresnet"], "lanczos": figures["srresnet"], **figures}
    rows = [[name if name in GENERATORS else name.capitalize(),
             *(f"{of[split][name if name not in GENERATORS else 'generator'][what]:{form}}"
               for split in ("val", "test") for what, form in (("psnr", ".2f"), ("ssim", ".4f")))] for name, of in ways.items()]
    return markdown_table(["", "PSNR val, dB", "SSIM val", "PSNR test, dB", "SSIM test"], rows)


def _accuracy(cards, paired):
    rows = [[title, WAYS[way], *_figures(cards[model + way]), *_against(paired.get(model + way))]
            for model, title in MODELS.items() for way in WAYS if model + way in cards]
    return markdown_table(["", "images", "val", "test", "test without copies", "right only as they are", "right only enlarged",
                           "p"], rows)


def _figures(card):
    val, test = card["figures"]["val"], card["figures"]["test"]
    return percent(val["accuracy"]), f"**{percent(test['accuracy'])}**", percent(test["copies"]["accuracy_without"])


def _against(pair):
    return ("", "", "") if pair is None else (pair["only_one"], pair["only_other"], f"{pair['p']:.3f}")


if __name__ == "__main__":
    main()
