"""Have finished models answer on labelled photographs, without a store: on one face of each photo, or on none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.errors import DataError, ParameterError
from featfer.evaluation.photographs import Answers, Photographs, load_photographs
from featfer.faces import WHOLE_IMAGE
from featfer.features.detection import check_no_face, find_faces_for
from featfer.images.pixels import make_batches
from featfer.typing import Path, Pixels
from featfer.utils.progress import bar
from featfer.utils.words import count

if TYPE_CHECKING:
    from featfer.faces.face import Face
    from featfer.labels import LabelSet
    from featfer.recognizer import Recognizer


def find_common_labels(models: dict[str, Recognizer]) -> LabelSet:
    """Find the label set that several models share.

    Parameters
    ----------
    models : dict of str to Recognizer
        At least one, by name.

    Returns
    -------
    LabelSet

    Raises
    ------
    ParameterError
        If they have different ones.
    """
    sets = {model.label_set: name for name, model in models.items()}
    if len(sets) > 1:
        words = ", ".join(f"{labels.name} ({name})" for labels, name in sets.items())
        raise ParameterError(f"the models have different labels: {words}; --labels SET gives them the same")
    return next(iter(sets))


def answer(models: dict[str, Recognizer], images: Sequence[Any], detector: str = "hog", no_face: str = "skip",
           smallest: float | None = None) -> tuple[dict[str, Answers], dict[int, str]]:
    """Have models answer on photographs: each finds the faces as its features need, and answers on one of each photo.

    Parameters
    ----------
    models : dict of str to Recognizer
        With the same label set.
    images : sequence
        References to images, as in `FaceSet.images`.
    detector, smallest
        As for `featfer.face_model.FaceModel.predict`.
    no_face : {"skip", "whole"}
        Without a face there is no answer, or the whole photo is taken for one, which counts as none found.

    Returns
    -------
    answers : dict of str to Answers
    unreadable : dict of int to str
        Why some images could not be read; there is no answer on these.

    Raises
    ------
    ParameterError, MissingError
        As for `featfer.face_model.FaceModel.predict`.
    """
    check_no_face(no_face)
    how = (detector, no_face, smallest)
    found = {name: Answers(np.full((len(images), len(model.label_set)), np.nan), np.zeros(len(images), int))
             for name, model in models.items()}
    unreadable, groups = dict[int, str](), _group_by_detection(models)
    shown = bar(_read_all(images, unreadable), total=len(images), desc="predicting", unit=" images", delay=1)
    for batch in make_batches(shown, lambda numbered: numbered[1].size):
        rows = [row for row, _ in batch]
        for names in groups:
            faces = find_faces_for(models[names[0]].features, [image for _, image in batch], *how)
            _answer_batch({name: models[name] for name in names}, dict(zip(rows, faces, strict=True)), found)
    if detector == "whole":  # every image is a face that was found by whoever cut it out
        found = {name: replace(answers, faces=answers.has_answer.astype(int)) for name, answers in found.items()}
    return found, unreadable


def choose_subject(faces: list[Face]) -> Face:
    """Return the face of a photo that its label is about: the one with the largest box inside the image.

    Parameters
    ----------
    faces : list of Face
        At least one.

    Returns
    -------
    Face
    """
    return max(faces, key=_measure_box)


class _Several(Sequence[Any]):
    """Some rows of a sequence of references, which are made when they are asked for."""

    def __init__(self, images: Sequence[Any], rows: list[int]) -> None:
        self.images, self.rows = images, rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, i: Any) -> Any:
        return self.images[self.rows[i]]


def answer_source(source: Path, models: dict[str, Recognizer], detector: str = "hog", no_face: str = "skip",
                  smallest: float | None = None, codes: str | None = None,
                  columns: Sequence[str] = ()) -> tuple[Photographs, dict[str, Answers]]:
    """Load a labelled data set, and have models answer on it.

    Parameters
    ----------
    source, codes, columns
        As for `load_photographs`.
    models, detector, no_face, smallest
        As for `answer`.

    Returns
    -------
    photographs : Photographs
        That could be read.
    answers : dict of str to Answers
        Of each model, on these.

    Raises
    ------
    DataError
        As for `load_photographs`; when none of the photos can be read.
    """
    faceset, rows, photographs = load_photographs(source, find_common_labels(models), codes, columns)
    answers, unreadable = answer(models, _Several(faceset.images, rows.tolist()), detector, no_face, smallest)
    kept = np.array([row for row in range(len(rows)) if row not in unreadable], int)
    if not len(kept):
        raise DataError(f"{source}: none of its {count(len(rows), 'photo')} can be read; the first: {unreadable[0]:.200}")
    photographs = replace(photographs.keep(kept), unreadable=tuple(unreadable.values()))
    return photographs, {name: Answers(of.probabilities[kept], of.faces[kept]) for name, of in answers.items()}


def _group_by_detection(models: dict[str, Recognizer]) -> list[list[str]]:
    """Return lists of names of models whose features need the same faces."""
    groups: dict[str, list[str]] = {}
    for name, model in models.items():
        groups.setdefault(json.dumps([feature.fingerprint["faces"] for feature in model.features[:1]]), []).append(name)
    return list(groups.values())


def _read_all(images: Sequence[Any], unreadable: dict[int, str]) -> Iterator[tuple[int, Pixels]]:
    """Yield the number and pixels of each image; note in `unreadable` why others cannot be read."""
    for row, image in enumerate(images):
        try:
            yield row, image.read()
        except DataError as error:
            unreadable[row] = str(error)


def _answer_batch(models: dict[str, Recognizer], faces_of: dict[int, list[Face]],
                  found: dict[str, Answers]) -> None:
    """Write the answers of models on a batch, {row: list of Face}, into {name: Answers}."""
    subjects = {row: choose_subject(faces) for row, faces in faces_of.items() if faces}
    counts = [sum(face.status != WHOLE_IMAGE for face in faces) for faces in faces_of.values()]
    for name, model in models.items():
        found[name].faces[list(faces_of)] = counts
        if subjects:
            expressions = model.expressions(list(subjects.values()))
            found[name].probabilities[list(subjects)] = [list(expression.probabilities.values()) for expression in expressions]


def _measure_box(face: Face) -> float:
    left, top, right, bottom = face.clipped_box
    return (right - left) * (bottom - top)
