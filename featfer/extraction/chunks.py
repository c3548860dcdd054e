"""Cut a data set into chunks of some hundred images, and compute and store the features of a chunk in one process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from featfer.errors import DataError, FeatferError, ParameterError, TransientError, is_out_of_memory
from featfer.faces import STATUSES, UNREADABLE, find_faces
from featfer.features import find_detection_settings, network_outputs
from featfer.images.pixels import make_batches
from featfer.store.shards import Shard
from featfer.typing import Integers, Mask, Pixels
from featfer.utils.fitted_files import register_files
from featfer.utils.npz import describe_failure

if TYPE_CHECKING:
    import pandas as pd

    from featfer.faces.face import Face
    from featfer.features.base import Feature
    from featfer.store.store import Store

UNREADABLE_ROW = (0, STATUSES.index(UNREADABLE), (np.nan,) * 4, np.nan)  # face, status, box, score


@dataclass(frozen=True)
class Chunk:
    """Images that are computed together: the unit of work, small enough to be sent to other machines.

    Attributes
    ----------
    references : list
        References to n images of a FaceSet.
    keys : list of str
        Their content keys.
    lacks : ndarray of bool, (n, features)
        Which features have to be computed.
    single : bool
        As in FaceSet.
    """

    references: list[Any]
    keys: list[str]
    lacks: Mask
    single: bool


class JobShard(NamedTuple):
    """The part of a data set for one job: every `of`-th chunk.

    Attributes
    ----------
    number : int
        From 1.
    of : int
        How many parts there are.
    """

    number: int = 1
    of: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


WHOLE = JobShard()


def parse_shard(text: str) -> JobShard:
    """Parse a text such as "2/4", the second of four parts.

    Parameters
    ----------
    text : str

    Returns
    -------
    JobShard

    Raises
    ------
    ParameterError
        If it is not two whole numbers from 1 with a slash between them, the first at most the second.
    """
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and len(of) < 9 and len(number) < 9 and 1 <= int(number) <= int(of)):
        raise ParameterError(f"shard {text!r}: give which of how many, from 1/4 to 4/4")
    return JobShard(int(number), int(of))


def cut_chunks(keys: pd.Series, size: int, shard: JobShard = WHOLE) -> list[Integers]:
    """Divide the distinct images of a data set into chunks, in the same way in every run.

    Parameters
    ----------
    keys : pandas.Series of str
        Content keys; of exact duplicates only the first is used.
    size : int
        Images in a chunk.
    shard : JobShard, optional

    Returns
    -------
    list of ndarray of int64, (up to size,)
        The rows of each chunk of the shard.
    """
    rows = np.flatnonzero(~keys.duplicated().to_numpy())
    return [rows[at:at + size] for at in range((shard.number - 1) * size, len(rows), shard.of * size)]


def find_incomplete(keys: pd.Series, rows: Integers, stored: list[set[str]]) -> tuple[Integers, Mask]:
    """Select the rows of a chunk that lack a feature.

    Parameters
    ----------
    keys : pandas.Series of str
        Content keys of the data set.
    rows : ndarray of int, (n,)
    stored : list of set of str
        For each feature, the content keys that the store has.

    Returns
    -------
    rows : ndarray of int, (m,)
    lacks : ndarray of bool, (m, features)
    """
    lacks = np.array([[key not in have for have in stored] for key in keys.iloc[rows]], bool)
    chosen = lacks.any(axis=1)
    return rows[chosen], lacks[chosen]


class ChunkResult(NamedTuple):
    """The result of a chunk.

    Attributes
    ----------
    images : int
    faces : int
        How many were found.
    failed : dict of str to str
        Reasons by content key of the images that could not be computed now; nothing is stored for them.
    """

    images: int
    faces: int
    failed: dict[str, str]


def compute(store: Store, features: list[Feature], files: Mapping[str, Any], chunk: Chunk) -> ChunkResult:
    """Compute the features of a chunk and store them.

    An exception on one image is a failure of this image only.

    Parameters
    ----------
    store : Store
    features : list of Feature
        With resolved fitted files.
    files : dict
        Path of each fitted file by reference.
    chunk : Chunk

    Returns
    -------
    ChunkResult

    Raises
    ------
    FeatferError
        When the cause is no image: a model file or the store is missing.
    """
    register_files(files)
    shards: list[list[Shard]] = [[] for _ in features]
    failed, faces = dict[str, str](), 0
    for batch in make_batches(_read_images(chunk, failed), lambda item: 0 if item.image is None else item.image.size):
        for found in _compute_batch(features, chunk, batch, failed):
            faces += found.faces
            for parts, part in zip(shards, found.shards, strict=True):
                parts += part
    for feature, parts in zip(features, shards, strict=True):
        if parts:
            store.put_shard(feature.key, Shard.join(parts))
    return ChunkResult(len(chunk.keys), faces, failed)


class _Item(NamedTuple):
    """An image of a chunk, or the reason why it is unreadable."""

    place: int  # index in the chunk
    image: Pixels | None
    reason: str


class _BatchResult(NamedTuple):
    shards: list[list[Shard]]  # for each feature, a list with a Shard, or empty
    faces: int


def _read_images(chunk: Chunk, failed: dict[str, str]) -> Iterator[_Item]:
    """Yield the _Item of each image; images that cannot be read now are added to the failures."""
    for place, (reference, key) in enumerate(zip(chunk.references, chunk.keys, strict=True)):
        try:
            yield _Item(place, reference.read(key), "")
        except TransientError as error:
            failed[key] = str(error)
        except DataError as error:
            yield _Item(place, None, str(error))
        except Exception as error:  # noqa: BLE001 - a reader may raise anything; the other images are still computed
            failed[key] = _find_reason(error)


def _compute_batch(features: list[Feature], chunk: Chunk, batch: Sequence[_Item], failed: dict[str, str]) -> list[_BatchResult]:
    """Return the results of a batch; if an image fails, compute each image alone and add that one to the failures."""
    try:
        return [_compute_together(features, chunk, batch)]
    except FeatferError:  # no image is the cause, but for example a model file
        raise
    except Exception as error:  # noqa: BLE001 - a library may raise anything; the other images are still computed
        reason = _find_reason(error)
    if len(batch) > 1:
        return [part for item in batch for part in _compute_batch(features, chunk, [item], failed)]
    failed[chunk.keys[batch[0].place]] = reason
    return []


def _compute_together(features: list[Feature], chunk: Chunk, batch: Sequence[_Item]) -> _BatchResult:
    settings = find_detection_settings(features)
    images = [([] if item.reason else find_faces(item.image, chunk.single, **settings), item.reason) for item in batch]
    outputs = network_outputs(features, [face for found, _ in images for face in found])
    shards = []
    for i, feature in enumerate(features):
        chosen = [(chunk.keys[item.place], image) for item, image in zip(batch, images, strict=True)
                  if chunk.lacks[item.place, i]]
        shards.append([_make_shard(feature, chosen, outputs)] if chosen else [])
    return _BatchResult(shards, sum(len(found) for found, _ in images))


def _find_reason(error: Exception) -> str:
    if isinstance(error, FeatferError):
        return str(error)
    if is_out_of_memory(error):
        return "not enough memory"
    return f"{type(error).__name__}: {describe_failure(error)}"


def _make_shard(feature: Feature, images: Sequence[tuple[str, tuple[list[Face], str]]], outputs: Any) -> Shard:
    """Compute a feature of the faces of images, (key, (faces, reason)) each; return its Shard."""
    rows, faces, places = list[Any](), [], []  # places: the rows that have a face
    for key, (found, reason) in images:
        if reason:
            rows.append((key, *UNREADABLE_ROW, reason))
        for number, face in enumerate(found):
            places.append(len(rows))
            faces.append(face)
            rows.append((key, number, STATUSES.index(face.status), face.box, face.score, ""))
    values = np.full((len(rows), feature.size), np.nan, feature.dtype)
    values[places] = feature.transform_outputs(faces, outputs)
    keys, numbers, status, boxes, scores, reasons = zip(*rows, strict=True)
    return Shard(np.array(keys), np.array(numbers, np.uint16), np.array(status, np.uint8), np.array(boxes, np.float32),
                 np.array(scores, np.float32), values, np.array(reasons))
