"""Reading images as the first step of a scikit-learn pipeline."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from featfer.images.several import read_images, require_images, to_iterable
from featfer.utils.transformers import ListTransformer

if TYPE_CHECKING:
    from featfer.typing import Images, Pixels


class ImageLoader(ListTransformer):
    """A step of a scikit-learn pipeline that reads images: upright, 8 bits, grey or RGB.

    Notes
    -----
    A pipeline with `memory=` knows files by their names: empty its folder when the files change.

    Examples
    --------
    >>> import numpy as np
    >>> from featfer import ImageLoader
    >>> [image.shape for image in ImageLoader().transform([np.zeros((48, 48)), np.zeros((60, 40, 4))])]
    [(48, 48), (60, 40, 3)]
    """

    output_name = "image"

    def transform(self, X: Images) -> list[Pixels]:
        """Read images.

        Parameters
        ----------
        X : image or iterable of images
            File names, bytes, open binary files, PIL images or arrays (h, w), (h, w, 1), (h, w, 3) or (h, w, 4); an array with
            one more axis is several images. Also a Series, a data frame with one column or an array of file names.

        Returns
        -------
        list of uint8 array
            (h, w) grey or (h, w, 3) RGB each. After `set_output(transform="pandas")` the images of a Series are a Series.

        Raises
        ------
        ParameterError
            For what is no image.
        DataError
            For an image that cannot be read.
        """
        names: deque[Any] = deque()
        return self.keep_index(list(read_images(require_images(to_iterable(X)), names)), X)
