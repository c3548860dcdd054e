"""A source cut into chunks of some hundred images: each is read, looked at and stored by one process, wherever that runs."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from featfer.errors import DataError, FeatferError, ParameterError, TransientError, is_out_of_memory
from featfer.faces import STATUSES, UNREADABLE, find_faces
from featfer.features import detection_settings, network_outputs
from featfer.images.pixels import make_batches
from featfer.store.store import Shard
from featfer.utils.fitted_files import require
from featfer.utils.npz import reason_of

UNREADABLE_ROW = (0, STATUSES.index(UNREADABLE), (np.nan,) * 4, np.nan)  # face, status, box, score


@dataclass(frozen=True)
class Chunk:
    """Images that are computed together; small, for it is sent to other processes and machines.

    references: list of n images of a FaceSet; single: as the FaceSet says
    keys: list of str, the content key of each; lacks: bool (n, features), which features are to be computed of it
    """

    references: list
    keys: list
    lacks: np.ndarray
    single: bool


class JobShard(NamedTuple):
    """One of several equal shares of a source's chunks, the first is number 1: every so many chunks one."""

    number: int = 1
    of: int = 1

    def __str__(self):
        return f"{self.number}/{self.of}"


WHOLE = JobShard()


def parse_shard(text):
    """Return the Share that "2/4" means, the second of four; raise ParameterError for what means none."""
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and len(of) < 9 and len(number) < 9 and 1 <= int(number) <= int(of)):
        raise ParameterError(f"shard {text!r}: give which of how many, from 1/4 to 4/4")
    return JobShard(int(number), int(of))


def cut(keys, size, share=WHOLE):
    """Return the rows of each chunk of a share, int64 (up to `size`,) each; the cut is the same in every run.

    keys: pandas Series of content keys; of rows that are copies of each other, the first is taken
    """
    rows = np.flatnonzero(~keys.duplicated().to_numpy())
    return [rows[at:at + size] for at in range((share.number - 1) * size, len(rows), share.of * size)]


def lacking(keys, rows, stored):
    """Return (rows, lacks) of those of a chunk's rows that lack a feature; stored: a set of content keys for each feature."""
    lacks = np.array([[key not in have for have in stored] for key in keys.iloc[rows]], bool)
    chosen = lacks.any(axis=1)
    return rows[chosen], lacks[chosen]


class Done(NamedTuple):
    """What came of a chunk: how many images it has, how many faces were found, and {content key: reason} of the images that
    could not be computed at this time, of which nothing is stored."""

    images: int
    faces: int
    failed: dict[str, str]


def compute(store, features, files, chunk):
    """Compute and store the shards of a chunk's images; return a Done.

    features: list of Feature, pinned; files: {reference: path} of their fitted files
    An exception on one image is a failure of that image. Raises FeatferError for what no image is the cause of: a model file or
    the store is not there.
    """
    require(files)
    shards, failed, faces = [[] for _ in features], {}, 0
    for batch in make_batches(_read(chunk, failed), lambda item: 0 if item.reason else item.image.size):
        for found in _described(features, chunk, batch, failed):
            faces += found.faces
            for parts, part in zip(shards, found.shards, strict=True):
                parts += part
    for feature, parts in zip(features, shards, strict=True):
        if parts:
            store.put_shard(feature.key, Shard.joined(parts))
    return Done(len(chunk.keys), faces, failed)


class _Item(NamedTuple):
    """An image of a chunk, or the reason that it is none; place: in the chunk."""

    place: int
    image: np.ndarray | None
    reason: str


class _Described(NamedTuple):
    shards: list  # for each feature, a list of a Shard or none
    faces: int


def _read(chunk, failed):
    """Yield the _Item of each image; those that cannot be read at this time are added to the failures."""
    for place, (reference, key) in enumerate(zip(chunk.references, chunk.keys, strict=True)):
        try:
            yield _Item(place, reference.read(key), "")
        except TransientError as error:
            failed[key] = str(error)
        except DataError as error:
            yield _Item(place, None, str(error))
        except Exception as error:  # noqa: BLE001 - a reader may raise anything; the other images are to be computed
            failed[key] = _reason(error)


def _described(features, chunk, batch, failed):
    """Return the _Described of some _Items, in parts where one of them fails; that one is added to the failures."""
    try:
        return [_describe(features, chunk, batch)]
    except FeatferError:  # of a model file, say: no image is the cause
        raise
    except Exception as error:  # noqa: BLE001 - a library may raise anything; the other images are to be computed
        reason = _reason(error)
    if len(batch) > 1:
        return [part for item in batch for part in _described(features, chunk, [item], failed)]
    failed[chunk.keys[batch[0].place]] = reason
    return []


def _describe(features, chunk, batch):
    how = detection_settings(features)
    images = [([] if item.reason else find_faces(item.image, chunk.single, **how), item.reason) for item in batch]
    outputs = network_outputs(features, [face for found, _ in images for face in found])
    shards = []
    for i, feature in enumerate(features):
        chosen = [(chunk.keys[item.place], both) for item, both in zip(batch, images, strict=True)
                  if chunk.lacks[item.place, i]]
        shards.append([_shard(feature, *zip(*chosen, strict=True), outputs)] if chosen else [])
    return _Described(shards, sum(len(found) for found, _ in images))


def _reason(error):
    if isinstance(error, FeatferError):
        return str(error)
    if is_out_of_memory(error):
        return "not enough memory"
    return f"{type(error).__name__}: {reason_of(error)}"


def _shard(feature, keys, images, outputs):
    rows, faces, places = [], [], []  # places: the rows that have a face
    for key, (found, reason) in zip(keys, images, strict=True):
        if reason:
            rows.append((key, *UNREADABLE_ROW, reason))
        for number, face in enumerate(found):
            places.append(len(rows))
            faces.append(face)
            rows.append((key, number, STATUSES.index(face.status), face.box, face.score, ""))
    values = np.full((len(rows), feature.size), np.nan, feature.dtype)
    values[places] = feature.transform_passed(faces, outputs)
    key, number, status, box, score, reason = zip(*rows, strict=True)
    return Shard(np.array(key), np.array(number, np.uint16), np.array(status, np.uint8), np.array(box, np.float32),
                 np.array(score, np.float32), values, np.array(reason))
