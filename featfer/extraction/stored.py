"""A feature store as the cache of a step in a scikit-learn pipeline."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.datasets.digests import make_file_key
from featfer.datasets.faceset import ImageFile
from featfer.errors import DataError, ParameterError
from featfer.extraction.chunks import Chunk, compute
from featfer.features.base import Feature
from featfer.images.several import to_iterable
from featfer.store.looking_up import StoredImage, look_up
from featfer.store.store import Store
from featfer.utils.transformers import StatelessTransformer

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from numpy.typing import NDArray

    from featfer.typing import Path

CHUNK = 256  # images that are computed before they are stored together


class StoredFeatures(StatelessTransformer):
    """A step of a scikit-learn pipeline from image files to a feature of them, which a store keeps.

    What the store has, from `featfer extract` or from here, is read; what it lacks is computed and added.

    Parameters
    ----------
    store : str or Path
        The store's folder; it is made if it does not exist.
    feature : Feature
        Such as `featfer.Stage("128x8x8")`.
    single : bool
        Whether each image shows one face, so that the best detection is taken however low its score, as `featfer extract`
        does for labelled data sets. False is for photos as it extracts them without labels.

    Notes
    -----
    An image is known by the content of its file and by `single`, not by its name. The values are those that the store keeps,
    which for most features are float16; a model that is trained on them and asked with this step sees the same rounding. Each
    call adds one file to the store for every 256 images that it computes: extract large sets with `featfer extract` first.

    Examples
    --------
    >>> from featfer import Stage, StoredFeatures
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.svm import SVC
    >>> model = make_pipeline(StoredFeatures("store", Stage("128x8x8")), SVC())
    >>> model.fit(["anna.jpg", "ben.jpg"], ["happy", "sad"])  # doctest: +SKIP
    """

    def __init__(self, store: Path, feature: Feature, single: bool = True) -> None:
        self.store = store
        self.feature = feature
        self.single = single

    def check(self) -> None:
        """Raise ParameterError for an invalid parameter, or MissingError for a file or device that is not there."""
        if not isinstance(self.feature, Feature):
            raise ParameterError(f"feature {self.feature!r}: give one of featfer's, such as Stage(\"128x8x8\")")
        if not isinstance(self.store, (str, os.PathLike)):
            raise ParameterError(f"store {self.store!r}: give the name of its folder")
        self.feature.check()

    def transform(self, X: Path | Iterable[Path]) -> NDArray[np.float32]:
        """Look up the feature of the best face of each image, or compute and store it.

        Parameters
        ----------
        X : file name, or iterable of file names
            Also a Series, a data frame with one column or an array of them.

        Returns
        -------
        float32 array (n, size)

        Raises
        ------
        ParameterError
            For an invalid parameter, or what is no file name.
        DataError
            For an image that cannot be read.
        StoreError, WriteError
            When the folder is no store, a file in it is damaged, or it cannot be written to.
        """
        self.check()
        paths = [_require_name(number, name) for number, name in enumerate(to_iterable(X), 1)]
        keys = [make_file_key(path, single=self.single) for path in paths]
        store, (feature, files) = Store(self.store, create=True), self.feature.resolve_fitted_files()
        files_by_key: dict[str, FilePath | str] = dict(zip(keys, paths, strict=True))
        found = look_up(store, feature.key, files_by_key)
        if missing := {key: path for key, path in files_by_key.items() if key not in found}:
            _compute(store, feature, files, missing, self.single)
            found |= look_up(store, feature.key, missing)
        rows = [_require_face(path, found.get(key)) for key, path in zip(keys, paths, strict=True)]
        return np.stack(rows) if rows else np.empty((0, feature.size), np.float32)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the columns, those of the feature."""
        return self.feature.get_feature_names_out(input_features)


def _require_name(number: int, name: Any) -> str:
    if not isinstance(name, (str, os.PathLike)):
        raise ParameterError(f"image {number} is of type {type(name).__name__}: a store knows images by their files; give file "
                             "names")
    return os.fspath(name)


def _compute(store: Store, feature: Feature, files: dict[str, str], missing: dict[str, Any], single: bool) -> None:
    """Compute and store a feature of files, {content key: path}; raise DataError for one that cannot be read now."""
    store.open_feature(feature)
    items = list(missing.items())
    for at in range(0, len(items), CHUNK):
        keys, paths = zip(*items[at:at + CHUNK], strict=True)
        chunk = Chunk([ImageFile(path) for path in paths], list(keys), np.ones((len(keys), 1), bool), single)
        failed = compute(store, [feature], files, chunk).failed
        if failed:
            key, reason = next(iter(failed.items()))
            raise DataError(f"{missing[key]}: {reason.removeprefix(f'{missing[key]}: ')}")


def _require_face(path: str, stored: StoredImage | None) -> NDArray[np.float32]:
    if stored is None:
        raise DataError(f"{path}: changed while it was read; try again")
    if stored.rank:
        raise DataError(f"{path}: {stored.reason.removeprefix(f'{path}: ')}")
    return stored.values
