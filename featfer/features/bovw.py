"""A bag of visual words: local descriptors of the face, summarised with a codebook learnt from training images."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from featfer.errors import BundleError, ParameterError
from featfer.faces import PLAIN
from featfer.features.base import GreyFeature
from featfer.features.visual_words.fisher import Codebook
from featfer.features.visual_words.sift import SIDE, dense_sift
from featfer.utils.fitted_files import content_of, reference_of

if TYPE_CHECKING:
    from featfer.superres.enlarging import Enlargement
    from featfer.typing import Floats, Path, Pixels


class BoVW(GreyFeature):
    """The Fisher vector of dense SIFT descriptors and their positions; float32 (n, 2 x words x 50), of length 1.

    Parameters
    ----------
    codebook : str or Path
        A file made by `featfer codebook`; a saved recognizer contains it.
    align, view, superres, smallest
        As for `ChipFeature`.

    References
    ----------
    Ionescu et al. 2013 (visual words for expressions); Simonyan et al. 2013 (Fisher vectors of faces).
    """

    name = "bovw"
    argument = "codebook"
    fitted_params = ("codebook",)
    side = SIDE

    def __init__(self, codebook: Path | None = None, align: str = "5", view: str = PLAIN,
                 superres: Path | Enlargement | None = None, smallest: float | None = None) -> None:
        self.codebook = codebook
        self.align = align
        self.view = view
        self.superres = superres
        self.smallest = smallest

    @property
    def size(self) -> int:
        return self.words.size

    @property
    def words(self) -> Codebook:
        """The Codebook. Raises BundleError for another kind of file, MissingError when there is no such file."""
        try:
            return _read_codebook(reference_of(self.codebook or ""))
        except ValueError as error:
            raise BundleError(f"{self.codebook}: not a codebook ({error}); `featfer codebook` makes one") from None

    def check(self) -> None:
        super().check()
        if not self.codebook:
            raise ParameterError("bovw: name a codebook, bovw:FILE.npz; `featfer codebook SOURCE --out FILE.npz` makes one")
        _ = self.words

    def describe(self, chip: Pixels) -> Floats:
        return self.words.encode(dense_sift(chip))


@functools.lru_cache(maxsize=4)
def _read_codebook(reference: str) -> Codebook:
    return Codebook.read(content_of(reference))
