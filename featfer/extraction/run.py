"""Images in, cached features out, over one process, many, or the workers of a cluster."""

import time
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from featfer.datasets import UNLABELLED, find_dataset
from featfer.datasets.describing import describe
from featfer.datasets.digests import UNREAD
from featfer.datasets.faceset import SPLITS
from featfer.errors import ParameterError, StoreError, TransientError
from featfer.extraction.chunks import WHOLE, Chunk, compute, cut, lacking
from featfer.extraction.cluster import compute_on_cluster
from featfer.faces import FOUND, UNREADABLE, WHOLE_IMAGE
from featfer.features import detection_settings
from featfer.labels import restore_label_set
from featfer.store.store import Store
from featfer.utils.environment import usable_cores
from featfer.utils.processes import parallel_map
from featfer.utils.progress import bar

SHARD_IMAGES = 256


@dataclass(frozen=True)
class Summary:
    """What an extraction came to: counts of images and of faces, over the whole source as far as the store has it."""

    images: int
    computed: int            # distinct images that this run had to look at
    missing: int             # images that the store lacks: those that failed, and other shares'
    seconds: float           # of this run
    found: int               # faces that the detector found
    whole_image: int         # images where it found none
    unreadable: dict[str, str]  # reasons by image
    failed: dict[str, str]   # reasons by image, why it could not be computed this time; nothing is stored of it
    skipped: list[str]       # bad rows left out
    damaged: list[str]       # files of the store set aside, a sentence each
    label_set: str | None    # its name
    splits: dict[str, int]   # labelled images by split
    unlabelled: int          # images


def extract(source, store, features, jobs=None, skip_bad=False, dataset=None, drawing=None, share=WHOLE, scheduler=None,
            listen=None):
    """Compute what the store lacks of a source's features; return a Summary.

    source: path of what one of featfer.datasets.DATASETS accepts
    store: path of the store's folder, made where there is none
    features: list of Feature
    jobs: processes (default: as many as there are cores to use); one forward pass at a time in each
    skip_bad: leave out bad rows of the source instead of raising DataError
    dataset: what loads it (default: find_dataset); another is featfer.datasets.with_votes
    drawing: a featfer.datasets.splitting.SplitPlan of splits for a source that comes without; without one, those that the
    store has of it stay
    share: a featfer.extraction.chunks.JobShard of the source, to be computed alone; others may be computed at the same time
    scheduler: address of a Dask scheduler whose workers compute instead of this machine's processes
    listen: function that gets what the source was taken for, a list of str, before the images are looked at

    An image that cannot be read or computed at this time, because its file changed or went meanwhile or memory is short, is in
    Summary.failed, and computed when called again. Raises TransientError where that is the whole source.

    Interrupted, it keeps every finished shard; called again, it does the rest. KeyboardInterrupt then says how much is kept.
    """
    if jobs and scheduler is not None:
        raise ParameterError(f"jobs {jobs}: are processes of this machine, but the workers of {scheduler} are to compute")
    start = time.perf_counter()
    dataset, store = dataset or find_dataset(source), Store(store, create=True)
    for feature in features:
        feature.check()
    detection_settings(features)  # says so where they cannot be extracted together
    features, files = _pinned(features)
    for feature in features:
        store.open_feature(feature)
    damaged = store.mend([feature.key for feature in features])
    faceset, work, digest = _planned(dataset, source, store, features, skip_bad, drawing, share)
    if listen:
        rows, meta = store.require_source(digest)
        listen(describe(source, meta, restore_label_set(meta), rows["label"], rows["split"]))
    failed = _compute(store, features, files, faceset, work, jobs, scheduler) if work else {}
    run = {"computed": sum(len(rows) for rows, _ in work) - len(failed), "damaged": damaged,
           "seconds": time.perf_counter() - start}
    return _summary(store, features, digest, run, failed, share == WHOLE)


def _planned(dataset, source, store, features, skip_bad, drawing, share):
    """Return (FaceSet, work, digest) of a source, with its record in the store; without work, the FaceSet may be None."""
    digest, faceset = dataset.digest(source), None
    record = store.source(digest)
    if _is_current(record, digest, skip_bad, drawing):
        store.renew(digest)
    else:
        faceset = _loaded(dataset, source, skip_bad, digest)
        record = _recorded(store, faceset, record, drawing)
    work = _work(store, features, record[0]["key"], share)
    if work and faceset is None:
        faceset = _loaded(dataset, source, skip_bad, digest)
        if not np.array_equal(faceset.keys, record[0]["key"]):  # on a disk that keeps no change times
            record = _recorded(store, faceset, record, drawing)
            work = _work(store, features, record[0]["key"], share)
    return faceset, work, digest


def _pinned(features):
    """Return (features, {reference: path}): the same that no longer depend on the paths of fitted files, and those."""
    pinned = [feature.pinned() for feature in features]
    return [feature for feature, _ in pinned], {reference: path for _, files in pinned for reference, path in files.items()}


def _is_current(record, digest, skip_bad, drawing):
    """Say whether a store's record of a source is what it would be, were the source read again."""
    if record is None:
        return False
    rows, meta = record
    is_other = (meta["skipped"] and not skip_bad) or (drawing and str(drawing) != meta.get("drawn"))
    return not (is_other or meta.get("stamp", "") != _stamp(digest) or rows["key"].str.startswith(UNREAD).any())


def _loaded(dataset, source, skip_bad, digest):
    """Return the FaceSet of a source; raise TransientError where the source has another digest since it was listed."""
    faceset = dataset.load(source, skip_bad)
    for seen in (faceset.digest, dataset.digest(source)):
        if (seen, _stamp(seen)) != (digest, _stamp(digest)):
            raise TransientError(f"{source}: changed while it was read; run the same command again when it stays as it is")
    return faceset


def _recorded(store, faceset, before, drawing):
    """Put the record of a source into a store; return it. Splits that were drawn before stay, unless others are asked for."""
    if drawing:
        faceset = drawing.apply(faceset)
    elif before and before[1].get("drawn"):
        drawn = dict(zip(before[0]["id"], before[0]["split"], strict=True))
        faceset = replace(faceset, splits=np.array([drawn.get(name, "") for name in faceset.ids.tolist()], "U5"),
                          split_plan=before[1]["drawn"])
    store.put_source(faceset)
    return store.require_source(faceset.digest)


def _stamp(digest):
    return getattr(digest, "stamp", "")


def _work(store, features, keys, share):
    """Return (rows, which features they lack) of each chunk of a share that has something to compute."""
    stored = [store.stored_keys(feature.key) for feature in features]
    chunks = (lacking(keys, rows, stored) for rows in cut(keys, SHARD_IMAGES, share))
    return [(rows, lacks) for rows, lacks in chunks if len(rows)]


def _compute(store, features, files, faceset, work, jobs, scheduler):
    """Compute and store what some chunks lack; return {content key: reason} of the images that failed."""
    chunks = (Chunk([faceset.images[row] for row in rows.tolist()], faceset.keys[rows].tolist(), lacks, faceset.single)
              for rows, lacks in work)
    if scheduler is not None:
        results = compute_on_cluster(store, features, files, chunks, scheduler)
    else:
        results = parallel_map(partial(compute, store, features, files), chunks, min(jobs or usable_cores(), len(work)))
    start, faces, total, failed = time.perf_counter(), 0, sum(len(rows) for rows, _ in work), {}
    with bar(total=total, desc="extracting", unit=" images", smoothing=0.1) as shown, closing(results):
        done = 0
        try:
            for result in results:
                done, faces = done + result.images, faces + result.faces
                failed |= result.failed
                shown.set_postfix_str(f"{faces / (time.perf_counter() - start):.0f} faces/s", refresh=False)
                shown.update(result.images)
        except KeyboardInterrupt as stopped:
            raise type(stopped)(f"{done:,} of {total:,} images were computed; the same command computes the rest.") from None
    return failed


def _summary(store, features, digest, run, failed, whole):
    rows, meta = store.require_source(digest)
    faces = store.faces(features[0].key, digest, whole=False)
    labelled, has_failed = rows["label"] != UNLABELLED, rows["key"].isin(list(failed))
    splits, missing = rows["split"][labelled].value_counts(), _missing(store, features, rows["key"])
    faces = faces[~faces["id"].isin(rows["id"][missing])]
    counts, unreadable = faces["status"].value_counts(), faces[faces["status"] == UNREADABLE]
    if whole and (lost := int((missing & ~has_failed).sum())):
        raise StoreError(f"{store.folder}: {lost:,} of {len(rows):,} images are missing in it, though they were computed; was "
                         "something removed meanwhile? Run the same `featfer extract` again")
    return Summary(
        images=len(rows), missing=int(missing.sum()), found=int(counts.get(FOUND, 0)),
        whole_image=int(counts.get(WHOLE_IMAGE, 0)), unreadable=dict(zip(unreadable["id"], unreadable["reason"], strict=True)),
        failed={name: failed[key] for name, key in zip(rows["id"][has_failed], rows["key"][has_failed], strict=True)},
        skipped=meta["skipped"], label_set=meta["label_set"],
        splits={split: int(splits[split]) for split in SPLITS if split in splits}, unlabelled=int((~labelled).sum()), **run)


def _missing(store, features, keys):
    """Return which images lack one of some features, a boolean Series."""
    missing = ~keys.isin(store.stored_keys(features[0].key))
    for feature in features[1:]:
        missing |= ~keys.isin(store.stored_keys(feature.key))
    return missing
