"""Some columns of a tidy table: of one in memory, of its parts, or of its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from featfer.analysis.table import TEXTS
from featfer.errors import DataError, MissingError
from featfer.utils.environment import name_install_command
from featfer.utils.files import open_regular

if TYPE_CHECKING:
    import pandas as pd

Table: TypeAlias = "pd.DataFrame | Iterable[pd.DataFrame] | str | Path"
"""A tidy table: in memory, in parts, or the name of its file."""

WHOLE = ("frame", "track", "person")


def read_columns(table: Table,
                 choose: Callable[[list[str]], Iterable[str]]) -> pd.DataFrame:
    """Return columns of a tidy table.

    Parameters
    ----------
    table : pandas.DataFrame, iterable of pandas.DataFrame, str or Path
        The table; its parts, which are read once; or its file, .parquet or .csv.
    choose : function
        Of the list of all columns; returns those that are wanted. Those that the table lacks are left out.

    Returns
    -------
    pandas.DataFrame
        Sorted by frame and track; these and persons are Int64.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    import pandas as pd
    if isinstance(table, str | Path):
        frame = read_file(Path(table), choose)
    elif isinstance(table, pd.DataFrame):
        frame = _select(table, choose)
    else:
        parts = iter(table)
        first = next(parts, pd.DataFrame(columns=["frame"]))
        frame = pd.concat([_select(part, choose) for part in chain([first], parts)], ignore_index=True)
    frame = frame.astype({column: "Int64" for column in WHOLE if column in frame})
    return frame.sort_values([column for column in WHOLE[:2] if column in frame], kind="stable", ignore_index=True)


def _select(frame: pd.DataFrame, choose: Callable[[list[str]], Iterable[str]]) -> pd.DataFrame:
    wanted = set(choose(list(frame.columns)))
    return frame[[column for column in frame.columns if column in wanted]]


def read_file(path: Path, choose: Callable[[list[str]], Iterable[str]] = list) -> pd.DataFrame:
    """Read a tidy table from its file.

    Parameters
    ----------
    path : Path
        .parquet, or else read as csv.
    choose : function, optional
        As for `read_columns`; by default all columns are read.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DataError, MissingError
        When it is no such table; without pyarrow for a .parquet file.
    """
    import pandas as pd
    try:
        with open_regular(path) as file:
            if path.suffix.lower() == ".parquet":
                import pyarrow.parquet as parquet
                names = parquet.read_schema(file).names
                wanted = set(choose(names))
                file.seek(0)
                return pd.read_parquet(file, columns=[name for name in names if name in wanted])
            names = list(pd.read_csv(file, nrows=0, encoding="utf-8-sig").columns)
            file.seek(0)
            return pd.read_csv(file, usecols=set(choose(names)) & set(names), dtype=dict.fromkeys(TEXTS, str),
                               encoding="utf-8-sig", keep_default_na=False, na_values=[""], low_memory=False)
    except ImportError as error:
        raise MissingError(f"{path}: pyarrow cannot be imported ({error}): {name_install_command('video')}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (ValueError, ArithmeticError, LookupError) as error:  # parsers of pandas and pyarrow raise children of ValueError
        raise DataError(f"{path}: is no table of featfer analyze ({str(error).partition(chr(10))[0]:.100})") from None
