"""What the action units of neutral faces measure: the reference that ships as featfer/features/neutral.json.

    featfer extract fer2013.csv --store store --features landmarks
    python -m benchmarks.action_units.neutral --store store --out neutral.json

Copied over featfer/features/neutral.json, another reference changes every action unit: their key in a store, and in bundles.
"""

import json

import click
import numpy as np

from featfer.faces import FOUND
from featfer.features import Landmarks
from featfer.features.action_units import NAMES, measure
from featfer.store.files import find_keys
from featfer.store.store import Store
from featfer.utils.files import write_text

NORMAL = 1.4826  # the standard deviation of a normal distribution, in median absolute deviations


def write_neutral(store, path, source=None):
    """Measure the found faces of a store's training split that are labelled neutral, and write median and deviation as JSON.

    store: path of a store with the feature landmarks; path: of the file to write; source: which one, where the store holds
    several. The deviation is the median absolute one, times 1.4826: landmarks that slipped do not count. Returns what was
    written; raises StoreError where the store does not hold that.
    """
    held = Store(store)
    digest = held.find_source(source)
    table = held.table(find_keys(held, [Landmarks()], digest), digest).split("train")
    faces = table.rows((table.status == FOUND) & (table.labels == table.label_set.index("neutral")))
    units = measure(points_of(faces))
    median = np.median(units, axis=0)
    deviation = NORMAL * np.median(np.abs(units - median), axis=0)
    record = {"faces": f"{len(faces):,} neutral training faces of {table.source}",
              "units": {name: {"median": round(m, 5), "deviation": round(d, 5)}
                        for name, m, d in zip(NAMES, median.tolist(), deviation.tolist(), strict=True)}}
    write_text(path, json.dumps(record, indent=1) + "\n")
    return record


def points_of(table):
    """Return the landmarks of a FeatureTable of them in pixels of the images, float (n, 68, 2)."""
    corner, size = table.boxes[:, None, :2], (table.boxes[:, 2:] - table.boxes[:, :2])[:, None]
    return table.features[:, :136].reshape(-1, 68, 2) * size + corner


@click.command()
@click.option("--store", required=True, metavar="DIR", help="A store with the feature landmarks of FER2013.")
@click.option("--out", required=True, metavar="FILE.json", help="Where the reference goes.")
def main(store, out):
    """Measure the action units of a store's neutral training faces."""
    click.echo(f"{out}: {write_neutral(store, out)['faces']}")


if __name__ == "__main__":
    main()
