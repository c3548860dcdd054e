"""Reading the tables that `featfer analyze` writes: a row for each face in each frame of a film."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from featfer.analysis.reading import WHOLE, read_file
from featfer.analysis.table import TEXTS
from featfer.errors import DataError, ParameterError
from featfer.prediction import formats
from featfer.prediction.formats import AFTER_EXPRESSIONS
from featfer.utils.cells import unescape_cell
from featfer.utils.requiring import require

if TYPE_CHECKING:
    import pandas as pd

Tables: TypeAlias = "str | Path | pd.DataFrame | Sequence[str | Path | pd.DataFrame]"
"""Tidy tables, or the names of their files; several in a list or tuple."""

NEEDED = ("film", "frame", "time_s", "person", "status", "label", "novelty")
AFFECT = ("valence", "arousal")
HEAD = ("pitch", "yaw", "roll")
FOLDER = "folder"  # the column that is added: where the file of a row was
UNIT = re.compile(r"AU\d+(/\d+)?")


def read_tables(tables: Tables) -> pd.DataFrame:
    """Read tables of recordings into one.

    Parameters
    ----------
    tables : str, Path, pandas.DataFrame or list of them
        Files (.csv or .parquet) that `featfer analyze` wrote, or what `featfer.analyze` returned.

    Returns
    -------
    pandas.DataFrame
        All rows, by film and time, and a column `folder`: where the file was, as persons are numbered anew in each folder.

    Raises
    ------
    DataError
        When a file cannot be read or is no such table, or when a film is in two tables.
    """
    import pandas
    tables = list(tables) if isinstance(tables, (list, tuple)) else [tables]
    if not tables:
        raise ParameterError("no tables; name those that `featfer analyze` wrote")
    read: list[pd.DataFrame] = []
    homes: dict[str, str] = {}
    for table in tables:
        require(table, (str, os.PathLike, pandas.DataFrame), "table",
                "a file that `featfer analyze` wrote, or what featfer.analyze returns")
        name = "the table" if isinstance(table, pandas.DataFrame) else str(table)
        rows = _check_table(table.copy() if isinstance(table, pandas.DataFrame) else _read_file(Path(table)), name)
        for film in rows["film"].unique():
            if film in homes:
                raise DataError(f"{name}: film {film} is in {homes[film]} already; give each film once")
            homes[film] = name
        folder = "" if isinstance(table, pandas.DataFrame) else str(Path(table).parent)
        read += [of.sort_values("time_s", kind="stable").assign(folder=folder) for _, of in rows.groupby("film", sort=False)]
    _check_columns(read)
    return pandas.concat(read, ignore_index=True)


def list_expressions(table: pd.DataFrame) -> list[str]:
    """List the columns of a table that are probabilities of expressions.

    Parameters
    ----------
    table : pandas.DataFrame

    Returns
    -------
    list of str
    """
    return formats.list_expressions(name for name in table.columns if name != FOLDER)


def list_units(table: pd.DataFrame) -> list[str]:
    """List the columns of a table that are intensities of action units.

    Parameters
    ----------
    table : pandas.DataFrame

    Returns
    -------
    list of str
    """
    return [name for name in table.columns if UNIT.fullmatch(name)]


def _read_file(path: Path) -> pd.DataFrame:
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise DataError(f"{path}: its name does not end in .csv or .parquet; give one that `featfer analyze` wrote")
    return read_file(path)


def _check_table(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a table with the types that its columns should have."""
    import pandas
    if missing := [column for column in NEEDED if column not in rows.columns]:
        raise DataError(f"{name}: no column {missing[0]!r}; give a table that `featfer analyze` wrote")
    rows = rows.reset_index(drop=True)
    numbers = [column for column in rows.columns if column not in (*TEXTS, *WHOLE) and (
        column == "time_s" or column in list_expressions(rows) or AFTER_EXPRESSIONS.fullmatch(column))]
    for column in [*numbers, *(column for column in WHOLE if column in rows.columns)]:
        try:
            rows[column] = pandas.to_numeric(rows[column]).astype("Int64" if column in WHOLE else float)
        except (TypeError, ValueError) as error:
            raise DataError(f"{name}: column {column!r} is not all numbers ({error!s:.80}); give the table as it was "
                            "written") from None
    if rows[["film", "frame", "time_s", "status"]].isna().any(axis=None):
        raise DataError(f"{name}: a row has no film, frame, time or status; give the table as it was written")
    if rows.empty or not list_expressions(rows):
        raise DataError(f"{name}: {'no rows' if rows.empty else 'no expressions after novelty'}; give a table that "
                        "`featfer analyze` wrote")
    rows["film"] = rows["film"].map(unescape_cell)
    return rows


def _check_columns(tables: list[pd.DataFrame]) -> None:
    first = tables[0]
    for table in tables[1:]:
        if list_expressions(table) != list_expressions(first):
            raise DataError(f"{table['film'].iloc[0]}: its expressions, {', '.join(list_expressions(table))}, are not those of "
                            f"{first['film'].iloc[0]}, {', '.join(list_expressions(first))}; analyze all films with one model")
