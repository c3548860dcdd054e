"""Training a generator on a data set, up to the file and its card."""

from __future__ import annotations

import io
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.datasets import find_dataset
from featfer.errors import DataError, ParameterError
from featfer.superres.figures import compare
from featfer.superres.generators import SCALE, find_generator_file, read_generator, read_weights
from featfer.superres.network import find_design
from featfer.superres.pairs import load_faces
from featfer.superres.recipe import Recipe
from featfer.utils.environment import check_device
from featfer.utils.fitted_files import reference_of
from featfer.utils.outputs import ARRAYS, identify_files
from featfer.utils.progress import open_logbook
from featfer.utils.provenance import check_with_card, describe_origin, write_with_card

if TYPE_CHECKING:
    from featfer import typing
    from featfer.datasets.faceset import FaceSet
    from featfer.superres.trainer import GeneratorTrainer
    from featfer.typing import Floats, Pixels


def train(source: typing.Path, path: typing.Path, recipe: Recipe | None = None, start: typing.Path | None = None,
          device: str = "cpu", log: typing.Path | None = None, score_test: bool = False, command: str | None = None,
          overwrite: bool = False) -> dict[str, Any]:
    """Train a generator on the train split of a data set. If stopped, the same call resumes after the last complete epoch.

    Parameters
    ----------
    source, path : str or Path
        The data set; the .npz file to write, whose card goes beside it.
    recipe : Recipe, optional
    start : str, optional
        A generator to start from, by file or name; it keeps its width and blocks.
    device, log : str
        Where torch computes; folder for TensorBoard, or None.
    score_test, overwrite : bool
        Whether to measure it on the test split too; whether an existing generator may be replaced.
    command : str, optional
        For the card: the command that makes it again.

    Returns
    -------
    dict
        The card, with history and figures.

    Raises
    ------
    WriteError, ParameterError, DataError, MissingError
        If files cannot be written, the checkpoint is of another run, no face is large enough, or the device is missing.
    """
    path, recipe = Path(path), recipe or Recipe()
    _check(path, source, start, device, overwrite)
    first = _read_start(start) if start else None
    faceset = find_dataset(source).load(source, False)
    faces = {split: _load_split(faceset, split, recipe.side) for split in ("train", "val", *(["test"] if score_test else []))}
    if faces["train"] is None:
        raise DataError(f"{source}: has no train split to learn from")
    run = {"digest": str(faceset.digest), "recipe": asdict(recipe), "start": start and reference_of(find_generator_file(start))}
    trainer = _train(faces, recipe, device, first, path.with_suffix(".checkpoint"), run, log)
    card = _make_card(trainer, faces, {**run, "source": faceset.path.name}, {"command": command, "device": device})
    return _write(path, trainer.weights(), card)


def _check(path: Path, source: typing.Path, start: typing.Path | None, device: str, overwrite: bool) -> None:
    if path.suffix != ".npz":
        raise ParameterError(f"{path}: a generator's name ends in .npz")
    check_with_card(path, ARRAYS, identify_files([source, *filter(None, [start])]), overwrite)
    check_device(device)


def _make_card(trainer: GeneratorTrainer, faces: dict[str, Any], run: dict[str, Any], origin: dict[str, Any]) -> dict[str, Any]:
    recipe = trainer.recipe
    figures = {split: compare(trainer.enlarge, some) for split, some in faces.items() if split != "train" and some is not None}
    return {"generator": "srgan" if recipe.adversarial else "srresnet", **run, "scale": SCALE,
            **find_design(trainer.weights()), "rows": len(faces["train"]), "history": trainer.history, "figures": figures,
            "limits": f"trained on faces of {recipe.side} pixels shrunk to {recipe.side // SCALE}; other sizes are beyond that",
            **origin, "seconds": round(sum(epoch["seconds"] for epoch in trainer.history), 1), **describe_origin()}


def _read_start(start: typing.Path) -> dict[str, Floats]:
    read_generator(start)  # raises if something is wrong with it
    return read_weights(start)


def _load_split(faceset: FaceSet, split: str, side: int) -> Pixels | None:
    rows = np.flatnonzero(faceset.splits == split)
    return load_faces([faceset.images[row] for row in rows.tolist()], side) if len(rows) else None


def _train(faces: dict[str, Any], recipe: Recipe, device: str, start: dict[str, Floats] | None, checkpoint: Path,
           run: dict[str, Any], log: typing.Path | None) -> GeneratorTrainer:
    from featfer.superres.trainer import GeneratorTrainer
    trainer = GeneratorTrainer(faces["train"], recipe, device, start, faces["val"])
    with open_logbook(log) as writer:
        trainer.train(checkpoint, run, writer)
    return trainer


def _write(path: Path, weights: dict[str, Any], card: dict[str, Any]) -> dict[str, Any]:
    """Write a generator and its card; return the card as written."""
    buffer = io.BytesIO()
    np.savez(buffer, **weights)
    card = write_with_card(path, buffer.getvalue(), card, ARRAYS)
    path.with_suffix(".checkpoint").unlink(missing_ok=True)
    return card
