"""The options that several commands share, and how they print."""

import functools
import json
import shlex
import sys

import click

QUICK = 600  # seconds; a model that took longer to make is not replaced unasked

store = click.option("--store", required=True, metavar="PATH",
                     help="Folder of the feature store; to read: also a table (.npz), or fer2013, the one that ships.")
source = click.option("--source", metavar="NAME", help="Which source, when the store holds several.")
seed = click.option("--seed", default=0, show_default=True, help="Of all that is drawn at random.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
detector = click.option("--detector", default="hog", show_default=True, metavar="NAME",
                        help="What finds the faces: hog, mmod (turned faces too, slow), haar, mtcnn, or whole (the image is "
                             "one face).")
codes = click.option("--codes", metavar="SET", help="Whose numbers the labels are, where they are numbers: fer2013, "
                     "ckextended, affectnet, ferplus, raf-db, ck+, or own, which keeps them.")
smallest_face = click.option("--smallest-face", type=click.IntRange(20, 2000), metavar="PIXELS",
                             help="Look for faces from this width on in photos; a smaller one takes longer.  [default: of "
                                  "hog 100 in large photos, down to 40 in small ones]")
no_face = click.option("--no-face", type=click.Choice(["skip", "whole", "error"]), default="skip", show_default=True,
                       help="Where no face is found: skip the image and say so at the end, take the whole image for a face "
                            "(for those that were cut out before), or an error.")
labels = click.option("--labels", metavar="SET",
                      help="In the labels of another set: fer6, fer3, polarity3 ..., or of a .toml file.")
overwrite = click.option("--overwrite", is_flag=True, help="Replace what --out names, also where it took long to make.")
no_verify = click.option("--no-verify", is_flag=True, help="Load a bundle whose sha256 is not its card's. Loading runs code "
                                                           "from the file: only for files that you trust.")


def _feature_options(help, **several):
    """Return what adds --features, --align, --network, --backend, --precision, --superres, --device to a command, which gets
    `features`, a function that makes them for each of some views; several: click's settings of a --features that is not given
    once."""
    def add(command):
        @click.option("--features", "names", show_default=True, metavar="LIST", help=help, **several)
        @click.option("--align", default="5", show_default=True, help="Turn faces upright by 5 or 68 landmarks, or none.")
        @click.option("--network", default="dlib", show_default=True, metavar="FILE",
                      help="Of stages: dlib's, or a backbone that `featfer finetune` made.")
        @click.option("--backend", default="torch", show_default=True, help="Of the embedding: torch, or dlib (the reference).")
        @click.option("--precision", default="float32", show_default=True,
                      help="Of the embedding and the generator: float32 or bf16.")
        @click.option("--superres", default="none", show_default=True, metavar="MODEL",
                      help="Enlarge images of up to 64 pixels four times first: srresnet, srgan, FILE.npz (of `featfer "
                           "superres train`), bicubic or lanczos.")
        @click.option("--device", default="cpu", show_default=True, help="For torch: cpu, cuda or cuda:N.")
        @smallest_face
        @functools.wraps(command)
        def with_features(names, align, network, backend, precision, superres, device, smallest_face, **options):
            def make(views=("plain",), words=None, enlarged=None):
                from featfer.features import make_features
                engine = {"network": network, "backend": backend, "precision": precision, "superres": enlarged or superres,
                          "smallest": smallest_face, "device": device}

                def made(words):
                    return [feature for view in views for feature in make_features(words, align=align, view=view, **engine)]
                chosen = words or names
                return made(chosen) if isinstance(chosen, str) else {words: made(words) for words in chosen}
            return command(features=make, **options)
        return with_features
    return add


_LISTING = ("Features, with commas: embedding, stage:MAP (such as stage:128x8x8), landmarks, geometry, action-units, "
            "hog, lbp, gabor, pixels, crop (for networks), bovw:FILE (of `featfer codebook`).")
features = _feature_options(_LISTING, default="embedding")
feature_sets = _feature_options(f"{_LISTING} Repeatable: each is a candidate.", default=["embedding"], multiple=True)


def device():
    """Return the running command's --device."""
    return click.get_current_context().params["device"]


def is_given(name):
    """Say whether an option of the running command stands on its line."""
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def views(name, help):
    """Return an option that takes views of the chip, with commas; the command gets a list."""
    return click.option(name, default="plain", show_default=True, metavar="LIST", help=help,
                        callback=lambda context, option, text: [view.strip() for view in text.split(",")])


def value_of(text):
    """Return what a word stands for: a number, true, false, none, a Python literal, or itself."""
    import ast
    plain = {"true": True, "false": False, "none": None}
    if text.lower() in plain:
        return plain[text.lower()]
    try:
        return ast.literal_eval(text)
    except (MemoryError, RecursionError, SyntaxError, TypeError, ValueError):
        return text


def given_of(command, without=()):
    """Return the words of the running command's line for those of its options that another command has too."""
    context = click.get_current_context()
    shared = {param.name for param in command.params} - set(without)
    given = [param for param in context.command.params if param.name in shared and is_given(param.name)]
    return tuple(word for param in given for word in (param.opts[0], str(context.params[param.name])))


def echo_line(text, err=False):
    """Print a line; what cannot be printed, as names out of files may have it, is escaped."""
    from featfer.errors import in_a_line
    click.echo(in_a_line(text), err=err)


def print_json(data):
    """Print plain data as JSON."""
    click.echo(json.dumps(data, indent=1))


def print_json_array(items):
    """Print plain data as one JSON array, item by item as they come; however it ends, but for kill -9, it is whole JSON."""
    from featfer.utils.progress import without_bars
    before, end = "", "]"
    try:
        click.echo("[", nl=False)
        for item in items:
            with without_bars():
                click.echo(before + json.dumps([item], indent=1)[1:-2], nl=False)
            before, end = ",", "\n]"
    finally:
        click.echo(end)


def command_line():
    """Return the command that is running, as a person would type it to make the same where there is none."""
    return shlex.join(["featfer", *(word for word in sys.argv[1:] if word != "--overwrite")])


def check_output(path, kind, overwrite=True):
    """Raise WriteError, before long work, where an output of the running command cannot be written, or is one of the files that
    stand on its line; kind, overwrite: as for featfer.utils.outputs.check_output."""
    from featfer.utils.outputs import check_output, identities
    given = click.get_current_context().params
    words = [word for name, value in given.items() if name not in ("out", "table") for word in _words(value)]
    check_output(path, kind, identities(words), overwrite)


def check_bundle(path, overwrite):
    """Raise FeatferError, before long work, where a bundle and its card cannot be written; return the bundle's Path.

    overwrite: may a bundle be replaced that took longer than QUICK to make, by its card, or has none
    """
    from featfer.bundle.persist import bundle_path, card_path
    from featfer.utils.outputs import BUNDLE, MODEL_CARD
    path = bundle_path(path)
    check_output(path, BUNDLE, overwrite or _was_quick(path))
    check_output(card_path(path), MODEL_CARD)
    return path


def _was_quick(bundle):
    from featfer.bundle.persist import read_card
    from featfer.errors import BundleError
    try:
        return read_card(bundle).get("seconds", QUICK) < QUICK
    except BundleError:
        return False


def _words(value):
    """Return the words in an option's value, such as may name files."""
    if isinstance(value, str):
        return [value]
    return [word for part in value for word in _words(part)] if isinstance(value, (list, tuple)) else []


def loaded(models, labels, no_verify):
    """Return (name, Recognizer, card) of each bundle, in these labels; the card then names them."""
    from pathlib import Path

    from featfer.bundle.persist import load_recognizer, read_card
    found = [(Path(model).stem, load_recognizer(model, not no_verify, labels), read_card(model)) for model in models]
    return [(name, recognizer, card | {"labels": {"set": recognizer.label_set.name, "names": recognizer.label_set.names}})
            for name, recognizer, card in found]


def keep(recognizer, card, path, what, as_json):
    """Save a recognizer with its card, and print the card, or a line on what was done and its figures."""
    from featfer.bundle.persist import save
    card = save(recognizer, path, card)
    if as_json:
        return print_json(card)
    click.echo(f"{what} in {card['seconds']:.1f} s: {path} ({card['bytes'] / 1e6:.1f} MB)")
    reason = card["data"].get("uncalibrated_because")
    for split, result in card["figures"].items():
        echo_line(describe(result) + (f"; not calibrated: {reason}" if split == "val" and reason else ""))
    if reason and "val" not in card["figures"]:
        click.echo(f"Not calibrated: {reason}; put images in val/, or have `featfer extract --split` draw all splits")
    if untrained := card.get("labels", {}).get("untrained"):
        echo_line(f"No training images of {', '.join(untrained)}: it gives them no probability")


def describe(result):
    """Return a line on the figures of a split, of expressions or of valence and arousal."""
    if "accuracy" not in result:
        return f"{result['split']}: {result['images']:,} images; {'; '.join(_affect(result))}"
    copies = result.get("copies")
    without = ""
    if copies and copies["images"] and copies["accuracy_without"] is not None:
        without = f"; without its {copies['images']} copies of training images {copies['accuracy_without']:.2%}"
    absent = [name for name, of in result.get("classes", {}).items() if not of["support"]]
    of = f" (without {', '.join(absent)}: no images)" if absent else ""
    before = f", {result['uncalibrated_ece']:.3f} before calibration" if "uncalibrated_ece" in result else ""
    return (f"{result['split']}: accuracy {result['accuracy']:.2%} of {result['images']:,} images, macro F1 "
            f"{result['macro']['f1-score']:.2%}{of}{without}; ECE {result['ece']:.3f}{before}")


def _affect(result):
    from featfer.affect.metrics import AFFECT
    for name in AFFECT:
        if of := result.get(name):
            yield (f"{name} RMSE {of['rmse']:.3f}, Pearson correlation {of['pearson']:.3f}, CCC {of['ccc']:.3f}, same sign "
                   f"{of['sign']:.2%}")
