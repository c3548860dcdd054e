"""Files that ship with featfer."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featfer.typing import Path as AnyPath


def find_shipped_file(name: AnyPath) -> Path | None:
    """Find a file that ships with featfer.

    Parameters
    ----------
    name : str
        Such as "svm.joblib".

    Returns
    -------
    Path or None
    """
    path = Path(str(files("featfer_models"))) / name
    return path if path.name == str(name) and path.is_file() else None
