"""The ranges of the maps of the networks that ship on aligned faces, for convolutions in 8 bits.

    python -m benchmarks.speed.ranges fer2013.csv --out ranges.json
    python -m benchmarks.speed.ranges fer2013.csv --network expression --out ranges-expression.json

They stand in featfer/features/dlibnet. Other ranges there change every feature in int8.
"""

import json

import click
import numpy as np

from featfer.datasets import find_dataset
from featfer.faces import find_faces
from featfer.features.dlibnet.feature import network_weights
from featfer.features.dlibnet.graph import build_observed_graph
from featfer.features.dlibnet.ranges import DLIB, RANGES
from featfer.utils.files import write_text
from featfer.utils.openvino import Core
from featfer.utils.progress import bar

FACES = 2048   # evenly over the training split
BATCH = 32
VALUES = 5000  # of each map, drawn at random from each batch
SHARES = np.linspace(0.2, 1, 33)  # of the largest value: the ranges that are tried


def write_ranges(source, network, path):
    """Choose the range of each map on FACES training faces of a data set, and their mirror images, and write them as JSON.

    source: path of the data set; network: one of RANGES; path: of the file to write. Returns what was written.
    """
    data = find_dataset(source).load(source)
    train = np.flatnonzero(data.splits == "train")
    chosen = train[np.unique(np.linspace(0, len(train) - 1, FACES).round().astype(int))]
    chips = np.stack([find_faces(data.images[i].read(), single=True)[0].chip() for i in bar(chosen, desc="faces")])
    maps = sample_maps(network, np.concatenate([chips, chips[:, :, ::-1]]))
    ranges = {name: round(choose_range(values), 5) for name, values in maps.items()}
    record = {"faces": f"{len(chips):,} training faces of {source} and their mirror images", "ranges": ranges}
    write_text(path, json.dumps(record, indent=1) + "\n")
    return record


def sample_maps(network, chips):
    """Return some values of each map of the network, {name: float32 array}, of chips, uint8 (n, 150, 150, 3)."""
    graph, names = build_observed_graph(network_weights(network))
    compiled = Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    random, found = np.random.default_rng(0), {name: [] for name in names}
    for at in bar(range(0, len(chips), BATCH), desc="network"):
        for name, values in zip(names, compiled([chips[at:at + BATCH]]).values(), strict=True):
            found[name].append(random.choice(values.ravel(), VALUES))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def choose_range(values):
    """Return the largest absolute value, out of SHARES of that of some values, with the least squared error of 8 bits."""
    least, most = (-128, 127) if values.min() < 0 else (0, 255)
    candidates = np.abs(values).max() * SHARES
    errors = [np.square(np.clip(np.round(values / step), least, most) * step - values).mean() for step in candidates / most]
    return float(candidates[np.argmin(errors)])


@click.command()
@click.argument("source")
@click.option("--network", type=click.Choice(list(RANGES)), default=DLIB, show_default=True)
@click.option("--out", required=True, metavar="FILE.json", help="Where the ranges go.")
def main(source, network, out):
    """Choose the ranges of a network's maps on a data set's training faces."""
    click.echo(f"{out}: {write_ranges(source, network, out)['faces']}")


if __name__ == "__main__":
    main()
