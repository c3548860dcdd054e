"""A source of faces in, a generator and its card out."""

import io
from dataclasses import asdict
from pathlib import Path

import numpy as np

from featfer.datasets import find_dataset
from featfer.errors import DataError, ParameterError
from featfer.superres.figures import compare
from featfer.superres.generators import SCALE, generator_file, read_generator, read_weights
from featfer.superres.network import design_of
from featfer.superres.pairs import true_faces
from featfer.superres.recipe import Recipe
from featfer.utils.environment import check_device
from featfer.utils.fitted_files import reference_of
from featfer.utils.outputs import ARRAYS, identify_files
from featfer.utils.progress import open_logbook
from featfer.utils.provenance import check_with_card, describe_origin, write_with_card


def train(source, path, recipe=None, start=None, device="cpu", log=None, score_test=False, command=None,
          overwrite=False):
    """Train a generator on the train split of a source; write it to path (.npz) and its card beside it (.json).

    recipe: a Recipe; start: a generator's file or name to begin with, whose width and blocks it then has; device: where torch
    computes; log: folder for TensorBoard; score_test: measure it on the test split too; command: how to make it again, for the
    card; overwrite: may a generator that is there be replaced. Returns the card: what was trained how, what came of each epoch,
    and figures on held-out faces beside those of bicubic and Lanczos enlargement.

    Stopped, it goes on from its last whole epoch, to the same result, when called again alike. Raises WriteError, before any
    work, where a file cannot be written or is there already, DataError where the source has no train split or no face large
    enough, ParameterError for another ending than .npz or a checkpoint of another run, MissingError for a device that is not
    there.
    """
    path, recipe = Path(path), recipe or Recipe()
    if path.suffix != ".npz":
        raise ParameterError(f"{path}: a generator's name ends in .npz")
    check_with_card(path, ARRAYS, identify_files([source, *filter(None, [start])]), overwrite)
    check_device(device)
    first = start and _start(start)
    faceset = find_dataset(source).load(source, False)
    true = {split: _faces(faceset, split, recipe.side) for split in ("train", "val", *(["test"] if score_test else []))}
    if true["train"] is None:
        raise DataError(f"{source}: has no train split to learn from")
    run = {"digest": str(faceset.digest), "recipe": asdict(recipe),
           "start": start and reference_of(generator_file(start))}
    session = _trained(true, recipe, device, first, path.with_suffix(".checkpoint"), run, log)
    card = {"generator": "srgan" if recipe.adversarial else "srresnet", **run, "source": faceset.path.name, "scale": SCALE,
            **design_of(session.weights()), "rows": len(true["train"]), "history": session.history,
            "figures": {split: compare(session.enlarge, faces) for split, faces in true.items()
                        if split != "train" and faces is not None},
            "limits": f"trained on faces of {recipe.side} pixels shrunk to {recipe.side // SCALE}; other sizes are beyond that",
            "command": command, "device": device, "seconds": round(sum(epoch["seconds"] for epoch in session.history), 1),
            **describe_origin()}
    return _write(path, session.weights(), card)


def _start(start):
    read_generator(start)  # says what is wrong with it
    return read_weights(start)


def _faces(faceset, split, side):
    rows = np.flatnonzero(faceset.splits == split)
    return true_faces([faceset.images[row] for row in rows], side) if len(rows) else None


def _trained(true, recipe, device, start, checkpoint, run, log):
    from featfer.superres.session import GeneratorTrainer
    trainer = GeneratorTrainer(true["train"], recipe, device, start, true["val"])
    with open_logbook(log) as writer:
        trainer.train(checkpoint, run, writer)
    return trainer


def _write(path, weights, card):
    """Write a generator and its card; return the card as written."""
    buffer = io.BytesIO()
    np.savez(buffer, **weights)
    card = write_with_card(path, buffer.getvalue(), card, ARRAYS)
    path.with_suffix(".checkpoint").unlink(missing_ok=True)
    return card
