"""Images in, cached features out, over one process, many, or the workers of a cluster."""

import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from featfer.chunks import WHOLE, Chunk, compute, cut, lacking
from featfer.cluster import computed_there
from featfer.datasets import UNLABELLED, find_dataset
from featfer.datasets.describing import describe
from featfer.datasets.faceset import SPLITS
from featfer.environment import usable_cores
from featfer.errors import ParameterError
from featfer.faces import FOUND, UNREADABLE, WHOLE_IMAGE
from featfer.features import looking_with
from featfer.labels import restored
from featfer.processes import spread
from featfer.progress import bar
from featfer.store import Store

SHARD_IMAGES = 256


@dataclass(frozen=True)
class Summary:
    """What an extraction came to: counts of images and of faces, over the whole source as far as the store has it."""

    images: int
    computed: int            # distinct images that this run had to look at
    missing: int             # images that the store lacks, which are other shares'
    seconds: float           # of this run
    found: int               # faces that the detector found
    whole_image: int         # images where it found none
    unreadable: dict[str, str]  # reasons by image
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
    drawing: a featfer.datasets.splitting.Drawing of splits for a source that comes without; without one, those that the
    store has of it stay
    share: a featfer.chunks.Share of the source, to be computed alone; others may be computed at the same time
    scheduler: address of a Dask scheduler whose workers compute instead of this machine's processes
    listen: function that gets what the source was taken for, a list of str, before the images are looked at

    Interrupted, it keeps every finished shard; called again, it does the rest. KeyboardInterrupt then says how much is kept.
    """
    if jobs and scheduler is not None:
        raise ParameterError(f"jobs {jobs}: are processes of this machine, but the workers of {scheduler} are to compute")
    start = time.perf_counter()
    dataset, store = dataset or find_dataset(source), Store(store, create=True)
    for feature in features:
        feature.check()
    looking_with(features)  # says so where they cannot be extracted together
    for feature in features:
        store.open_feature(feature)
    damaged = store.mend([feature.key for feature in features])
    digest, faceset = _recorded(store, dataset, source, skip_bad, drawing)
    rows, meta = store.source(digest)
    if listen:
        listen(describe(source, meta, restored(meta), rows["label"], rows["split"]))
    keys = rows["key"]
    work = _work(store, features, keys, share)
    if work:
        _compute(store, features, faceset or dataset.load(source, skip_bad), keys, work, jobs, scheduler)
    run = {"computed": sum(len(rows) for rows, _ in work), "damaged": damaged, "seconds": time.perf_counter() - start}
    return _summary(store, features[0], digest, run, whole=share == WHOLE)


def _recorded(store, dataset, source, skip_bad, drawing):
    """Make sure that a store has the record of a source; return its digest and, where it had to be loaded, its FaceSet."""
    digest, faceset = dataset.digest(source), None
    record = store.source(digest)
    if record is None or (record[1]["skipped"] and not skip_bad) or (drawing and str(drawing) != record[1].get("drawn")):
        faceset = dataset.load(source, skip_bad)
        store.put_source(drawing.applied(faceset) if drawing else faceset)
    return digest, faceset


def _work(store, features, keys, share):
    """Return (rows, which features they lack) of each chunk of a share that has something to compute."""
    stored = [store.stored_keys(feature.key) for feature in features]
    chunks = (lacking(keys, rows, stored) for rows in cut(keys, SHARD_IMAGES, share))
    return [(rows, lacks) for rows, lacks in chunks if len(rows)]


def _compute(store, features, faceset, keys, work, jobs, scheduler):
    chunks = (Chunk([faceset.images[row] for row in rows.tolist()], keys.iloc[rows].tolist(), lacks, faceset.single)
              for rows, lacks in work)
    if scheduler is not None:
        results = computed_there(store, features, chunks, scheduler)
    else:
        results = spread(partial(compute, store, features), chunks, min(jobs or usable_cores(), len(work)))
    start, faces, total = time.perf_counter(), 0, sum(len(rows) for rows, _ in work)
    with bar(total=total, desc="extracting", unit=" images", smoothing=0.1) as shown, closing(results):
        done = 0
        try:
            for images, seen in results:
                done, faces = done + images, faces + seen
                shown.set_postfix_str(f"{faces / (time.perf_counter() - start):.0f} faces/s", refresh=False)
                shown.update(images)
        except KeyboardInterrupt as stopped:
            raise type(stopped)(f"{done:,} of {total:,} images were computed; the same command computes the rest.") from None


def _summary(store, feature, digest, run, whole):
    rows, meta = store.source(digest)
    faces = store.faces(feature.key, digest, whole)
    counts, unreadable = faces["status"].value_counts(), faces[faces["status"] == UNREADABLE]
    labelled = rows["label"] != UNLABELLED
    splits = rows["split"][labelled].value_counts()
    return Summary(
        images=len(rows), missing=int((~rows["id"].isin(faces["id"])).sum()), found=int(counts.get(FOUND, 0)),
        whole_image=int(counts.get(WHOLE_IMAGE, 0)), unreadable=dict(zip(unreadable["id"], unreadable["reason"], strict=True)),
        skipped=meta["skipped"], label_set=meta["label_set"],
        splits={split: int(splits[split]) for split in SPLITS if split in splits}, unlabelled=int((~labelled).sum()), **run)
