"""featfer table"""

from __future__ import annotations

from typing import Any

import click
from featfer_cli import feature_options, files, options

from featfer.utils.words import count


@click.command()
@options.store
@options.out("FILE.npz", "Where the table goes.", required=True)
@feature_options.features
@options.source
def table(store: str, out: str, source: str | None, **features: Any) -> None:
    """Write the features of a store to one file, which can be shared without the images.

    It holds features (float16), labels, splits, boxes and groups of duplicates; `train`, `evaluate` and `report` take it as
    --store.

    \b
    featfer table --store store --out fer2013.npz
    """
    from featfer.store.opening import open_table
    from featfer.utils.outputs import TABLE

    files.check_output(out, TABLE)
    rows = open_table(store, feature_options.FeatureOptions(**features).make(), source)
    rows.save(out)
    click.echo(f"Wrote {out}: {count(len(rows), 'face')}, {count(rows.features.shape[1], 'column')}")
