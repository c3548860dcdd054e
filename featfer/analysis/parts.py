"""What was measured in a film, in parts on disk, each whole or not there: a stopped analysis goes on after the last."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from featfer.errors import DataError
from featfer.typing import Path as AnyPath
from featfer.utils.npz import DAMAGE, describe_failure, is_machine_fault, read_arrays, write_arrays
from featfer.utils.outputs import ARRAYS

Arrays: TypeAlias = dict[str, NDArray[Any]]
"""The arrays of a part, by name."""

STATE = "state"


class Parts:
    """The parts of a film.

    Parameters
    ----------
    folder : str or Path
        Theirs alone.
    """

    def __init__(self, folder: AnyPath) -> None:
        self.folder = Path(folder)

    def write(self, seconds: float, arrays: Arrays, state: dict[str, Any]) -> None:
        """Write the next part.

        Parameters
        ----------
        seconds : float
            Time in the film at which it ends.
        arrays : dict of ndarray
        state : dict
            Plain data with which the analysis goes on after this part.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        written = np.frombuffer(json.dumps(state).encode(), np.uint8)
        path = self.folder / f"{len(self._list()):06d}-{round(1000 * seconds)}.npz"
        write_arrays(path, False, ARRAYS, **arrays, **{STATE: written})

    def __iter__(self) -> Iterator[Arrays]:
        """Yield the arrays of each part, in order."""
        for path in self._list():
            yield self._read(path)

    def read_state(self) -> dict[str, Any] | None:
        """Return the state after the last part, or None if there is none."""
        paths = self._list()
        return json.loads(self._read(paths[-1], [STATE])[STATE].tobytes()) if paths else None

    def find_end(self) -> float:
        """Return the time in the film up to which it has been analyzed, in seconds (float)."""
        paths = self._list()
        return int(paths[-1].stem.partition("-")[2]) / 1000 if paths else 0.0

    def _list(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*.npz") if path.stem.replace("-", "").isdecimal())

    def _read(self, path: Path, names: Sequence[str] | None = None) -> Arrays:
        try:
            return read_arrays(path, names)
        except DAMAGE as error:
            if is_machine_fault(error):
                raise
            raise DataError(f"{path}: cannot be read ({describe_failure(error)}); remove {self.folder} and run the same "
                            "command again") from None
