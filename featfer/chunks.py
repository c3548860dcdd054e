"""A source cut into chunks of some hundred images: each is read, looked at and stored by one process, wherever that runs."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from featfer.errors import DataError, ParameterError
from featfer.faces import STATUSES, UNREADABLE, find_faces
from featfer.features import load_torch, looking_with, share_pass
from featfer.images import batches
from featfer.store import Shard

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


class Share(NamedTuple):
    """One of several equal shares of a source's chunks, the first is number 1: every so many chunks one."""

    number: int = 1
    of: int = 1

    def __str__(self):
        return f"{self.number}/{self.of}"


WHOLE = Share()


def share_of(text):
    """Return the Share that "2/4" means, the second of four; raise ParameterError for what means none."""
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and len(of) < 9 and len(number) < 9 and 1 <= int(number) <= int(of)):
        raise ParameterError(f"shard {text!r}: give which of how many, from 1/4 to 4/4")
    return Share(int(number), int(of))


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


def compute(store, features, chunk):
    """Compute and store the shards of a chunk's images; return how many images they were, and how many faces."""
    load_torch(features)  # for the first faces too: what is stored does not hang on how the work was shared
    shards, how = [[] for _ in features], looking_with(features)
    at = faces = 0
    for batch in batches(map(_read, chunk.references), lambda item: 0 if item[1] else item[0].size):
        images = [([] if reason else find_faces(image, chunk.single, **how), reason) for image, reason in batch]
        here = slice(at, at + len(images))
        share_pass(features, [face for found, _ in images for face in found])
        for i, feature in enumerate(features):
            chosen = [both for *both, lacks in zip(chunk.keys[here], images, chunk.lacks[here, i], strict=True) if lacks]
            if chosen:
                shards[i].append(_shard(feature, *zip(*chosen, strict=True)))
        at = here.stop
        faces += sum(len(found) for found, _ in images)
    for feature, parts in zip(features, shards, strict=True):
        if parts:
            store.put_shard(feature.key, Shard.joined(parts))
    return len(chunk.keys), faces


def _read(reference):
    """Return (image, "") or (None, reason that it cannot be read)."""
    try:
        return reference.read(), ""
    except DataError as error:
        return None, str(error)


def _shard(feature, keys, images):
    rows, faces, places = [], [], []  # places: the rows that have a face
    for key, (found, reason) in zip(keys, images, strict=True):
        if reason:
            rows.append((key, *UNREADABLE_ROW, reason))
        for number, face in enumerate(found):
            places.append(len(rows))
            faces.append(face)
            rows.append((key, number, STATUSES.index(face.status), face.box, face.score, ""))
    values = np.full((len(rows), feature.size), np.nan, feature.dtype)
    values[places] = feature.transform(faces)
    key, number, status, box, score, reason = zip(*rows, strict=True)
    return Shard(np.array(key), np.array(number, np.uint16), np.array(status, np.uint8), np.array(box, np.float32),
                 np.array(score, np.float32), values, np.array(reason))
