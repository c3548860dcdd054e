"""Scripts beside the package, as modules."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def module_of(script):
    """Return a script as a module; script: its path below the project's folder."""
    path = ROOT / script
    spec = importlib.util.spec_from_file_location(f"script_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
