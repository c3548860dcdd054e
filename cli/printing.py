"""How commands print."""

import json

import click


def echo_line(text, err=False):
    """Print a line; what cannot be printed, as names out of files may have it, is escaped."""
    from featfer.errors import to_one_line
    click.echo(to_one_line(text), err=err)


def print_json(data):
    """Print plain data as JSON."""
    click.echo(json.dumps(data, indent=1))


def print_json_array(items):
    """Print plain data as one JSON array, item by item as they come; however it ends, but for kill -9, it is whole JSON."""
    from featfer.utils.progress import hide_bars
    before, end = "", "]"
    try:
        click.echo("[", nl=False)
        for item in items:
            with hide_bars():
                click.echo(before + json.dumps([item], indent=1)[1:-2], nl=False)
            before, end = ",", "\n]"
    finally:
        click.echo(end)


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
