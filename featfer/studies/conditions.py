"""Who is seen in which film, when, and under which condition: the csv of a study."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from featfer.datasets.tables import find_delimiter, open_table, wrap_text
from featfer.errors import DataError
from featfer.utils.requiring import require_path

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("film", "subject", "condition", "person", "start", "end")
NEEDED = COLUMNS[:3]
Conditions: TypeAlias = "str | Path | pd.DataFrame"
"""The csv of a study, or the same in memory."""

Default = TypeVar("Default", bound=float | None)
WAY_OUT = "it needs film,subject,condition and may have person,start,end"


@dataclass(frozen=True)
class Stretch:
    """A subject in a film, or in a part of it.

    Attributes
    ----------
    film, subject, condition : str
        The condition is "" if there are none.
    person : int or None
        The number in the film's table; None if no person was seen.
    start, end : float
        In seconds of the film; 0 and infinity for all of it.
    is_chosen : bool
        Whether the person is the one seen longest, as the study does not name one.
    """

    film: str
    subject: str
    condition: str
    person: int | None
    start: float = 0.0
    end: float = math.inf
    is_chosen: bool = False


def read_conditions(conditions: Conditions) -> list[Stretch]:
    """Read the csv of a study.

    Parameters
    ----------
    conditions : str, Path or pandas.DataFrame
        With the columns film, subject and condition, and if wanted person, start and end (seconds).

    Returns
    -------
    list of Stretch
        In the order of the rows; the films are as they were written, and a person is None where none is named.

    Raises
    ------
    DataError
        Naming the file, the row and what is wrong.
    """
    import pandas
    if isinstance(conditions, pandas.DataFrame):
        name, rows = "conditions", conditions.astype(object).where(conditions.notna(), "").astype(str)
    else:
        require_path(conditions, "conditions", "the csv of a study, or a DataFrame")
        name, rows = str(conditions), _read_csv(Path(conditions))
    rows = rows.rename(columns=lambda column: str(column).strip().lower())
    if missing := [column for column in NEEDED if column not in rows.columns]:
        raise DataError(f"{name}: no column {missing[0]!r}; {WAY_OUT}")
    if unknown := [column for column in rows.columns if column not in COLUMNS]:
        raise DataError(f"{name}: column {unknown[0]!r:.60} is not known; {WAY_OUT}")
    if rows.empty:
        raise DataError(f"{name}: no rows; {WAY_OUT}")
    return [_parse_row(row, f"{name}, row {number}") for number, row in enumerate(rows.to_dict("records"), 1)]


def place_stretches(wanted: list[Stretch], table: pd.DataFrame) -> list[Stretch]:
    """Find the films of a study in a table, and the persons that it does not name.

    Parameters
    ----------
    wanted : list of Stretch
        As `read_conditions` returns them.
    table : pandas.DataFrame
        As `featfer.studies.reading.read_tables` returns it.

    Returns
    -------
    list of Stretch
        With the table's names of films, and with persons: where none is named, the one seen in most frames of the stretch.

    Raises
    ------
    DataError
        When a film or person is not in the table, a stretch lies outside its film, or stretches overlap.
    """
    films = dict(list(table.groupby("film", sort=False)))
    placed = []
    for stretch in wanted:
        film = _find_film(stretch.film, list(films))
        placed.append(_choose_person(replace(stretch, film=film), films[film]))
    for i, one in enumerate(placed):
        for other in placed[:i]:
            _refuse_overlap(one, other)
    return placed


def list_persons(table: pd.DataFrame) -> list[Stretch]:
    """List every person in every film, for a study without conditions.

    Parameters
    ----------
    table : pandas.DataFrame
        As for `place_stretches`.

    Returns
    -------
    list of Stretch
        By person, then film; the subject is the number of the person, and if the tables come from several folders, that of the
        folder before it.

    Raises
    ------
    DataError
        When nobody is seen.
    """
    seen = table[table["person"].notna()]
    if seen.empty:
        faces = int((table["status"] != "no-face").sum())
        raise DataError(f"{table['film'].iloc[0]}: no row has a person, of {faces:,} rows with a face; nobody was seen long "
                        "enough")
    several = table["folder"].nunique() > 1
    stretches = []
    for (folder, person), rows in seen.groupby(["folder", "person"], sort=True):
        subject = f"{folder}:{person}" if several else str(person)
        stretches += [Stretch(film, subject, "", int(person)) for film in rows["film"].unique()]
    return stretches


def _read_csv(path: Path) -> pd.DataFrame:
    import pandas
    with open_table(path) as file:
        text = wrap_text(file).read()
    try:
        return pandas.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, sep=find_delimiter(text.partition("\n")[0]))
    except (ValueError, LookupError) as error:  # errors of pandas' parser are children of ValueError
        raise DataError(f"{path}: is no csv ({str(error).strip():.80}); {WAY_OUT}") from None


def _parse_row(row: dict[str, Any], where: str) -> Stretch:
    row = {column: str(row.get(column, "")).strip() for column in COLUMNS}
    if empty := [column for column in NEEDED if not row[column]]:
        raise DataError(f"{where}: {empty[0]} is empty; {WAY_OUT}")
    start, end = _parse_number(row["start"], 0.0, where, "start"), _parse_number(row["end"], math.inf, where, "end")
    if start < 0 or start >= end:
        raise DataError(f"{where}: it starts at {start:g} s and ends at {end:g} s; start must be 0 or more, and end after it")
    person = _parse_number(row["person"], None, where, "person")
    if person is not None and (person < 1 or person != int(person)):
        raise DataError(f"{where}: person {row['person']!r} is no number of a person, such as 1; give the number in the table")
    return Stretch(row["film"], row["subject"], row["condition"], None if person is None else int(person), start=start, end=end)


def _parse_number(text: str, default: Default, where: str, what: str) -> float | Default:
    try:
        value: float | Default = float(text) if text else default
    except ValueError:
        value = math.nan
    if value is not None and math.isnan(value):
        raise DataError(f"{where}: {what} {text!r:.40} is no number; leave it empty, or give one such as 12.5")
    return value


def _find_film(name: str, films: list[str]) -> str:
    """Return the film with this path, else with this file name, else with this name without its suffix."""
    for simplify in (str, lambda film: PurePath(film).name, lambda film: PurePath(film).stem):
        found = [film for film in films if simplify(film) == name]
        if len(found) > 1:
            raise DataError(f"film {name}: {found[0]} and {found[1]} have this name; give the path as in the table")
        if found:
            return found[0]
    raise DataError(f"film {name}: not in the tables; they have {', '.join(films):.200}")


def _choose_person(stretch: Stretch, rows: pd.DataFrame) -> Stretch:
    last = rows["time_s"].max()
    if stretch.start > last:
        raise DataError(f"film {stretch.film}: subject {stretch.subject} starts at {stretch.start:g} s, but the last frame is "
                        f"at {last:g} s")
    persons = sorted(int(person) for person in rows["person"].dropna().unique())
    if stretch.person is not None:
        if stretch.person not in persons:
            raise DataError(f"film {stretch.film}: no person {stretch.person}; it has {', '.join(map(str, persons)) or 'none'}")
        return stretch
    within = rows[(rows["time_s"] >= stretch.start) & (rows["time_s"] < stretch.end)]
    counts = within.drop_duplicates(["frame", "person"])["person"].value_counts().sort_index()
    person = int(counts.idxmax()) if len(counts) else None  # of equals, the one with the smaller number
    return replace(stretch, person=person, is_chosen=True)


def _refuse_overlap(one: Stretch, other: Stretch) -> None:
    if one.film != other.film or one.start >= other.end or other.start >= one.end:
        return
    if one.subject == other.subject or one.person == other.person:
        who = f"subject {one.subject}" if one.subject == other.subject else f"subjects {other.subject} and {one.subject}"
        raise DataError(f"film {one.film}: the rows of {who} overlap in time, for person {one.person}; mend start and end, or "
                        "name the person of each")
