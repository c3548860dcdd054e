"""Files that ship with featfer."""

from importlib.resources import files
from pathlib import Path


def find_shipped_file(name):
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
