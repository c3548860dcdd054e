"""Files that ship with featfer."""

from importlib.resources import files
from pathlib import Path


def shipped_file(name):
    """Return the path of a file that ships with featfer, or None."""
    path = Path(str(files("featfer_models"))) / name
    return path if path.name == str(name) and path.is_file() else None
