"""FER2013 for tests: where the real one is, and small ones as Kaggle's csv."""

from pathlib import Path

USAGES = ("Training", "PublicTest", "PrivateTest")
FER2013 = Path(__file__).parents[3] / "shared" / "data"


def write_csv(path, rows, header="emotion,pixels,Usage"):
    """Write rows of (label, pixels, usage) as the Kaggle csv."""
    lines = [f"{label},{' '.join(map(str, pixels.ravel()))},{usage}" for label, pixels, usage in rows]
    path.write_text("\n".join([header, *lines]) + "\n")
    return path
