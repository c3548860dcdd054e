"""Install a peer in an environment of its own, with the versions in requirements/.

    python -m benchmarks.peers.install PEER --into DIR

PEER is a name in requirements/, or featfer, which is installed from this project. Python's packages come from PyPI into a
virtual environment DIR/PEER, and node's from npm into DIR/PEER/node_modules. What is installed already, with these versions, is
kept; of featfer, the code and the models are always installed again.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.common import ROOT
from benchmarks.peers.rows import REQUIREMENTS

PROJECT = ROOT.parent
CONSTRAINTS = PROJECT / "constraints.txt"
NPM_OPTIONS = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
MARK = "installed"  # a file in each environment, with the requirements that it was made from


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=list_peers())
    parser.add_argument("--into", required=True, type=Path, help="the folder of all environments")
    args = parser.parse_args()
    install(args.peer, args.into)


def list_peers():
    """Return the names of what can be installed."""
    return ["featfer", *sorted(path.stem for path in REQUIREMENTS.iterdir())]


def install(peer, into):
    """Install a peer in the folder `into`/peer, unless it is there with the same versions.

    Raises
    ------
    subprocess.CalledProcessError
        When pip or npm fails.
    """
    folder = Path(into) / peer
    wanted = CONSTRAINTS if peer == "featfer" else next(REQUIREMENTS.glob(f"{peer}.*"))
    if (folder / MARK).exists() and (folder / MARK).read_text() == wanted.read_text():
        print(f"{folder}: is installed")
    elif wanted.suffix == ".json":
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(wanted, folder / "package.json")
        subprocess.run(["npm", "install", *NPM_OPTIONS], cwd=folder, check=True)
    else:
        _make_environment(folder, ["-c", wanted, f"{PROJECT}[dlib-bin]"] if peer == "featfer" else ["-r", wanted])
    (folder / MARK).write_text(wanted.read_text())
    if peer == "featfer":  # the code and the models may be newer
        _pip(folder, "--force-reinstall", "--no-deps", PROJECT)


def _make_environment(folder, what):
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    _pip(folder, *what)


def _pip(folder, *what):
    subprocess.run([folder / "bin" / "pip", "install", "--no-input", *what], check=True)


if __name__ == "__main__":
    main()
