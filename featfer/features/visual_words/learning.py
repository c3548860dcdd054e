"""A codebook of visual words, learnt from a data set's training images."""

import warnings

import numpy as np

from featfer.datasets import find_dataset
from featfer.errors import DataError, ParameterError
from featfer.faces import find_faces
from featfer.features.bovw import BoVW
from featfer.features.visual_words.fisher import Codebook, placed
from featfer.features.visual_words.sift import PLACES, dense_sift
from featfer.utils.files import write_atomically
from featfer.utils.outputs import ARRAYS, check_output, identities
from featfer.utils.progress import bar

COMPONENTS = 48
DESCRIPTORS = 30  # of a face
ROUNDS = 20       # of expectation and maximization: the words' figures on FER2013 do not gain by more


def make_codebook(source, out, words=128, seed=0, images=3000, overwrite=False):
    """Learn a codebook from some images of a source's training split and write it; return (Codebook, faces seen).

    source: path of a data set; out: path of the file (.npz); words: how many; images: at most so many, drawn at random
    overwrite: may a file of arrays that is there be replaced

    Principal components of dense SIFT, and over them a mixture of Gaussians that starts at the centres of k-means
    (Perronnin et al. 2010). Raises DataError without training images or faces, ParameterError for words or images that
    cannot be, or are too many for what was seen.
    """
    if words < 1 or images < 1:
        raise ParameterError(f"words {words}, images {images}: both are 1 at least")
    check_output(out, ARRAYS, identities([source]), overwrite)
    draw = np.random.default_rng(seed)
    samples = [_sample(face, draw) for face in _faces(source, draw, images)]
    if not samples:
        raise DataError(f"{source}: no face in its training images")
    descriptors, places = map(np.concatenate, zip(*samples, strict=True))
    if len(descriptors) < max(words, COMPONENTS):
        raise ParameterError(f"words {words}: only {len(descriptors)} descriptors of {len(samples)} faces to learn them from")
    codebook = _learn(descriptors, places, words, seed)
    with write_atomically(out, ARRAYS) as file:
        codebook.write(file)
    return codebook, len(samples)


def _faces(source, draw, images):
    """Yield the faces of randomly drawn training images."""
    faceset = find_dataset(source).load(source)
    rows = draw.permutation(np.flatnonzero(faceset.splits == "train"))[:images]
    for row in bar(rows.tolist(), desc="looking at faces", unit=" images"):
        yield from find_faces(faceset.images[row].read(str(faceset.keys[row])), faceset.single)


def _sample(face, draw):
    rows = draw.choice(len(PLACES), DESCRIPTORS, replace=False)
    return dense_sift(BoVW().grey(face))[rows], PLACES[rows]


def _learn(descriptors, places, words, seed):
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import PCA
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    components = PCA(COMPONENTS, svd_solver="covariance_eigh").fit(descriptors)
    values = placed(components.transform(descriptors), places)
    start = MiniBatchKMeans(words, random_state=seed, n_init=1).fit(values).cluster_centers_
    mixture = GaussianMixture(words, covariance_type="diag", max_iter=ROUNDS, means_init=start, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(values)
    learnt = (components.mean_, components.components_.T, mixture.weights_, mixture.means_, np.sqrt(mixture.covariances_))
    return Codebook(*(np.ascontiguousarray(array, np.float32) for array in learnt))
