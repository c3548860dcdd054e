"""A whole run of `featfer analyze`: films in, and for each a table, a page and the copies that are wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featfer.analysis.analyzing import Analysis
from featfer.analysis.copies import write_copy
from featfer.analysis.viewer import write_viewer
from featfer.analysis.writing import write_tables
from featfer.errors import DataError
from featfer.images.walking import describe_skipped
from featfer.prediction.formats import TIDY
from featfer.prediction.inputs import find_files, is_video
from featfer.utils.environment import import_extra
from featfer.utils.outputs import PARQUET, RECORDING, VIDEO, VIEWER, check_output, identify_files

if TYPE_CHECKING:
    import pandas as pd

    from featfer.analysis.rows import FilmRows
    from featfer.analysis.settings import AnalysisSettings

SUFFIXES = {"boxes": "-annotated.mp4", "annotated blur": "-blurred.mp4", "points": "-points.mp4"}  # of copies, by style


class AnalysisRun:
    """An analysis of films whose results are written to a folder.

    Parameters
    ----------
    sources : list of str
        Films, folders and patterns.
    folder : str
    settings : AnalysisSettings
    reject : float
        As for `featfer.analysis.analyzing.analyze`.
    with_points : bool
        Whether the tables have the 68 landmarks.
    form : str
        One of `featfer.prediction.formats.FORMATS`; others than "tidy" have the landmarks.
    styles : sequence of str
        Of `featfer.analysis.copies.STYLES`: the copies of films to write.

    Attributes
    ----------
    failed : list of str
        A sentence for each film, folder and pattern that could not be read, or not wholly.
    """

    def __init__(self, sources: Iterable[str], folder: str, settings: AnalysisSettings, reject: float = 0.0,
                 with_points: bool = False, form: str = TIDY, styles: Sequence[str] = ()) -> None:
        self._form, self._folder, self._styles = form, Path(folder), styles
        self.failed: list[str] = []
        if form == TIDY:
            import_extra("pyarrow", "video")
        films = self._find_films(sources)
        self._analysis = Analysis(films, folder, settings, reject, with_points or form != TIDY)
        inputs = identify_files(films)
        kinds = {".csv": RECORDING, ".parquet": PARQUET, ".html": VIEWER, **{SUFFIXES[style]: VIDEO for style in self._styles}}
        for name in self._analysis.names.values():
            for suffix, kind in kinds.items():
                check_output(self._folder / f"{name}{suffix}", kind, inputs)

    def run(self, jobs: int | None = None) -> list[dict[str, Any]]:
        """Analyze the films and write what was asked for.

        Parameters
        ----------
        jobs : int, optional
            Number of processes.

        Returns
        -------
        list of dict
            For each film that could be read: film, frames, seconds, faceless (frames without a face), persons (list of int),
            tracks, and the files that were written.
        """
        measured = self._analysis.measure(jobs)
        self.failed += self._analysis.failed
        return [self._write(rows) for rows in measured]

    def _write(self, rows: FilmRows) -> dict[str, Any]:
        """Write the table, the page and the copies of a film; return what the command says of it."""
        path = self._folder / f"{self._analysis.names[rows.film]}.csv"
        summary: dict[str, Any] = {"film": rows.film, "frames": 0, "seconds": 0.0, "faceless": 0, "persons": set(),
                                   "tracks": set()}
        frames = _count(self._analysis.make_frames(rows), summary)
        write_tables(frames, path, self._analysis.list_columns()[2], self._form)
        write_viewer(self._analysis.make_frames(rows), rows.film, path.with_suffix(".html"))
        written = [path, *([path.with_suffix(".parquet")] if self._form == TIDY else []), path.with_suffix(".html"),
                   *self._write_copies(rows, path)]
        return {**summary, "persons": sorted(summary["persons"]), "tracks": len(summary["tracks"]),
                "written": list(map(str, written))}

    def _write_copies(self, rows: FilmRows, path: Path) -> list[Path]:
        """Write the copies of a film that are wanted; return their paths."""
        paths = [path.with_name(f"{path.stem}{SUFFIXES[style]}") for style in self._styles]
        for style, copy in zip(self._styles, paths, strict=True):
            write_copy(rows.film, self._analysis.make_frames(rows, with_points=style == "points"), copy, style)
        return paths

    def _find_films(self, sources: Iterable[str]) -> list[str]:
        """Return the videos among the sources."""
        films: list[str] = []
        passed: Counter[str] = Counter()
        for source in sources:
            try:
                found = find_files(source, passed, self.failed)
            except DataError as error:
                self.failed.append(str(error))
                continue
            films += found if found == [str(source)] else [file for file in found if is_video(file)]
        if not films:
            raise DataError("; ".join([*self.failed, *describe_skipped(passed)]) or "no film to analyze")
        return films


def _count(frames: Iterable[pd.DataFrame], summary: dict[str, Any]) -> Iterator[pd.DataFrame]:
    """Pass parts of a table on, and count what is in them."""
    for frame in frames:
        summary["frames"] += frame["frame"].nunique()
        summary["seconds"] = float(frame["time_s"].iloc[-1]) if len(frame) else summary["seconds"]
        summary["faceless"] += int(frame["track"].isna().sum())
        summary["persons"].update(frame["person"].dropna().astype(int))
        summary["tracks"].update(frame["track"].dropna().astype(int))
        yield frame
