"""The table of a film on disk, as csv and as Parquet, a part after the other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from featfer.analysis.table import make_schema
from featfer.prediction.formats import TIDY, convert_row, list_columns
from featfer.utils.cells import format_rows
from featfer.utils.environment import import_extra
from featfer.utils.files import write_atomically
from featfer.utils.outputs import PARQUET, RECORDING

if TYPE_CHECKING:
    import pandas as pd


def write_tables(frames: Iterable[pd.DataFrame], path: Path, columns: list[str], form: str = TIDY) -> None:
    """Write the rows of a film as csv and, in the tidy form, as Parquet, each whole or not at all.

    Parameters
    ----------
    frames : iterable of pandas.DataFrame
        Its rows, part by part.
    path : Path
        Of the csv file; the other has the suffix .parquet.
    columns : list of str
    form : str
        One of `featfer.prediction.formats.FORMATS`.

    Raises
    ------
    WriteError
        When one of them cannot be written.
    """
    if form == TIDY:
        _write_tidy(frames, path, columns)
    else:
        _write_converted(frames, path, columns, form)


def _write_tidy(frames: Iterable[pd.DataFrame], path: Path, columns: list[str]) -> None:
    pa, pq = (import_extra(module, "video") for module in ("pyarrow", "pyarrow.parquet"))
    schema = make_schema(columns)
    with (write_atomically(path, RECORDING) as text, write_atomically(path.with_suffix(".parquet"), PARQUET) as file,
          pq.ParquetWriter(file, schema) as writer):
        text.write(format_rows([columns]))
        for frame in frames:
            text.write(format_rows(frame.astype(object).where(frame.notna(), None).itertuples(index=False)))
            writer.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False))


def _write_converted(frames: Iterable[pd.DataFrame], path: Path, columns: list[str], form: str) -> None:
    names = list_columns(form, columns)
    with write_atomically(path, RECORDING) as file:
        file.write(format_rows([names]))
        for frame in frames:
            rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
            file.write(format_rows([converted.get(name) for name in names]
                                   for converted in (convert_row(form, row) for row in rows)))
