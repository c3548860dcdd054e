"""Images in, cached features out, over one process or many."""

import functools
import os
import threading
import time
from dataclasses import dataclass

import numpy as np

from featfer.datasets import UNLABELLED, find_dataset
from featfer.datasets.faceset import SPLITS
from featfer.environment import usable_cores
from featfer.errors import DataError, FeatferError
from featfer.faces import FOUND, STATUSES, UNREADABLE, WHOLE_IMAGE, find_faces
from featfer.features import load_torch, share_pass
from featfer.images import batches
from featfer.progress import bar
from featfer.store import Shard, Store

SHARD_IMAGES = 256
UNREADABLE_ROW = (0, STATUSES.index(UNREADABLE), (np.nan,) * 4, np.nan)  # face, status, box, score


@dataclass(frozen=True)
class Summary:
    """What an extraction came to: counts of images and of faces, over the whole source."""

    images: int
    computed: int            # distinct images that this run had to look at
    seconds: float           # of this run
    found: int               # faces that the detector found
    whole_image: int         # images where it found none
    unreadable: dict[str, str]  # reasons by image
    skipped: list[str]       # bad rows left out
    label_set: str | None    # its name
    splits: dict[str, int]   # labelled images by split
    unlabelled: int          # images


def extract(source, store, features, jobs=None, skip_bad=False, dataset=None, drawing=None):
    """Compute what the store lacks of a source's features; return a Summary.

    source: path of what one of featfer.datasets.DATASETS accepts
    store: path of the store's folder, made where there is none
    features: list of Feature
    jobs: processes (default: as many as there are cores to use); one forward pass at a time in each
    skip_bad: leave out bad rows of the source instead of raising DataError
    dataset: what loads it (default: find_dataset); another is featfer.datasets.with_votes
    drawing: a featfer.datasets.splitting.Drawing of splits for a source that comes without; without one, those that the
    store has of it stay

    Interrupted, it keeps every finished shard; called again, it does the rest.
    """
    start = time.perf_counter()
    dataset, store = dataset or find_dataset(source), Store(store, create=True)
    for feature in features:
        feature.check()
        store.open_feature(feature)
    digest, faceset = dataset.digest(source), None
    record = store.source(digest)
    if record is None or (record[1]["skipped"] and not skip_bad) or (drawing and str(drawing) != record[1].get("drawn")):
        faceset = dataset.load(source, skip_bad)
        store.put_source(drawing.applied(faceset) if drawing else faceset)
        record = store.source(digest)
    keys = record[0]["key"].to_numpy()
    wanted = _missing(store, features, keys)
    if wanted:
        faceset = faceset or dataset.load(source, skip_bad)
        _compute(store, features, faceset, wanted, jobs or usable_cores())
    return _summary(store, features[0], digest, len(wanted), time.perf_counter() - start)


def _missing(store, features, keys):
    """Return {content key: positions of the features it lacks}."""
    stored = [store.stored_keys(feature.key) for feature in features]
    lacking = {key: tuple(i for i, have in enumerate(stored) if key not in have) for key in keys}
    return {key: which for key, which in lacking.items() if which}


def _compute(store, features, faceset, wanted, jobs):
    from joblib import Parallel, delayed, parallel_config

    chunks, start = _chunks(faceset, wanted), time.perf_counter()
    jobs = min(jobs, -(-len(wanted) // SHARD_IMAGES))
    with bar(total=len(wanted), desc="extracting", unit=" images", smoothing=0.1) as shown, \
            parallel_config("loky", inner_max_num_threads=max(1, usable_cores() // jobs)):
        if jobs == 1:
            done = (_extract_chunk(store, features, *chunk) for chunk in chunks)
        else:
            run = Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch="2*n_jobs", batch_size=1)
            done = run(delayed(_extract_in_worker)(os.getpid(), store, features, *chunk) for chunk in chunks)
        total = 0
        for images, faces in _workers_alive(done):
            total += faces
            shown.set_postfix_str(f"{total / (time.perf_counter() - start):.0f} faces/s", refresh=False)
            shown.update(images)


def _chunks(faceset, wanted):
    """Yield (references, keys, features lacked, single) of each shard's images; the cut is the same in every run."""
    first = {}
    for i, key in enumerate(faceset.keys.tolist()):
        first.setdefault(key, i)
    unique = list(first)
    for start in range(0, len(unique), SHARD_IMAGES):
        keys = [key for key in unique[start:start + SHARD_IMAGES] if key in wanted]
        if keys:
            yield [faceset.images[first[key]] for key in keys], keys, [wanted[key] for key in keys], faceset.single


def _workers_alive(results):
    from joblib.externals.loky.process_executor import TerminatedWorkerError
    try:
        yield from results
    except TerminatedWorkerError:
        raise FeatferError("a worker process was killed, perhaps for want of memory; what it had finished is kept: run "
                           "the same command again, with a smaller --jobs if it happens again") from None


def _extract_in_worker(parent, *chunk):
    _end_with(parent)
    return _extract_chunk(*chunk)


@functools.cache
def _end_with(parent):
    """Let this process end when the one that started it has: killed, that one cannot say so."""
    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)
    threading.Thread(target=watch, daemon=True).start()


def _extract_chunk(store, features, references, keys, lacking, single):
    """Compute and store the shards of some images; return how many images they were, and how many faces."""
    load_torch(features)  # for the first faces too: what is stored does not hang on how the work was shared
    shards = [[] for _ in features]
    at = faces = 0
    for batch in batches(map(_read, references), lambda item: 0 if item[1] else item[0].size):
        images = [([] if reason else find_faces(image, single), reason) for image, reason in batch]
        here = slice(at, at + len(images))
        share_pass(features, [face for found, _ in images for face in found])
        for i, feature in enumerate(features):
            chosen = [(key, image) for key, image, which in zip(keys[here], images, lacking[here], strict=True) if i in which]
            if chosen:
                shards[i].append(_shard(feature, *zip(*chosen, strict=True)))
        at = here.stop
        faces += sum(len(found) for found, _ in images)
    for feature, parts in zip(features, shards, strict=True):
        if parts:
            store.put_shard(feature.key, Shard.joined(parts))
    return len(keys), faces


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


def _summary(store, feature, digest, computed, seconds):
    rows, meta = store.source(digest)
    faces = store.faces(feature.key, digest)
    counts, unreadable = faces["status"].value_counts(), faces[faces["status"] == UNREADABLE]
    labelled = rows["label"] != UNLABELLED
    splits = rows["split"][labelled].value_counts()
    return Summary(
        len(rows), computed, seconds, int(counts.get(FOUND, 0)), int(counts.get(WHOLE_IMAGE, 0)),
        dict(zip(unreadable["id"], unreadable["reason"], strict=True)), meta["skipped"], meta["label_set"],
        {split: int(splits[split]) for split in SPLITS if split in splits}, int((~labelled).sum()))
