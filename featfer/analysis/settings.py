"""What the numbers of a recording depend on."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from numbers import Real
from typing import TYPE_CHECKING

from featfer.bundle.persist import DEFAULT, find_bundle, load, load_recognizer
from featfer.errors import ParameterError
from featfer.faces import check_smallest
from featfer.features import Stage
from featfer.features.dlibnet.feature import CPU, DLIB
from featfer.features.precision import find_precision
from featfer.recognizer import Recognizer
from featfer.typing import Path as AnyPath
from featfer.utils.files import open_regular

if TYPE_CHECKING:
    from featfer.affect.recognizer import AffectRecognizer

VERSION = 1      # raise it when the numbers change
EDGE = 1 << 20   # bytes at the beginning and the end of a film by which it is told from others
MOST_FPS = 1000


@dataclass(frozen=True)
class AnalysisSettings:
    """How films are analyzed.

    Attributes
    ----------
    model : str or path
        A bundle of expressions, as for `featfer.load`.
    affect : str, path or None
        A bundle of valence and arousal.
    fps : float or None
        Frames that are analyzed of each second; None for all.
    smallest : float or None
        As for `featfer.tracking.following.FaceFollower`.
    labels : str, path or None
    prior : str or None
        As for `featfer.bundle.persist.load_recognizer`.
    verify : bool
    device, precision : str or None
        As for `featfer.load`.
    """

    model: AnyPath = DEFAULT
    affect: AnyPath | None = None
    fps: float | None = None
    smallest: float | None = None
    labels: AnyPath | None = None
    prior: str | None = None
    verify: bool = True
    device: str | None = None
    precision: str | None = None

    def check(self) -> None:
        """Raise ParameterError for a setting that is out of range."""
        check_smallest(self.smallest)
        if self.fps is not None and not (isinstance(self.fps, Real) and 0 < self.fps <= MOST_FPS):
            raise ParameterError(f"fps {self.fps!r} is not above 0 and at most {MOST_FPS:,} frames per second")

    def identify(self, film: str) -> str:
        """Return a name for a film that is analyzed with these settings; another film or setting has another name.

        Parameters
        ----------
        film : str
            A file.

        Returns
        -------
        str
            16 hexadecimal digits.
        """
        files = {"model": find_bundle(self.model), "affect": self.affect and find_bundle(self.affect), "labels": self.labels,
                 "prior": self.prior}
        contents = {name: _digest_file(path) for name, path in files.items() if path and os.path.isfile(path)}
        chosen = {name: value for name, value in asdict(self).items() if name not in ("device", "precision")}
        said = {**chosen, **self._name_precision(), **contents, "version": VERSION, "film": _digest_edges(film)}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]

    def _name_precision(self) -> dict[str, list[str]]:
        """Return {} for the model's own precision, else its name: for "auto" what it means, for dlib's network and others."""
        if self.precision is None:
            return {}
        networks = [Stage(network=network, device=self.device or CPU) for network in (DLIB, "another")]
        return {"precision": [find_precision(self.precision, [network]) for network in networks]}


def load_models(settings: AnalysisSettings) -> tuple[Recognizer, AffectRecognizer | None]:
    """Load the models of some settings, once in each process for as long as their files stay as they are.

    Parameters
    ----------
    settings : AnalysisSettings

    Returns
    -------
    tuple (Recognizer, AffectRecognizer or None)

    Raises
    ------
    ParameterError
        When `affect` is a model of expressions.
    """
    return _load_models(settings, tuple(map(_stamp, (settings.model, settings.affect, settings.labels, settings.prior))))


@functools.lru_cache(maxsize=2)
def _load_models(settings: AnalysisSettings,
                 stamps: tuple[tuple[int, int] | None, ...]) -> tuple[Recognizer, AffectRecognizer | None]:
    """Load models; `stamps`: of their files, so that changed ones are loaded again."""
    recognizer = load_recognizer(settings.model, settings.verify, settings.labels, settings.prior, settings.device,
                                 settings.precision)
    affect = None if settings.affect is None else load(settings.affect, settings.verify, settings.device, settings.precision)
    if isinstance(affect, Recognizer):
        raise ParameterError(f"affect {settings.affect}: a model of expressions; here give one of valence and arousal, which "
                             "`featfer train --affect` makes")
    return recognizer, affect


def _stamp(name: AnyPath | None) -> tuple[int, int] | None:
    """Return when a file was changed and its size; None for a name that is no file."""
    try:
        found = os.stat(name or "")
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size


def _digest_file(path: AnyPath) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_edges(film: str) -> str:
    with open_regular(film) as file:
        size = file.seek(0, 2)
        file.seek(0)
        edges = file.read(EDGE)
        file.seek(max(0, size - EDGE))
        return hashlib.sha256(edges + file.read(EDGE) + size.to_bytes(8, "big")).hexdigest()
