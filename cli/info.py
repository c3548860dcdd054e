"""featfer info"""

import click
from featfer_cli import options


@click.command()
@click.argument("file", default="stages")
@options.as_json
def info(file, as_json):
    """Show what a model is, from its card: nothing is loaded, no code run.

    \b
    featfer info
    featfer info svm.joblib
    featfer info mlp --json
    """
    from featfer.bundle import find_bundle, read_card
    from featfer.errors import BundleError

    path, card = find_bundle(file), read_card(file)
    if as_json:
        return options.print_json(card)
    try:
        lines = list(_lines(path, card))
    except KeyError as error:
        raise BundleError(f"{path}: its card has no {error}; see what it has with --json") from None
    for name, text in lines:
        click.echo(f"{name:11} {text}")


def _lines(path, card):
    data = card["data"]
    yield "file", f"{path} ({card['bytes'] / 1e6:.1f} MB)"
    kind = "regressor" if "regressor" in card else "classifier"
    yield kind, f"{card[kind]}, parameters {card['params'] or 'as by default'}"
    if "members" in card:
        yield "members", "; ".join(f"{m['name']}: {m['classifier']} {m['params']}" for m in card["members"])
    yield "features", "; ".join(f"{f['feature']} {f['params']}" for f in card["features"])
    if kind == "regressor":
        yield "outputs", f"{', '.join(card['outputs'])}, learnt from {card['data']['truth']}"
    else:
        yield "labels", ", ".join(card["labels"]["names"])
    yield "trained on", f"{data['source']}, {data['rows']:,} faces, seed {card['seed']}, {card['date']}"
    yield "command", card["command"]
    yield "machine", card["machine"]
    yield "libraries", ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    yield "sha256", card["sha256"]
    for result in card["figures"].values():
        yield "figures", options.describe(result)
