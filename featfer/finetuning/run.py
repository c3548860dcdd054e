"""A labelled source in, a backbone and its card out."""

from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from featfer.datasets import find_dataset
from featfer.datasets.faceset import relabel
from featfer.errors import DataError, ParameterError
from featfer.faces import find_faces
from featfer.faces.dlib_models import find_model_file
from featfer.features.base import check_align
from featfer.features.dlibnet.feature import NETWORK_FILE
from featfer.finetuning.recipe import Recipe
from featfer.images.pixels import to_grey
from featfer.labels import find_labels
from featfer.utils.environment import check_device, count_cores
from featfer.utils.files import write_atomically
from featfer.utils.outputs import ARRAYS, identify_files
from featfer.utils.processes import parallel_map
from featfer.utils.progress import bar
from featfer.utils.provenance import check_with_card, describe_origin, write_card

CHUNK = 256  # images that a process looks at between two messages


def finetune(source, path, recipe=None, align="5", device="cpu", command=None, labels=None, overwrite=False):
    """Train dlib's network on the train split of a source; write the backbone to path (.npz) and its card beside it (.json).

    recipe: a Recipe; align: of the chips; command: how to make it again, for the card
    labels: those to turn the source's into first, as featfer.labels.find_labels takes them; overwrite: may a backbone that is
    there be replaced. Returns the card: what was trained how, and for each epoch the loss, the seconds, and the accuracy on
    val, of all images and of those without a copy in the train split.

    Stopped, it goes on from its last whole epoch, to the same result, when called again alike. Raises WriteError, before any
    work, where a file cannot be written or is there already, DataError where the source has no labelled train split,
    ParameterError for another ending than .npz or a checkpoint of another run, MissingError for a device that is not there.
    """
    from featfer.finetuning.session import FineTuner
    path, recipe = Path(path), recipe or Recipe()
    if path.suffix != ".npz":
        raise ParameterError(f"{path}: a backbone's name ends in .npz")
    check_with_card(path, ARRAYS, identify_files([source]), overwrite)
    check_device(device)
    check_align("finetune", align)
    faceset = find_dataset(source).load(source, False)
    faceset = relabel(faceset, find_labels(labels)) if labels else faceset
    train, val = (np.flatnonzero((faceset.splits == split) & (faceset.labels >= 0)) for split in ("train", "val"))
    if not len(train):
        raise DataError(f"{source}: has no labelled train split to fine-tune on")
    chips = _chips(faceset, np.concatenate([train, val]), align)
    session = FineTuner(find_model_file(NETWORK_FILE), len(faceset.label_set), chips[:len(train)], faceset.labels[train],
                        recipe, device, _val(faceset, train, val, chips[len(train):]))
    run = {"digest": str(faceset.digest), "labels": list(faceset.label_set.names), "align": align, "recipe": asdict(recipe)}
    checkpoint = path.with_suffix(".checkpoint")
    session.train(checkpoint, run)
    card = {**run, "source": faceset.path.name, "history": session.history, "command": command, "device": device,
            **describe_origin()}
    with write_atomically(path, ARRAYS) as file:
        np.savez_compressed(file, **session.weights())
    write_card(path, card)
    checkpoint.unlink(missing_ok=True)
    return card


def _val(faceset, train, val, chips):
    """Return what every epoch is measured on, the chips of rows `val`; None where there are none."""
    return (chips, faceset.labels[val], np.isin(faceset.keys[val], faceset.keys[train])) if len(val) else None


def _chips(faceset, rows, align):
    """Return the grey chip of the first face of each row's image, uint8 (n, 150, 150)."""
    chunks = np.array_split(rows, -(-len(rows) // CHUNK))
    images = ((number, [(faceset.images[row], str(faceset.keys[row])) for row in chunk]) for number, chunk in enumerate(chunks))
    done = parallel_map(partial(_chips_of, faceset.single, align), images, min(count_cores(), len(chunks)))
    cut = dict(bar(done, total=len(chunks), desc="cutting chips", unit=" chunks"))
    return np.concatenate([cut[number] for number in range(len(chunks))])


def _chips_of(single, align, numbered):
    number, references = numbered
    return number, np.stack([to_grey(find_faces(reference.read(key), single)[0].chip(align)) for reference, key in references])
