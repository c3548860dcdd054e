"""Have finished models answer on labelled photographs, without a store: on one face of each photo, or on none."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from featfer.errors import DataError, ParameterError
from featfer.evaluation.photographs import Answers, load_photographs
from featfer.faces import WHOLE_IMAGE
from featfer.features.detection import check_no_face, find_faces_for
from featfer.features.dlibnet.feature import engine_for
from featfer.images.pixels import make_batches
from featfer.utils.progress import bar


def find_common_labels(models):
    """Return the label set of several models, {name: Recognizer}; raise ParameterError if they have different ones."""
    sets = {model.label_set: name for name, model in models.items()}
    if len(sets) > 1:
        words = ", ".join(f"{labels.name} ({name})" for labels, name in sets.items())
        raise ParameterError(f"the models have different labels: {words}; --labels SET gives them the same")
    return next(iter(sets))


def answer(models, images, detector="hog", no_face="skip", smallest=None):
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
    how, engine = (detector, no_face, smallest), engine_for(len(images))
    found = {name: Answers(np.full((len(images), len(model.label_set)), np.nan), np.zeros(len(images), int))
             for name, model in models.items()}
    unreadable, groups = {}, _group_by_detection(models)
    shown = bar(_read_all(images, unreadable), total=len(images), desc="predicting", unit=" images", delay=1)
    for batch in make_batches(shown, lambda numbered: numbered[1].size):
        rows = [row for row, _ in batch]
        for names in groups:
            faces = find_faces_for(models[names[0]].features, [image for _, image in batch], *how)
            _answer_batch({name: models[name] for name in names}, dict(zip(rows, faces, strict=True)), engine, found)
    if detector == "whole":  # every image is a face that was found by whoever cut it out
        found = {name: replace(answers, faces=answers.has_answer.astype(int)) for name, answers in found.items()}
    return found, unreadable


def choose_subject(faces):
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


class _Several(Sequence):
    """Some rows of a sequence of references, which are made when they are asked for."""

    def __init__(self, images, rows):
        self.images, self.rows = images, rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.images[self.rows[i]]


def answer_source(source, models, detector="hog", no_face="skip", smallest=None, codes=None, columns=()):
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
        raise DataError(f"{source}: none of its {len(rows):,} photos can be read; the first: {unreadable[0]:.200}")
    photographs = replace(photographs.keep(kept), unreadable=tuple(unreadable.values()))
    return photographs, {name: Answers(of.probabilities[kept], of.faces[kept]) for name, of in answers.items()}


def _group_by_detection(models):
    """Return lists of names of models whose features need the same faces."""
    groups = {}
    for name, model in models.items():
        groups.setdefault(json.dumps([feature.fingerprint["faces"] for feature in model.features[:1]]), []).append(name)
    return list(groups.values())


def _read_all(images, unreadable):
    """Yield the number and pixels of each image; note in `unreadable` why others cannot be read."""
    for row, image in enumerate(images):
        try:
            yield row, image.read()
        except DataError as error:
            unreadable[row] = str(error)


def _answer_batch(models, faces_of, engine, found):
    """Write the answers of models on a batch, {row: list of Face}, into {name: Answers}."""
    subjects = {row: choose_subject(faces) for row, faces in faces_of.items() if faces}
    counts = [sum(face.status != WHOLE_IMAGE for face in faces) for faces in faces_of.values()]
    for name, model in models.items():
        found[name].faces[list(faces_of)] = counts
        if subjects:
            expressions = model.expressions(list(subjects.values()), engine)
            found[name].probabilities[list(subjects)] = [list(expression.probabilities.values()) for expression in expressions]


def _measure_box(face):
    left, top, right, bottom = face.clipped_box
    return (right - left) * (bottom - top)
