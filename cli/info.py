"""featfer info"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from featfer_cli import layout, options, printing
from featfer_cli.values import NameOrFile

from featfer.superres import SHIPPED
from featfer.utils.fitted_files import SHIPPED as FITTED
from featfer.utils.words import count


@click.command()
@click.argument("file", default="photos", metavar="[MODEL]", type=NameOrFile([*options.model_type.names, *FITTED, *SHIPPED]))
@click.option("--check", is_flag=True,
              help="Load the model, and compare its predictions for the golden rows with those in the card.")
@options.as_json
def info(file: str, check: bool, as_json: bool) -> None:
    """Describe a model from its card. The model is not loaded, and no code in it is run.

    \b
    featfer info
    featfer info svm.joblib
    featfer info mlp --json
    featfer info svm.skops --check
    featfer info srgan
    """
    from featfer.bundle.persist import find_bundle, read_card
    from featfer.bundle.shipped import read_network_card
    from featfer.superres.generators import read_card as read_generators

    if check:
        return _check(file, as_json)
    is_generator = file in SHIPPED or file.endswith(".npz")
    if file in FITTED:
        path, card = read_network_card(file)
    else:
        path, card = read_generators(file) if is_generator else (find_bundle(file), read_card(file))
    if as_json:
        return printing.print_json(card)
    describe = _describe_network if file in FITTED else _describe_generator if is_generator else _describe_model
    for name, text in list(describe(path, card)):
        layout.echo_wrapped(f"{name:11} {text}", 12)


def _check(file: str, as_json: bool) -> None:
    from featfer.bundle.persist import check

    found = check(file)
    if as_json:
        return printing.print_json(found)
    click.echo(f"{count(found['rows'], 'golden row')}, largest difference of an answer {found['difference']:.2g}"
               if found else "Its card has no golden rows to compare with; models saved by this featfer have them")


def _describe_model(path: Path, card: dict[str, Any]) -> Iterator[tuple[str, str]]:
    from featfer.features.base import describe_fingerprint
    data = card["data"]
    yield "file", f"{path} ({card['bytes'] / 1e6:.1f} MB)"
    kind = "regressor" if "regressor" in card else "classifier"
    yield kind, f"{card[kind]}, parameters {card['params'] or 'as by default'}"
    if "members" in card:
        yield "members", "; ".join(f"{m['name']}: {m['classifier']} {m['params']}" for m in card["members"])
    yield "features", "; ".join(map(describe_fingerprint, card["features"]))
    if kind == "regressor":
        yield "outputs", f"{', '.join(card['outputs'])}, learnt from {card['data']['truth']}"
    else:
        untrained = ", ".join(card["labels"].get("untrained", ()))
        yield "labels", ", ".join(card["labels"]["names"]) + (f" (trained without images of {untrained})" if untrained else "")
    if card.get("prior"):
        yield "prior", printing.describe_shares(card["prior"])
    yield "trained on", f"{data['source']}, {count(data['rows'], 'face')}, seed {card['seed']}, {card['date']}"
    yield "command", card["command"]
    yield "machine", card["machine"]
    yield "libraries", ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    yield "sha256", card["sha256"]
    yield from _describe_use(card)
    if "export" in card:
        checked = card["export"]["checked"]
        yield "exported", (f"as {card['export']['form']}, on {count(checked['rows'], 'row')} within "
                           f"{checked['difference']:.2g} of the model of sha256 {str(card['export']['of'])[:16]}...")
    if data.get("uncalibrated_because"):
        yield "calibrated", f"no: {data['uncalibrated_because']}"
    for result in card["figures"].values():
        yield "figures", printing.describe_figures(result)


def _describe_use(card):
    """Say what a model that ships is for, and what not."""
    for key, name in (("uses", "for"), ("not_for", "not for")):
        if card.get(key):
            yield name, card[key]


def _describe_making(card: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Say how a network was made, and what it is for."""
    yield "command", card["command"]
    yield "machine", card["machine"]
    yield "libraries", ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    yield "sha256", card["sha256"]
    yield from _describe_use(card)


def _describe_network(path: Path, card: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "file", f"{path} ({card['bytes'] / 1e6:.1f} MB)"
    yield "network", f"dlib's, fine-tuned on {card['source']} for {count(len(card['history']), 'epoch')}, {card['date']}"
    yield from _describe_making(card)
    for split, figures in card["figures"].items():
        images = count(figures["images"], "image")
        yield "figures", f"{split}, by its last layer: accuracy {figures['accuracy']:.2%} of {images}"


def _describe_generator(path: Path, card: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "file", f"{path} ({card['bytes'] / 1e6:.1f} MB)"
    yield "generator", (f"{card['generator']}, {card['scale']} times, {count(card['width'], 'channel')}, "
                        f"{count(card['blocks'], 'block')}")
    yield "limits", card["limits"]
    yield "trained on", f"{card['source']}, {count(card['rows'], 'face')}, seed {card['recipe']['seed']}, {card['date']}"
    yield from _describe_making(card)
    for split, figures in card["figures"].items():
        methods = [f"{name} PSNR {one['psnr']:.2f} dB, SSIM {one['ssim']:.4f}" for name, one in figures.items()
                   if name != "images"]
        yield "figures", f"{split}, {count(figures['images'], 'face')}: {'; '.join(methods)}"
