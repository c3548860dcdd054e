"""The rows of the page, as peers.toml lists them."""

import sys
from dataclasses import dataclass
from pathlib import Path

from featfer.utils.files import read_json, read_toml

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements"
RESULTS = HERE / "results"
ADAPTERS = "benchmarks.peers.adapters"
PICTURES = ("photos", "crops")


@dataclass(frozen=True)
class Row:
    """A way to call a package.

    Attributes
    ----------
    name, title : str
    environment : str
        A name in requirements/.
    adapter : str
        A file in adapters/.
    trained : str
        What the model was trained and chosen on, in Markdown.
    weights : tuple of str
        Patterns of files below the environment.
    arguments : tuple of str
        Of the adapter, after "photos" or "crops".
    crops : str or None
        How crops go in; None if they are not measured.
    model : str or None
        The name of one of featfer's models; None for a peer.
    """

    name: str
    title: str
    environment: str
    adapter: str
    trained: str
    weights: tuple = ()
    arguments: tuple = ()
    crops: str | None = None
    model: str | None = None

    def pictures(self):
        """Return those of PICTURES that are measured."""
        return [kind for kind in PICTURES if kind == "photos" or self.crops]

    def command(self, environments, kind):
        """Return the command (list of str) that answers pictures of a kind; environments: the folder of all of them."""
        folder = Path(environments) / self.environment
        words = [kind, *self.arguments]
        if self.adapter.endswith(".cjs"):
            return ["node", str(HERE / "adapters" / self.adapter), str(folder.resolve()), *words]
        return [str(folder / "bin" / "python"), "-m", f"{ADAPTERS}.{self.adapter.removesuffix('.py')}", *words]


def read_rows(path=HERE / "peers.toml"):
    """Return {name: Row} in the order of peers.toml."""
    return {name: Row(name, **_freeze(row)) for name, row in read_toml(path)["rows"].items()}


def read_versions(path=HERE / "peers.toml"):
    """Return {environment: {package: version}} of the packages that peers.toml names, as requirements/ pins them."""
    return {environment: {name: _read_pins(environment)[name] for name in names}
            for environment, names in read_toml(path)["packages"].items() if names}


def select(rows, only):
    """Return the rows of a name, or of an environment; all without one."""
    chosen = {name: row for name, row in rows.items() if only in (None, name, row.environment)}
    return chosen or sys.exit(f"--only {only}: none of {', '.join(rows)}")


def _read_pins(environment):
    """Return {package: version} of a file in requirements/."""
    file = next(REQUIREMENTS.glob(f"{environment}.*"))
    if file.suffix == ".json":
        return read_json(file)["dependencies"]
    return dict(line.split("==") for line in file.read_text().splitlines())


def _freeze(row):
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
