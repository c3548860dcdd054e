"""Fine-tuning on a data set, up to the backbone and its card."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featfer.datasets import find_dataset, with_votes
from featfer.datasets.faceset import FaceSet, relabel
from featfer.errors import DataError, ParameterError
from featfer.faces import find_faces
from featfer.faces.dlib_models import find_model_file
from featfer.features.base import check_align
from featfer.features.dlibnet.feature import NETWORK_FILE
from featfer.features.dlibnet.weights import MAPS
from featfer.finetuning.recipe import Recipe
from featfer.images.pixels import to_grey
from featfer.labels import LabelSet, find_labels
from featfer.typing import Integers, Mask, Pixels
from featfer.typing import Path as AnyPath
from featfer.utils.environment import check_device, count_cores
from featfer.utils.files import write_atomically
from featfer.utils.outputs import ARRAYS, identify_files
from featfer.utils.processes import parallel_map
from featfer.utils.progress import bar
from featfer.utils.provenance import check_with_card, describe_origin, write_card

if TYPE_CHECKING:
    from featfer.finetuning.trainer import FineTuner

CHUNK = 256  # images that a process reads at a time


def finetune(source: AnyPath, path: AnyPath, recipe: Recipe | None = None, align: str = "5", device: str = "cpu",
             command: str | None = None, labels: str | None = None, overwrite: bool = False,
             votes: AnyPath | None = None, stage: str = MAPS[-1]) -> dict[str, Any]:
    """Fine-tune dlib's network on a data set. If stopped, the same call resumes after the last complete epoch.

    Parameters
    ----------
    source, path : str or Path
        A data set with a labelled train split; the .npz file to write, the backbone, beside which its card goes.
    recipe : Recipe, optional
    align, device, stage : str
        Alignment of the chips; where torch computes; the last stage that the backbone keeps, one of MAPS (all are trained).
    command, labels : str, optional
        For the card, the command that makes it again; the label set to train on, as for find_labels.
    overwrite : bool
        Whether an existing backbone may be replaced.
    votes : str or Path, optional
        The csv of FER+'s votes on the rows of a csv of FER2013: a second last layer learns them beside the labels.

    Returns
    -------
    dict
        The card, with loss and accuracy on val for each epoch.

    Raises
    ------
    WriteError, ParameterError, DataError, MissingError
        If files cannot be written, the checkpoint is of another run, there is nothing to train on, or the device is missing.
    """
    path, recipe = Path(path), recipe or Recipe()
    _check(path, source, align, device, stage, overwrite)
    faceset, label_set, rated = _load(source, labels, votes)
    trainer = _make_trainer(faceset, len(label_set), source, align, recipe, device, rated)
    run = {"digest": str(faceset.digest), "labels": list(label_set.names), "align": align, "recipe": asdict(recipe)}
    run |= {} if rated is None else {"votes": str(rated.digest)}
    trainer.train(path.with_suffix(".checkpoint"), run)
    card = run | {"source": faceset.path.name, "history": trainer.history, "command": command, "device": device}
    _write(path, trainer.weights(stage), card := card | describe_origin())
    path.with_suffix(".checkpoint").unlink(missing_ok=True)
    return card


def _check(path: Path, source: AnyPath, align: str, device: str, stage: str, overwrite: bool) -> None:
    if stage not in MAPS:
        raise ParameterError(f"stage {stage!r} is none of {', '.join(MAPS)}")
    if path.suffix != ".npz":
        raise ParameterError(f"{path}: a backbone's name ends in .npz")
    check_with_card(path, ARRAYS, identify_files([source]), overwrite)
    check_device(device)
    check_align("finetune", align)


def _load(source: AnyPath, labels: str | None, votes: AnyPath | None) -> tuple[FaceSet, LabelSet, FaceSet | None]:
    """Return the faces, their label set, and the same faces with raters' votes, if these are asked for."""
    faceset = find_dataset(source).load(source, False)
    faceset = relabel(faceset, find_labels(labels)) if labels else faceset
    if faceset.label_set is None:
        raise _refuse(source)
    rated = None if votes is None else with_votes(source, votes, "majority").load(source, False)
    return faceset, faceset.label_set, rated


def _refuse(source: AnyPath) -> DataError:
    return DataError(f"{source}: has no labelled train split to fine-tune on")


def _make_trainer(faceset: FaceSet, classes: int, source: AnyPath, align: str, recipe: Recipe, device: str,
                  rated: FaceSet | None) -> FineTuner:
    from featfer.finetuning.trainer import FineTuner
    train, val = (np.flatnonzero((faceset.splits == split) & (faceset.labels >= 0)) for split in ("train", "val"))
    if not len(train):
        raise _refuse(source)
    chips = _cut_chips(faceset, np.concatenate([train, val]), align)
    votes = rated.votes[train] if rated is not None and rated.votes is not None else None
    return FineTuner(find_model_file(NETWORK_FILE), classes, chips[:len(train)], faceset.labels[train], recipe,
                     device, _select_val(faceset, train, val, chips[len(train):]), votes)


def _write(path: Path, weights: dict[str, NDArray[np.float16]], card: dict[str, Any]) -> None:
    with write_atomically(path, ARRAYS) as file:
        np.savez_compressed(file, **weights)  # type: ignore[arg-type]  # one could be named like numpy's own option
    write_card(path, card)


def _select_val(faceset: FaceSet, train: Integers, val: Integers, chips: Pixels) -> tuple[Pixels, Integers, Mask] | None:
    """Return the chips, labels and duplicates on which every epoch is measured, or None."""
    return (chips, faceset.labels[val], np.isin(faceset.keys[val], faceset.keys[train])) if len(val) else None


def _cut_chips(faceset: FaceSet, rows: Integers, align: str) -> Pixels:
    """Return the grey chip of the first face in each row's image, uint8 (n, 150, 150)."""
    chunks = np.array_split(rows, -(-len(rows) // CHUNK))
    images = ((number, [(faceset.images[row], str(faceset.keys[row])) for row in chunk]) for number, chunk in enumerate(chunks))
    results = parallel_map(partial(_cut_chunk, faceset.single, align), images, min(count_cores(), len(chunks)))
    chips = dict(bar(results, total=len(chunks), desc="cutting chips", unit=" chunks"))
    return np.concatenate([chips[number] for number in range(len(chunks))])


def _cut_chunk(single: bool, align: str, numbered: tuple[int, list[tuple[Any, str]]]) -> tuple[int, Pixels]:
    number, references = numbered
    return number, np.stack([to_grey(find_faces(reference.read(key), single)[0].chip(align)) for reference, key in references])
