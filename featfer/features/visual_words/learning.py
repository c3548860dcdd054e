"""A codebook of visual words, learnt from a data set's training images."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from featfer.datasets import find_dataset
from featfer.errors import DataError, ParameterError
from featfer.faces import find_faces
from featfer.features.bovw import BoVW
from featfer.features.visual_words.fisher import Codebook, append_positions
from featfer.features.visual_words.sift import POSITIONS, dense_sift
from featfer.utils.files import write_atomically
from featfer.utils.outputs import ARRAYS, check_output, identify_files
from featfer.utils.progress import bar
from featfer.utils.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featfer.faces import Face
    from featfer.typing import Floats, Path

COMPONENTS = 48
DESCRIPTORS = 30  # per face
ROUNDS = 20       # of expectation maximization: more do not raise accuracy on FER2013


def make_codebook(source: Path, out: Path, words: int = 128, seed: int = 0, images: int = 3000,
                  overwrite: bool = False) -> tuple[Codebook, int]:
    """Learn a codebook from images of a source's training split, and write it.

    Parameters
    ----------
    source, out : str or Path
        A data set, and the codebook's file (.npz).
    words, seed, images, overwrite : int, int, int, bool
        Number of visual words; seed; the most images to sample; whether an existing file of arrays may be replaced.

    Returns
    -------
    (Codebook, int)
        The codebook, and the number of faces used.

    Raises
    ------
    DataError, ParameterError
        Without training faces; for words or images below 1, or more words than descriptors.

    Notes
    -----
    Principal components of dense SIFT; a mixture of Gaussians, started with the centres of k-means (Perronnin et al. 2010).
    """
    _check_counts(words, images)
    check_output(out, ARRAYS, identify_files([source]), overwrite)
    rng = np.random.default_rng(seed)
    samples = [_sample(face, rng) for face in _find_training_faces(source, rng, images)]
    if not samples:
        raise DataError(f"{source}: no face in its training images")
    descriptors, positions = map(np.concatenate, zip(*samples, strict=True))
    if len(descriptors) < max(words, COMPONENTS):
        seen = f"{count(len(descriptors), 'descriptor')} of {count(len(samples), 'face')}"
        raise ParameterError(f"words {words}: only {seen} to learn them from")
    codebook = _learn(descriptors, positions, words, seed)
    with write_atomically(out, ARRAYS) as file:
        codebook.write(file)
    return codebook, len(samples)


def _check_counts(words: int, images: int) -> None:
    if words < 1 or images < 1:
        raise ParameterError(f"words {words}, images {images}: both are 1 at least")


def _find_training_faces(source: Path, rng: np.random.Generator, images: int) -> Iterator[Face]:
    """Yield the faces in a random sample of the training images."""
    faceset = find_dataset(source).load(source)
    rows = rng.permutation(np.flatnonzero(faceset.splits == "train"))[:images]
    for row in bar(rows.tolist(), desc="looking at faces", unit=" images"):
        yield from find_faces(faceset.images[row].read(str(faceset.keys[row])), faceset.single)


def _sample(face: Face, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return a random sample of a face's descriptors, and their positions."""
    rows = rng.choice(len(POSITIONS), DESCRIPTORS, replace=False)
    return dense_sift(BoVW().grey(face))[rows], POSITIONS[rows]


def _learn(descriptors: Floats, positions: Floats, words: int, seed: int) -> Codebook:
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import PCA
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    components = PCA(COMPONENTS, svd_solver="covariance_eigh").fit(descriptors)
    values = append_positions(components.transform(descriptors), positions)
    centres = MiniBatchKMeans(words, random_state=seed, n_init=1).fit(values).cluster_centers_
    mixture = GaussianMixture(words, covariance_type="diag", max_iter=ROUNDS, means_init=centres, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(values)
    arrays = (components.mean_, components.components_.T, mixture.weights_, mixture.means_, np.sqrt(mixture.covariances_))
    return Codebook(*(np.ascontiguousarray(array, np.float32) for array in arrays))
