"""Films in, rows out: measured in processes, and joined."""

from __future__ import annotations

import glob
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from featfer.analysis.progress import show_progress
from featfer.analysis.rows import FilmRows, join_films
from featfer.analysis.settings import AnalysisSettings, load_models
from featfer.analysis.table import list_columns, make_frame
from featfer.bundle.persist import DEFAULT
from featfer.errors import DataError, ParameterError
from featfer.expression import check_reject
from featfer.images.pyav import import_pyav
from featfer.typing import Path as AnyPath
from featfer.utils.environment import count_cores
from featfer.utils.files import make_distinct
from featfer.utils.outputs import check_folder
from featfer.utils.processes import check_jobs, parallel_map
from featfer.utils.requiring import require_path

if TYPE_CHECKING:
    import pandas as pd


PARTS = "parts"  # the folder of what was measured
CORES = 2        # that a process keeps busy


class Analysis:
    """An analysis of films.

    Parameters
    ----------
    films : list of str
        Files.
    folder : str or Path
        Where what was measured is kept, so that a stopped run goes on, and more films can be added.
    settings : AnalysisSettings
    reject : float
        As for `featfer.face_model.FaceModel.predict`.
    with_points : bool
        Whether the rows have the 68 landmarks.

    Attributes
    ----------
    names : dict
        {film: its name among the outputs, without a suffix}
    failed : list of str
        A sentence for each film that could not be read, or not all of it.
    """

    def __init__(self, films: Iterable[AnyPath], folder: AnyPath, settings: AnalysisSettings, reject: float = 0.0,
                 with_points: bool = False) -> None:
        import_pyav()
        settings.check()
        check_reject(reject)
        require_path(folder, "out", "the name of a folder")
        check_folder(folder)
        self.settings, self.reject, self.with_points = settings, reject, with_points
        self.failed: list[str] = []
        files = list(dict.fromkeys(map(str, films)))
        self.names = dict(zip(files, make_distinct([Path(file).stem for file in files]), strict=True))
        self._folder = Path(folder) / PARTS

    def measure(self, jobs: int | None = None) -> list[FilmRows]:
        """Measure the faces in all films, with a bar; films that were measured before cost nothing.

        Parameters
        ----------
        jobs : int, optional
            Number of processes, for as many films at once; by default one for every two cores, which it keeps busy.

        Returns
        -------
        list of FilmRows
            Of the films that could be read, in order.
        """
        check_jobs(jobs)
        load_models(self.settings)
        places = {film: place for film in self.names if (place := self._find_place(film)) is not None}
        found = {}
        with show_progress(places):
            work = partial(_measure, self.settings)
            count = min(jobs or max(1, count_cores() // CORES), len(places)) or 1
            for film, is_measured, problem in parallel_map(work, places.items(), count):
                found[film] = is_measured
                self.failed += [problem] if problem else []
        measured = {film: place for film, place in places.items() if found[film]}
        for film, place in measured.items():
            self._remove_others(film, place)
        return join_films(measured)

    def make_frames(self, rows: FilmRows, with_points: bool | None = None) -> Iterator[pd.DataFrame]:
        """Yield the rows of a film as a pandas.DataFrame for each part.

        Parameters
        ----------
        rows : FilmRows
        with_points : bool, optional
            Whether with landmarks; by default as the analysis has them.

        Yields
        ------
        pandas.DataFrame
        """
        labels, outputs, columns = self.list_columns(with_points)
        for arrays in rows:
            yield make_frame(rows.film, arrays, columns, labels, outputs, self.reject)

    def list_columns(self, with_points: bool | None = None) -> tuple[Sequence[str], Sequence[str], list[str]]:
        """Return the labels, the outputs of the model of affect, and the columns of the tables (sequences of str)."""
        with_points = self.with_points if with_points is None else with_points
        recognizer, affect = load_models(self.settings)
        labels, outputs = recognizer.label_set.names, () if affect is None else affect.output_names
        return labels, outputs, list_columns(labels, outputs, with_points)

    def _find_place(self, film: str) -> Path | None:
        """Return the folder of a film's parts; None if it cannot be read, which is then among the failures."""
        try:
            return self._folder / f"{self.names[film]}-{self.settings.identify(film)}"
        except OSError as error:
            self.failed.append(f"{film}: {'no such file' if isinstance(error, FileNotFoundError) else error.strerror}")
            return None

    def _remove_others(self, film: str, place: Path) -> None:
        """Remove the parts of this film as it was before, or with other settings."""
        for folder in self._folder.glob(f"{glob.escape(self.names[film])}-{'?' * 16}"):
            if folder != place:
                shutil.rmtree(folder, ignore_errors=True)


def analyze(films: AnyPath | Iterable[AnyPath], out: AnyPath | None = None, fps: float | None = None,
            model: AnyPath = DEFAULT, affect: AnyPath | None = None, reject: float = 0.0, smallest: float | None = None,
            labels: AnyPath | None = None, prior: str | Mapping[str, float] | None = None, landmarks: bool = False,
            jobs: int | None = None, verify: bool = True) -> pd.DataFrame:
    """Measure every face in every frame of films.

    Parameters
    ----------
    films : path or list of paths
    out : path, optional
        A folder where what was measured is kept, so that the same call goes on after a stop; by default nothing is.
    fps, model, affect, smallest, labels, prior, verify
        As for `featfer.analysis.settings.AnalysisSettings`.
    reject : float
        A face whose likeliest expression has a lower probability is "unsure".
    landmarks : bool
        Whether the 68 points are among the columns.
    jobs : int, optional
        Number of processes, for as many films at once; by default one for every two cores, which it keeps busy.

    Returns
    -------
    pandas.DataFrame
        A row for each face in each frame, and one for a frame without a face, film by film. docs/recordings.md describes the
        columns. Warns of damaged films.

    Raises
    ------
    DataError
        When a film cannot be read; what the others gave is then kept in `out`.
    """
    require_path(model, "model", "the name of a file, or of a model that ships")
    shares = ",".join(f"{name}={share}" for name, share in prior.items()) if isinstance(prior, Mapping) else prior
    settings = AnalysisSettings(model, affect, fps, smallest, labels, shares, verify)
    with _keep_in(out) as folder:
        run = Analysis(_list_films(films), folder, settings, reject, landmarks)
        frame = _make_table(run, jobs)
    for sentence in run.failed:
        warnings.warn(sentence, stacklevel=2)
    return frame


def _list_films(films: AnyPath | Iterable[AnyPath]) -> list[AnyPath]:
    """Return the names of films as a list; raise ParameterError for what is no name, or without any."""
    several = list(films) if isinstance(films, Iterable) and not isinstance(films, (str, bytes)) else [films]
    for film in several:
        require_path(film, "film", "the name of a video, or a list of such names")
    if not several:
        raise ParameterError("films: none named; give the name of a video, or a list of such names")
    return several


def _make_table(run: Analysis, jobs: int | None) -> pd.DataFrame:
    """Return the tables of all films as one; raise DataError if there is one that cannot be read."""
    import pandas as pd
    measured = run.measure(jobs)
    if len(measured) < len(run.names):
        raise DataError("; ".join(run.failed))
    return pd.concat([part for rows in measured for part in run.make_frames(rows)], ignore_index=True)


@contextmanager
def _keep_in(folder: AnyPath | None) -> Iterator[AnyPath]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="featfer-") as temporary:
        yield temporary


def _measure(settings: AnalysisSettings, job: tuple[str, AnyPath]) -> tuple[str, bool, str | None]:
    """Measure a film; return it, whether that was done, and a sentence on what could not be read (or None)."""
    from featfer.analysis.film import measure_film
    film, folder = job
    try:
        return film, True, measure_film(film, folder, settings)
    except DataError as error:
        return film, False, str(error)
    except MemoryError:
        return film, False, f"{film}: there is too little memory to analyze it"
