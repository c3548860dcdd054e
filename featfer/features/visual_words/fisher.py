"""Visual words: a mixture of Gaussians over local descriptors, and what a face differs from it by.

scikit-image has Fisher vectors too; docs/libraries.md says why they are not used here.
"""

from dataclasses import asdict, dataclass

import numpy as np

from featfer.features.visual_words.sift import PLACES
from featfer.utils.npz import read_content

FORMAT = "featfer codebook 1"
SMALLEST, LARGEST = 1e-9, 1e6  # of what is learnt from images; beyond, encoding would overflow
PLACE_WEIGHT = 2.0  # of a descriptor's place beside its components, whose variances sum to some 2


@dataclass(frozen=True)
class Codebook:
    """What `featfer codebook` learns: the descriptors' components, and k visual words among them; all float32.

    mean (128,), axes (128, c): a descriptor less the mean, times the axes, gives its c components
    weights (k,), centres and deviations (k, c + 2): the words, over the components and the place (row, column)
    """

    mean: np.ndarray
    axes: np.ndarray
    weights: np.ndarray
    centres: np.ndarray
    deviations: np.ndarray

    @classmethod
    def read(cls, content):
        """Return the codebook of a file's content (bytes); raise ValueError where that is none."""
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

    def write(self, file):
        """Write the codebook to an open binary file (.npz)."""
        np.savez(file, format=FORMAT, **asdict(self))

    @property
    def size(self):
        """The length of an encoded face."""
        return 2 * self.centres.size

    def encode(self, descriptors):
        """Return the Fisher vector of a face's descriptors, (841, 128) -> float32 (size,), of length 1.

        The mean gradient by the words' centres and deviations, then signed square roots (Perronnin et al. 2010); a
        descriptor's place counts among its components, as in Simonyan et al. 2013 for faces.
        """
        values = placed((descriptors - self.mean) @ self.axes, PLACES)
        share = self._shares(values)
        count, first, second = share.sum(axis=0)[:, None], share.T @ values, share.T @ values**2
        root, centres, deviations = np.sqrt(self.weights)[:, None], self.centres, self.deviations
        by_centre = (first - centres * count) / (deviations * root)
        by_deviation = ((second - 2 * centres * first + centres**2 * count) / deviations**2 - count) / (root * np.sqrt(2))
        gradient = np.concatenate([by_centre.ravel(), by_deviation.ravel()]) / len(values)
        return np.sign(gradient) * np.sqrt(np.abs(gradient) / max(np.abs(gradient).sum(), 1e-12))

    def _shares(self, values):
        """Return the share of each word in each descriptor, float32 (n, k)."""
        from scipy.special import softmax
        variances = self.deviations**2
        heights = np.log(self.weights) - (np.log(self.deviations) + self.centres**2 / variances / 2).sum(axis=1)
        return softmax(values @ (self.centres / variances).T - values**2 @ (0.5 / variances).T + heights, axis=1)


def placed(components, places):
    """Return components (n, c) with their places (n, 2) beside them, weighted, float32 (n, c + 2)."""
    return np.hstack([components, PLACE_WEIGHT * places]).astype(np.float32)
