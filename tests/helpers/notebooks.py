"""Run the notebooks of docs/ and keep what they print and draw: python tests/helpers/notebooks.py [NAME ...]"""

import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NOTEBOOKS = {path.stem: path for path in sorted(FOLDER.glob("*.ipynb"))}
TIMEOUT = 600  # seconds for a cell, on a busy machine
QUIET = ["--IPKernelApp.log_level=40"]  # the kernel warns that it listens on this machine's own address
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # as fast on a busy machine
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def read(name):
    """Return a notebook as it is stored."""
    return nbformat.read(NOTEBOOKS[name], as_version=4)


def execute(name):
    """Run a notebook in an empty folder and return it with its outputs; raise CellExecutionError where a cell fails."""
    notebook = read(name)
    os.environ |= ONE_THREAD
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=TIMEOUT, kernel_name="python3", record_timing=False, extra_arguments=QUIET,
                       coalesce_streams=True, resources={"metadata": {"path": folder}}).execute()
    return notebook


def list_texts(notebook):
    """Return what a notebook prints, as text, a string for each cell of code; neither pictures nor progress."""
    return ["".join(_list_texts(cell.outputs)) for cell in notebook.cells if cell.cell_type == "code"]


def _list_texts(outputs):
    printed = [output for output in outputs if output.output_type != "stream" or output.name == "stdout"]
    texts = [output.text if output.output_type == "stream" else output.data.get("text/plain", "") for output in printed]
    return [text for text in texts if not text.startswith("<Figure")]


def split_numbers(text):
    """Return the words of a text, with # for each number, and the numbers (list of float)."""
    return re.sub(r"[ -]+", " ", NUMBER.sub("#", text)), [float(found) for found in NUMBER.findall(text)]


def store(notebook, name):
    """Write a notebook that was run to its file, without what depends on the machine."""
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                         "language_info": {"name": "python"}}
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number}", {}
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    nbformat.write(notebook, NOTEBOOKS[name])


if __name__ == "__main__":
    for chosen in sys.argv[1:] or NOTEBOOKS:
        store(execute(chosen), chosen)
        print(f"{NOTEBOOKS[chosen]}: {NOTEBOOKS[chosen].stat().st_size / 1000:.0f} kB")
