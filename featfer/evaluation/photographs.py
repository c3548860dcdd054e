"""What finished models answer on labelled photographs, without a store: one face of each photo, or none."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from featfer.datasets import find_dataset
from featfer.datasets.columns import get_column
from featfer.datasets.faceset import UNLABELLED
from featfer.errors import DataError, ParameterError
from featfer.faces import FOUND
from featfer.features.detection import check_no_face, find_faces_for
from featfer.features.dlibnet.feature import engine_for
from featfer.images.pixels import make_batches
from featfer.labels import map_known_labels
from featfer.utils.progress import bar


@dataclass(frozen=True)
class Photographs:
    """The photos of a data set whose labels have a place among some classes.

    Attributes
    ----------
    source : str
    ids : ndarray of str, (n,)
        Names of the photos.
    names : tuple of str
        The classes.
    truth : ndarray of int, (n,)
        The class of each photo.
    subjects : ndarray of str, (n,), or None
        The person in each photo, "" if unknown.
    left_out : dict of str to int
        How many photos there are of each label that has no place, and of none ("").
    unreadable : tuple of str
        Why photos could not be read, which are left out too; a sentence each.
    columns : dict of str to ndarray of object, (n,)
        Further columns of the data set, texts.
    """

    source: str
    ids: np.ndarray
    names: tuple[str, ...]
    truth: np.ndarray
    subjects: np.ndarray | None = None
    left_out: dict[str, int] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    columns: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self):
        return len(self.ids)

    def keep(self, rows):
        """Return the Photographs in some rows, an index of numpy."""
        subjects = None if self.subjects is None else self.subjects[rows]
        columns = {name: column[rows] for name, column in self.columns.items()}
        return replace(self, ids=self.ids[rows], truth=self.truth[rows], subjects=subjects, columns=columns)


@dataclass(frozen=True)
class Answers:
    """What a model answered on photographs.

    Attributes
    ----------
    probabilities : ndarray of float, (n, classes)
        NaN for photos without a face.
    faces : ndarray of int, (n,)
        How many faces were found in each photo.
    """

    probabilities: np.ndarray
    faces: np.ndarray

    @property
    def has_answer(self):
        """Whether the model answered on each photo, ndarray of bool (n,)."""
        return ~np.isnan(self.probabilities[:, 0])


def load_photographs(source, label_set, codes=None, columns=()):
    """Load a labelled data set, with its labels mapped by `featfer.labels.map_known_labels`.

    Parameters
    ----------
    source : path
        Any labelled data set that featfer knows; for instance class folders, or a csv of paths and labels.
    label_set : LabelSet
        Of the model.
    codes : str, optional
        As for `featfer.datasets.find_dataset`.
    columns : sequence of str
        Names of columns to read too, as for `featfer.datasets.columns.get_column`.

    Returns
    -------
    faceset : FaceSet
        All of it.
    rows : ndarray of int, (n,)
        Its rows whose label has a place.
    photographs : Photographs
        Of these rows.

    Raises
    ------
    DataError
        When there is no such data set or column, or no label has a place.
    """
    faceset = find_dataset(source, codes).load(source)
    if faceset.label_set is None:
        raise DataError(f"{source}: has no labels; give class folders, or a csv of path and label")
    mapping = np.array([*map_known_labels(faceset.label_set, label_set), UNLABELLED])  # the last is that of UNLABELLED
    mapped, names = mapping[faceset.labels], [*faceset.label_set.names, ""]
    rows = np.flatnonzero(mapped != UNLABELLED)
    if not len(rows):
        title = faceset.label_set.name
        raise DataError(f"{source}: none of its labels, {', '.join(faceset.label_set.names):.200}, has a place among "
                        f"{', '.join(label_set.names)}; --labels FILE.toml can map them, in a table [from.{title}]")
    left_out = Counter(names[label] for label in faceset.labels[mapped == UNLABELLED].tolist())
    subjects = None if faceset.subjects is None else faceset.subjects[rows]
    further = {name: get_column(faceset, name)[rows] for name in columns}
    return faceset, rows, Photographs(faceset.name or faceset.path.name, faceset.ids[rows], label_set.names, mapped[rows],
                                      subjects, dict(left_out), columns=further)


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
        As for `featfer.recognizer.FaceModel.predict`.
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
        As for `featfer.recognizer.FaceModel.predict`.
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
    counts = [sum(face.status == FOUND for face in faces) for faces in faces_of.values()]
    for name, model in models.items():
        found[name].faces[list(faces_of)] = counts
        if subjects:
            expressions = model.expressions(list(subjects.values()), engine)
            found[name].probabilities[list(subjects)] = [list(expression.probabilities.values()) for expression in expressions]


def _measure_box(face):
    left, top, right, bottom = face.clipped_box
    return (right - left) * (bottom - top)
