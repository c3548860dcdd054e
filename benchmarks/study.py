"""Write benchmarks/study.md, with its pictures, from the cards that `featfer benchmark` left beside it.

    featfer benchmark benchmarks/study.toml --source fer2013.csv --work work
    python benchmarks/study.py [--source fer2013.csv --work work]

With --source and --work it first looks anew at which parts of the face carry the decision of the default model, how it fares
where the detector found nothing, and how fast it is (parts.json, status.json, pace.json); without, it takes those as they are.
"""

import argparse
import json
import string
import time
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from featfer.files import write_text, written_whole
from featfer.plots import COLOURS
from featfer.report import markdown_table, percent

HERE = Path(__file__).parent
FOLDER = HERE / "study"
STAGES = ("32x35x35", "64x17x17", "128x8x8", "256x4x4", "256x2x2", "embedding")
CLASSIFIERS = {"logistic": "linear (logistic regression)", "svm": "SVM (RBF)", "mlp": "MLP with 1024 hidden units"}
COMPONENTS = (64, 128, 256, 512)
FACES = (1000, 3000, 10000, 28709)
GROUPS = {  # tables of the page: what each model is, by name
    "classical": {
        "landmarks": "68 landmarks", "geometry": "landmark geometry", "hog": "HOG", "geometry-hog": "landmark geometry + HOG",
        "lbp": "LBP", "gabor": "Gabor", "pixels": "pixels", "bovw": "bag of visual words"},
    "inputs": {
        "128x8x8-svm": "128x8x8 whole, chips aligned by 5 points", "aligned-68": "chips aligned by 68 points",
        "aligned-none": "not aligned", "pooled-4x4": "means over 4x4", "pooled-2x2": "means over 2x2",
        "pooled-1x1": "means over the whole map"},
    "classifiers": {
        "128x8x8-svm": "SVM (RBF)", "128x8x8-mlp": "MLP", "128x8x8-logistic":
        "logistic regression, whole map", "linear-svm": "linear SVM, whole map", "lda": "LDA", "knn": "k nearest neighbours"},
    "views": {
        "128x8x8-svm": "SVM, no views", "tta-only": "SVM, averaged over the flip",
        "flips-svm": "SVM, both", "128x8x8-logistic": "logistic, no views", "flips-logistic": "logistic, both",
        "128x8x8-mlp": "MLP, no views", "flips-mlp": "MLP, both", "jitter-mlp": "MLP, trained on random views too"},
    "blends": {
        "flips-svm-64x17x17": "SVM on 64x17x17, means over 8x8", "default-svm": "SVM on 128x8x8",
        "flips-svm-256x4x4": "SVM on 256x4x4",
        "flips-mlp-stages": "MLP on these three", "jitter-mlp": "MLP on 128x8x8, random views",
        "blend": "vote of these and the bag of visual words",
        "mixup-mlp-stages": "MLP on these three, trained slower and on mixed pairs (mixup)",
        "vote": "vote of the three SVMs, this MLP and the bag of visual words: the best on val",
        "vote-of-six": "the same and the MLP on 128x8x8",
        "backbone-logistic": "fine-tuned network, 256x2x2, logistic", "backbone-svm": "fine-tuned network, 256x4x4, SVM",
        "backbone-128x8x8": "fine-tuned network, 128x8x8, SVM",
        "backbone-mlp": "fine-tuned network, 256x4x4, MLP",
        "backbone-vote": "vote of these but the logistic one",
        "backbone-blend": "vote of the same three, the three SVMs and the two MLPs on frozen maps",
        "stages": "shipped as default: SVM and MLP on 128x8x8",
        "small": "shipped as small: MLP on few components"},
}
HEADLINE = {  # by model: what it is, figures published or measured before, aim and high aim, all % of test
    "geometry": ("landmarks alone, SVM", "39.2", 50, 55),
    "hog": ("HOG alone, SVM", "29.0", 58, None),
    "geometry-hog": ("landmarks + HOG, SVM", "48.2, 50.5", 60, 65),
    "bovw": ("bag of visual words, SVM", "67.48", 64, 67.5),
    "flips-logistic": ("one frozen stage, linear", "", 67.5, 70),
    "default-svm": ("one frozen stage, SVM", "", 73.5, 75),
    "flips-mlp": ("one frozen stage, MLP 512-1024-7", "", 72.5, 74),
    "vote": ("frozen features, best blend on val", "70.49 (CNN), 73.28 (VGG)", 75, 76.9),
    "backbone-blend": ("with the network fine-tuned", "74.14, 75.42", 75, 77),
}
SIDE, PATCHES, SAMPLE = 150, 6, 500  # of a chip; patches a side; faces of val that are looked at with a patch covered


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source")
    parser.add_argument("--work", type=Path)
    args = parser.parse_args()
    if args.source and args.work:
        write_text(FOLDER / "status.json", json.dumps(by_status(args.work / "store"), indent=1) + "\n")
        write_text(FOLDER / "pace.json", json.dumps(by_pace(args.source), indent=1) + "\n")
        write_text(FOLDER / "parts.json", json.dumps(by_part(args.source)) + "\n")
    cards = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
    draw_stages(cards)
    draw_curves(cards)
    draw_parts(cards["parts"])
    write_text(HERE / "study.md", page(cards))


def clean(card, split="val"):
    """Return the accuracy of a card, %, on the images of a split that have no copy in the training split."""
    return 100 * card["figures"][split]["copies"]["accuracy_without"]


def by_status(store):
    """Return {split: {status: [images, accuracy]}} of the default model."""
    from featfer import load
    from featfer.training import open_table
    recognizer = load()
    table, found = open_table(store, recognizer.features), {}
    for split in ("val", "test"):
        rows = table.split(split)
        right = recognizer.probabilities(rows.features).argmax(axis=1) == rows.labels
        found[split] = {str(status): [int((rows.status == status).sum()), float(right[rows.status == status].mean())]
                        for status in np.unique(rows.status)}
    return found


def by_pace(source):
    """Return {model: faces a second} of what ships, from images to expressions, detection included, all cores."""
    from featfer import load
    from featfer.datasets import find_dataset
    faceset, found = find_dataset(source).load(source, False), {}
    images = [faceset.images[row].read() for row in range(SAMPLE)]
    for name in ("stages", "small", "svm"):
        recognizer = load(name)
        recognizer.predict(images[:32])
        start = time.perf_counter()
        recognizer.predict(images)
        found[name] = round(len(images) / (time.perf_counter() - start))
    return found


def by_part(source):
    """Return what covering a part of the chip costs the default model on faces of val drawn at random: a dict of images, the
    accuracy uncovered, and the accuracy with a grey patch at each place of a grid (rows); the mean chip as rows of grey."""
    from featfer import find_faces, load
    from featfer.datasets import find_dataset
    from featfer.explaining.covering import Inputs
    from featfer.progress import bar
    recognizer, faceset = load(), find_dataset(source).load(source, False)
    rows = np.flatnonzero(faceset.splits == "val")
    rows = np.sort(np.random.default_rng(0).choice(rows, SAMPLE, replace=False))
    faces = [find_faces(faceset.images[row].read(), faceset.single)[0] for row in rows]
    labels, size = faceset.labels[rows], SIDE // PATCHES + 8
    aligned = recognizer.features[0].align
    chips, inputs = [face.chip(aligned) for face in faces], [Inputs(face, recognizer.features) for face in faces]

    def accuracy(faces):
        return float(np.mean([expression.label == faceset.label_set.names[label] for expression, label in zip(
            recognizer.expressions(faces), labels, strict=True)]))

    def covered(top, left):
        return accuracy([seen.covered((left, top, left + size, top + size)) for seen in inputs])
    steps = np.linspace(0, SIDE - size, PATCHES).round().astype(int).tolist()
    grid = [[covered(top, left) for left in steps] for top in bar(steps, desc="covering parts")]
    return {"images": SAMPLE, "uncovered": accuracy(faces), "patch": size, "places": steps, "covered": grid,
            "mean_chip": np.mean([chip[..., 0] for chip in chips], axis=0).round().astype(int).tolist()}


def draw_stages(cards):
    """The finding in one plot: where in a face-recognition network expression lives, and dies."""
    fig, axes = _figure(8, 4.6)
    for colour, (clf, words) in zip(COLOURS, CLASSIFIERS.items(), strict=False):
        axes.plot(STAGES, [clean(cards[f"{stage}-{clf}"]) for stage in STAGES], "o-", color=colour, label=words)
    axes.axhline(clean(cards["pixels"]), color="#888888", linestyle="--", linewidth=1)
    axes.text(0.02, clean(cards["pixels"]) + 0.5, "SVM on pixels", color="#666666", transform=axes.get_yaxis_transform())
    axes.set(ylabel="accuracy on val without copies, %", title="Where expression lives in a network that recognises people",
             xlabel="stage of dlib's face network (channels x height x width), input to output")
    axes.legend(frameon=False, loc="lower left")
    _finish(fig, axes, "stages.png")


def draw_curves(cards):
    """Accuracy by number of components and by number of training faces."""
    fig = Figure(figsize=(9, 3.8), layout="constrained")
    FigureCanvasAgg(fig)
    by_components, by_faces = fig.subplots(1, 2, sharey=True)
    names = ["128x8x8-svm" if count == 512 else f"components-{count}" for count in COMPONENTS]
    by_components.plot(COMPONENTS, [clean(cards[name]) for name in names], "o-", color=COLOURS[0])
    by_components.set(xscale="log", xticks=COMPONENTS, xticklabels=COMPONENTS, xlabel="principal components of 128x8x8",
                      ylabel="SVM on val without copies, %")
    names = ["128x8x8-svm" if count == FACES[-1] else f"faces-{count}" for count in FACES]
    by_faces.plot(FACES, [clean(cards[name]) for name in names], "o-", color=COLOURS[1])
    by_faces.set(xscale="log", xticks=FACES, xticklabels=[f"{count:,}" for count in FACES], xlabel="training faces")
    for axes in (by_components, by_faces):
        axes.minorticks_off()
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    _save(fig, "curves.png")


def draw_parts(parts):
    """Which parts of the face carry the decision: the accuracy lost when each is covered, over the mean chip."""
    fig, axes = _figure(5.4, 4.6)
    lost = 100 * (parts["uncovered"] - np.array(parts["covered"]))
    axes.imshow(parts["mean_chip"], cmap="gray", extent=(0, SIDE, SIDE, 0))
    half, places = parts["patch"] / 2, parts["places"]
    extent = (half - places[1] / 2, places[-1] + half + places[1] / 2, places[-1] + half + places[1] / 2, half - places[1] / 2)
    shown = axes.imshow(lost, cmap="inferno", alpha=0.55, extent=extent, interpolation="bicubic")
    for i, row in enumerate(lost):
        for j, points in enumerate(row):
            axes.text(places[j] + half, places[i] + half, f"{points:.0f}", ha="center", va="center", color="white", fontsize=9)
    axes.set(xlim=(0, SIDE), ylim=(SIDE, 0), title="Points of accuracy lost with a part covered")
    axes.axis("off")
    fig.colorbar(shown, ax=axes, shrink=0.8)
    _save(fig, "parts.png")


def page(cards):
    """Return the page's Markdown."""
    figures = {"setting": setting(cards), "headline": headline(cards), "stages": stages(cards),
               "status": status(cards["status"]), "parts": cards["parts"]["images"], "pace": pace(cards["pace"]),
               "commands": commands(cards),
               **{name: group(cards, rows) for name, rows in GROUPS.items()}}
    return string.Template((HERE / "study.template.md").read_text()).substitute(figures)


def stages(cards):
    """Return a table of every stage with every classifier."""
    head = ["stage", *(f"{words}: {column}" for words in CLASSIFIERS.values() for column in ("val without copies", "test"))]
    rows = [[stage, *(f"{value:.2f}" for clf in CLASSIFIERS for value in (
        clean(cards[f"{stage}-{clf}"]), 100 * cards[f"{stage}-{clf}"]["figures"]["test"]["accuracy"]))] for stage in STAGES]
    return markdown_table(head, rows)


def headline(cards):
    """Return a table of what was aimed at and what was reached."""
    head = ["", "published", "aim", "high aim", "test", "test without copies", "val without copies"]
    rows = [[words, published, aim, high or "", *(percent(value) for value in (
        cards[name]["figures"]["test"]["accuracy"], cards[name]["figures"]["test"]["copies"]["accuracy_without"],
        cards[name]["figures"]["val"]["copies"]["accuracy_without"]))]
        for name, (words, published, aim, high) in HEADLINE.items()]
    return markdown_table(head, rows)


def group(cards, rows):
    """Return a table of some models; rows: what they are, in words, by name."""
    head = ["", "val", "val without copies", "test", "test without copies", "test ECE", "bundle, MB"]
    return markdown_table(head, [[words, *_figures(cards[name])] for name, words in rows.items()])


def _figures(card):
    val, test = card["figures"]["val"], card["figures"]["test"]
    return (percent(val["accuracy"]), percent(val["copies"]["accuracy_without"]), percent(test["accuracy"]),
            percent(test["copies"]["accuracy_without"]), f"{test['ece']:.3f}", f"{card['bytes'] / 1e6:.1f}")


def status(found):
    """Return a table of the default model's accuracy by what the detector said."""
    rows = [[f"{split}, {words}", f"{count:,}", percent(share)] for split, parts in found.items()
            for words, (count, share) in parts.items()]
    return markdown_table(["split, status", "images", "accuracy"], rows)


def pace(found):
    """Return in words how many faces a second the models that ship take."""
    return ", ".join(f"{name} {count}" for name, count in found.items())


def commands(cards):
    """Return a table of the command that makes each model."""
    rows = [[name, f"`{card['command']}`"] for name, card in sorted(cards.items()) if "command" in card]
    return "\n".join(["| model | command |", "| --- | --- |", *(f"| {name} | {command} |" for name, command in rows)])


def setting(cards):
    """Return in words when and with what the models were trained."""
    card = cards["128x8x8-svm"]
    dates = sorted({card["date"] for card in cards.values() if "date" in card})
    libraries = ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    return f"{' to '.join(dict.fromkeys([dates[0], dates[-1]]))}; {card['machine']}; {libraries}"


def _figure(width, height):
    fig = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(fig)
    return fig, fig.add_subplot()


def _finish(fig, axes, name):
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    _save(fig, name)


def _save(fig, name):
    with written_whole(FOLDER / name) as file:
        fig.savefig(file, format="png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
