"""Visual words: a mixture of Gaussians over local descriptors, and the Fisher vector of a face under it.

scikit-image has Fisher vectors too; docs/libraries.md says why they are not used here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, BinaryIO, Self

import numpy as np

from featfer.features.visual_words.sift import POSITIONS
from featfer.utils.npz import read_content

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from featfer.typing import Floats

FORMAT = "featfer codebook 1"
SMALLEST, LARGEST = 1e-9, 1e6  # of values learnt from images; beyond them, encoding would overflow
POSITION_WEIGHT = 2.0  # of a descriptor's position; the variances of its components sum to about 2


@dataclass(frozen=True)
class Codebook:
    """What `featfer codebook` learns: principal components of the descriptors, and k visual words; all arrays are float32.

    Attributes
    ----------
    mean : array (128,)
        Of the descriptors.
    axes : array (128, c)
        The principal components.
    weights : array (k,)
        Of the words in the mixture.
    centres, deviations : array (k, c + 2)
        Of the words, over the components and the position (row, column).
    """

    mean: np.ndarray
    axes: np.ndarray
    weights: np.ndarray
    centres: np.ndarray
    deviations: np.ndarray

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Return the codebook in a file's content (bytes); raise ValueError if it is none."""
        arrays = read_content(content, ("format", *cls.__dataclass_fields__))
        if str(arrays.pop("format")) != FORMAT:
            raise ValueError(f"its format is not {FORMAT!r}")
        shapes = [array.shape for array in arrays.values()]
        (_, count), (words, _) = (shape if len(shape) == 2 else (0, 0) for shape in (shapes[1], shapes[3]))
        if shapes != [(128,), (128, count), (words,), (words, count + 2), (words, count + 2)] or not words:
            raise ValueError("its arrays do not fit together")
        if not all(array.dtype == np.float32 and (np.abs(array) < LARGEST).all() for array in arrays.values()):
            raise ValueError("its arrays are not all of numbers that occur")
        if min(arrays["weights"].min(), arrays["deviations"].min()) < SMALLEST:
            raise ValueError("its words have no weight, or no width")
        return cls(**arrays)

    def write(self, file: BinaryIO) -> None:
        """Write the codebook to an open binary file (.npz)."""
        np.savez(file, format=FORMAT, **asdict(self))

    @property
    def size(self) -> int:
        """Length of the Fisher vector of a face (int)."""
        return 2 * self.centres.size

    def encode(self, descriptors: Floats) -> Floats:
        """Return the Fisher vector of a face's descriptors.

        Parameters
        ----------
        descriptors : float array (841, 128)
            As `featfer.features.visual_words.sift.dense_sift` returns them.

        Returns
        -------
        float32 array (size,)
            Of length 1.

        Notes
        -----
        The mean gradient with respect to the words' centres and deviations, then signed square roots (Perronnin et al. 2010). A
        descriptor's position is appended to its components, as Simonyan et al. 2013 do for faces.
        """
        values = append_positions((descriptors - self.mean) @ self.axes, POSITIONS)
        posteriors = self._compute_posteriors(values)
        count, first, second = posteriors.sum(axis=0)[:, None], posteriors.T @ values, posteriors.T @ values**2
        root, centres, deviations = np.sqrt(self.weights)[:, None], self.centres, self.deviations
        by_centre = (first - centres * count) / (deviations * root)
        by_deviation = ((second - 2 * centres * first + centres**2 * count) / deviations**2 - count) / (root * np.sqrt(2))
        gradient = np.concatenate([by_centre.ravel(), by_deviation.ravel()]) / len(values)
        return np.sign(gradient) * np.sqrt(np.abs(gradient) / max(np.abs(gradient).sum(), 1e-12))

    def _compute_posteriors(self, values: Floats) -> Floats:
        """Return the posterior probability of each word for each descriptor, float32 (n, k)."""
        from scipy.special import softmax
        variances = self.deviations**2
        offsets = np.log(self.weights) - (np.log(self.deviations) + self.centres**2 / variances / 2).sum(axis=1)
        return softmax(values @ (self.centres / variances).T - values**2 @ (0.5 / variances).T + offsets, axis=1)


def append_positions(components: Floats, positions: Floats) -> NDArray[np.float32]:
    """Return components (n, c) with their weighted positions (n, 2) appended, float32 (n, c + 2)."""
    return np.hstack([components, POSITION_WEIGHT * positions]).astype(np.float32)
