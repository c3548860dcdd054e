"""The records of data sets in a store: names, content keys, labels and splits of their images."""

from __future__ import annotations

import json
import os
import pathlib
from contextlib import suppress
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from featfer.datasets.faceset import ANNOTATIONS, FaceSet, get_annotations
from featfer.errors import StoreError
from featfer.labels import record_label_set
from featfer.store.files import get_change_time, read_record
from featfer.utils.npz import write_arrays
from featfer.utils.requiring import require


class SourceRecords:
    """The part of a Store that keeps the records of data sets, in the folder `sources`."""

    folder: pathlib.Path

    def put_source(self, faceset: FaceSet) -> None:
        """Record the rows of a data set.

        Parameters
        ----------
        faceset : FaceSet
        """
        path = self._source_path(faceset.digest)
        meta = {"name": faceset.name or faceset.path.name, **record_label_set(faceset.label_set), "drawn": faceset.split_plan,
                "skipped": faceset.skipped, "kind": faceset.kind, "notes": faceset.notes,
                "path": os.path.abspath(faceset.path)}
        if stamp := getattr(faceset.digest, "stamp", ""):
            meta["stamp"] = stamp
        write_arrays(path, compressed=True, ids=faceset.ids, keys=faceset.keys, labels=faceset.labels, splits=faceset.splits,
                     meta=json.dumps(meta), **dict[str, Any](get_annotations(faceset)))

    def records(self) -> list[pathlib.Path]:
        """List the paths of all records."""
        return sorted((self.folder / "sources").glob("*.npz"))

    def source(self, digest: str) -> tuple[pd.DataFrame, dict[str, Any]] | None:
        """Read the record of a data set.

        Parameters
        ----------
        digest : str

        Returns
        -------
        tuple or None
            Rows (a DataFrame of id, key, label and split) and metadata (dict); None if there is no record.
        """
        path = self._source_path(digest)
        if not path.exists():
            return None
        arrays, meta = read_record(path)
        rows = pd.DataFrame({"id": arrays["ids"], "key": arrays["keys"], "label": arrays["labels"], "split": arrays["splits"]})
        return rows, meta

    def require_source(self, digest: str) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Read the record of a data set as `source` does.

        Parameters
        ----------
        digest : str

        Raises
        ------
        StoreError
            When there is no record.
        """
        record = self.source(digest)
        if record is None:
            raise StoreError(f"{self.folder}: no record of source {digest[:8]} any more; run the same `featfer extract` again")
        return record

    def find_source(self, name: str | None = None) -> str:
        """Find the digest of a data set.

        Parameters
        ----------
        name : str, optional
            Its name (the newest of several) or the start of its digest. By default the store must have only one.

        Returns
        -------
        str

        Raises
        ------
        StoreError
            When there is none, or more than one.
        """
        require(name, (str, type(None)), "source", "the name of a data set in the store")
        paths = sorted(self.records(), key=get_change_time)
        newest = {read_record(path)[1]["name"]: path.stem for path in paths}
        if name is None:
            chosen = list(newest.values())
        else:
            chosen = [newest[name]] if name in newest else [path.stem for path in paths if path.stem.startswith(name)]
        if len(chosen) == 1:
            return chosen[0]
        listing = ", ".join(f"{title} ({digest[:8]})" for title, digest in newest.items()) or "nothing"
        raise StoreError(f"{self.folder}: {'no source' if not chosen else 'more than one source'}"
                         f"{f' named {name!r}' if name else ''}; it holds {listing}. Choose with --source NAME")

    def touch_source(self, digest: str) -> None:
        """Make a data set the newest of its name; without permission to write, do nothing.

        Parameters
        ----------
        digest : str
        """
        with suppress(OSError):
            os.utime(self._source_path(digest))

    def _read_annotations(self, digest: str) -> dict[str, NDArray[Any]]:
        """Return {name: array} of the ANNOTATIONS that a data set has."""
        return {name: array for name, array in read_record(self._source_path(digest))[0].items() if name in ANNOTATIONS}

    def _source_path(self, digest: str) -> pathlib.Path:
        return self.folder / "sources" / f"{digest}.npz"
