"""Extract the features of a data set into a store, in one process, many, or the workers of a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.datasets import UNLABELLED, Dataset, find_dataset
from featfer.datasets.describing import describe
from featfer.datasets.digests import UNREAD
from featfer.datasets.faceset import SPLITS, FaceSet
from featfer.datasets.splitting import SplitPlan
from featfer.errors import ParameterError, StoreError, TransientError
from featfer.extraction.chunks import WHOLE, Chunk, JobShard, compute, cut_chunks, find_incomplete
from featfer.extraction.cluster import compute_on_cluster
from featfer.faces import FAINT, FOUND, UNREADABLE, WHOLE_IMAGE
from featfer.features import find_detection_settings
from featfer.features.choosing import to_features
from featfer.labels import restore_label_set
from featfer.store.store import Store
from featfer.typing import Integers, Mask, Path
from featfer.utils.environment import count_cores
from featfer.utils.processes import check_jobs, parallel_map
from featfer.utils.progress import bar
from featfer.utils.requiring import require, require_path
from featfer.utils.words import count

if TYPE_CHECKING:
    import pandas as pd

    from featfer.features.base import Feature

SHARD_IMAGES = 256
_Record = tuple[Any, dict[str, Any]]  # a data set in the store: its rows, a DataFrame, and what else is known
_Work = list[tuple[Integers, Mask]]  # of each chunk its rows, and which features they lack


@dataclass(frozen=True)
class Summary:
    """The result of an extraction, counted over the whole data set as far as the store has it.

    Attributes
    ----------
    images : int
    computed : int
        Distinct images that this run computed.
    missing : int
        Images that the store lacks: those that failed, and those of other shards.
    seconds : float
        Duration of this run.
    found : int
        Faces that the detector found.
    faint : int
        Faces that only the second look found.
    whole_image : int
        Images where it found none.
    unreadable : dict of str to str
        Reasons by image.
    failed : dict of str to str
        Reasons by image that could not be computed this time; nothing is stored for it.
    skipped : list of str
        Bad rows that were left out.
    damaged : list of str
        Files of the store that were set aside, a sentence each.
    label_set : str or None
        Its name.
    splits : dict of str to int
        Labelled images by split.
    unlabelled : int
        Images without a label.
    """

    images: int
    computed: int
    missing: int
    seconds: float
    found: int
    faint: int
    whole_image: int
    unreadable: dict[str, str]
    failed: dict[str, str]
    skipped: list[str]
    damaged: list[str]
    label_set: str | None
    splits: dict[str, int]
    unlabelled: int


def extract(source: Path, store: Path, features: list[Feature], jobs: int | None = None, skip_bad: bool = False,
            dataset: Dataset | None = None, split_plan: SplitPlan | None = None, shard: JobShard = WHOLE,
            scheduler: str | None = None, listen: Callable[[list[str]], object] | None = None) -> Summary:
    """Compute the features of a data set that the store lacks; what an interrupted run has finished is kept.

    Parameters
    ----------
    source, store, features : path, path, list of Feature
        Names of features will do, as for `featfer.features.choosing.to_features`.
    jobs, scheduler : int, str, optional
        Processes, by default one for each usable core; address of a Dask scheduler, whose workers compute instead of these.
    skip_bad : bool, optional
        Leave out bad rows of the data set instead of raising DataError.
    dataset, split_plan, shard : Dataset, SplitPlan, JobShard, optional
        How to load it, such as `featfer.datasets.with_votes` (default: `find_dataset`); for a data set without splits, by
        default those that the store has; the part to compute, while others compute the rest.
    listen : callable, optional
        Called with sentences (list of str) on the data set before its images are read.

    Returns
    -------
    Summary
        Images that cannot be read now are in `failed`.

    Raises
    ------
    ParameterError, StoreError, DataError, TransientError, ClusterError
        For what cannot be computed; a damaged store; a bad row; a data set that cannot be read just now; a lost cluster.
    """
    if jobs and scheduler is not None:
        raise ParameterError(f"jobs {jobs}: are processes of this machine, but the workers of {scheduler} are to compute")
    features = _check(source, features, jobs, dataset, split_plan, shard)
    start, dataset, kept = time.perf_counter(), dataset or find_dataset(source), Store(store, create=True)
    features, files, damaged = _prepare(kept, features)
    faceset, work, digest = _plan(dataset, source, kept, features, skip_bad, split_plan, shard)
    if listen:
        listen(_describe(source, *kept.require_source(digest)))
    failed = _compute(kept, features, files, faceset, work, jobs, scheduler) if faceset is not None and work else {}
    run = {"computed": sum(len(rows) for rows, _ in work) - len(failed), "damaged": damaged}
    return _summarize(kept, features, digest, {**run, "seconds": time.perf_counter() - start}, failed, shard == WHOLE)


def _check(source, features, jobs, dataset, split_plan, shard):
    """Return the features as a list of Feature; raise ParameterError for what is of the wrong kind."""
    require_path(source, "data set", "the name of its file or folder")
    check_jobs(jobs)
    require(dataset, (Dataset, type(None)), "dataset", "what featfer.datasets.find_dataset returns")
    require(split_plan, (SplitPlan, type(None)), "split_plan", "a featfer.datasets.splitting.SplitPlan, such as "
                                                               "SplitPlan((80, 10, 10))")
    require(shard, JobShard, "shard", "a featfer.extraction.chunks.JobShard, such as JobShard(1, 2)")
    return to_features(features)


def _prepare(store: Store, features: list[Feature]) -> tuple[list[Feature], dict[str, Any], list[str]]:
    """Check features and open them in the store; return them resolved, {reference: path} of their fitted files, and damage."""
    for feature in features:
        feature.check()
    find_detection_settings(features)  # raises if they cannot be extracted together
    features, files = _resolve_fitted_files(features)
    for feature in features:
        store.open_feature(feature)
    return features, files, store.mend([feature.key for feature in features])


def _describe(source: Path, rows: pd.DataFrame, meta: dict[str, Any]) -> list[str]:
    return describe(str(source), meta, restore_label_set(meta), rows["label"], rows["split"])


def _plan(dataset: Dataset, source: Path, store: Store, features: list[Feature], skip_bad: bool, split_plan: SplitPlan | None,
          shard: JobShard) -> tuple[FaceSet | None, _Work, str]:
    """Record a data set in the store; return its FaceSet (None if not needed), the work on it, and its digest."""
    digest, faceset = dataset.digest(source), None
    record = store.source(digest)
    if record is not None and _is_current(record, digest, skip_bad, split_plan):
        store.touch_source(digest)
    else:
        faceset = _load(dataset, source, skip_bad, digest)
        record = _put_record(store, faceset, record, split_plan)
    work = _find_work(store, features, record[0]["key"], shard)
    if work and faceset is None:
        faceset = _load(dataset, source, skip_bad, digest)
        if not np.array_equal(faceset.keys, record[0]["key"]):  # on a disk without change times
            record = _put_record(store, faceset, record, split_plan)
            work = _find_work(store, features, record[0]["key"], shard)
    return faceset, work, digest


def _resolve_fitted_files(features: list[Feature]) -> tuple[list[Feature], dict[str, Any]]:
    """Return features whose fitted files are named by digest, and {reference: path} of these files."""
    pairs = [feature.resolve_fitted_files() for feature in features]
    return [feature for feature, _ in pairs], {reference: path for _, files in pairs for reference, path in files.items()}


def _is_current(record: _Record, digest: str, skip_bad: bool, split_plan: SplitPlan | None) -> bool:
    """Tell whether loading the data set again would give the record that the store has."""
    rows, meta = record
    is_other = (meta["skipped"] and not skip_bad) or (split_plan and str(split_plan) != meta.get("drawn"))
    return not (is_other or meta.get("stamp", "") != _get_stamp(digest) or rows["key"].str.startswith(UNREAD).any())


def _load(dataset: Dataset, source: Path, skip_bad: bool, digest: str) -> FaceSet:
    """Load a data set; raise TransientError if its digest has changed."""
    faceset = dataset.load(source, skip_bad)
    for seen in (faceset.digest, dataset.digest(source)):
        if (seen, _get_stamp(seen)) != (digest, _get_stamp(digest)):
            raise TransientError(f"{source}: changed while it was read; run the same command again when it stays as it is")
    return faceset


def _put_record(store: Store, faceset: FaceSet, before: _Record | None, split_plan: SplitPlan | None) -> _Record:
    """Put the record of a data set into the store and return it; without a new plan, splits made before stay."""
    if split_plan:
        faceset = split_plan.apply(faceset)
    elif before and before[1].get("drawn"):
        splits = dict(zip(before[0]["id"], before[0]["split"], strict=True))
        faceset = replace(faceset, splits=np.array([splits.get(name, "") for name in faceset.ids.tolist()], "U5"),
                          split_plan=before[1]["drawn"])
    store.put_source(faceset)
    return store.require_source(faceset.digest)


def _get_stamp(digest: str) -> str:
    return getattr(digest, "stamp", "")


def _find_work(store: Store, features: list[Feature], keys: pd.Series, shard: JobShard) -> _Work:
    """Return (rows, lacks) of each chunk of a shard with something to compute; lacks: bool (rows, features)."""
    stored = [store.stored_keys(feature.key) for feature in features]
    chunks = (find_incomplete(keys, rows, stored) for rows in cut_chunks(keys, SHARD_IMAGES, shard))
    return [(rows, lacks) for rows, lacks in chunks if len(rows)]


def _compute(store: Store, features: list[Feature], files: dict[str, Any], faceset: FaceSet, work: _Work, jobs: int | None,
             scheduler: str | None) -> dict[str, str]:
    """Compute and store what chunks lack; return {content key: reason} of the images that failed."""
    chunks = (Chunk([faceset.images[row] for row in rows.tolist()], faceset.keys[rows].tolist(), lacks, faceset.single)
              for rows, lacks in work)
    if scheduler is not None:
        results = compute_on_cluster(store, features, files, chunks, scheduler)
    else:
        results = parallel_map(partial(compute, store, features, files), chunks, min(jobs or count_cores(), len(work)))
    start, faces, total, failed = time.perf_counter(), 0, sum(len(rows) for rows, _ in work), dict[str, str]()
    with bar(total=total, desc="extracting", unit=" images", smoothing=0.1) as shown, closing(results):
        done = 0
        try:
            for result in results:
                done, faces = done + result.images, faces + result.faces
                failed |= result.failed
                shown.set_postfix_str(f"{faces / (time.perf_counter() - start):.0f} faces/s", refresh=False)
                shown.update(result.images)
        except KeyboardInterrupt as stopped:
            raise type(stopped)(f"{done:,} of {count(total, 'image')} were computed; the same command computes the rest."
                                ) from None
    return failed


def _summarize(store: Store, features: list[Feature], digest: str, run: dict[str, Any], failed: dict[str, str],
               is_whole: bool) -> Summary:
    rows, meta = store.require_source(digest)
    faces = store.faces(features[0].key, digest, whole=False)
    labelled, has_failed = rows["label"] != UNLABELLED, rows["key"].isin(list(failed))
    splits, missing = rows["split"][labelled].value_counts(), _find_missing(store, features, rows["key"])
    faces = faces[~faces["id"].isin(rows["id"][missing])]
    counts, unreadable = faces["status"].value_counts(), faces[faces["status"] == UNREADABLE]
    if is_whole and (lost := int((missing & ~has_failed).sum())):
        raise StoreError(f"{store.folder}: {lost:,} of {count(len(rows), 'image')} are missing in it, though they were "
                         "computed; was something removed meanwhile? Run the same `featfer extract` again")
    return Summary(
        images=len(rows), missing=int(missing.sum()), found=int(counts.get(FOUND, 0)),
        faint=int(counts.get(FAINT, 0)), whole_image=int(counts.get(WHOLE_IMAGE, 0)),
        unreadable=dict(zip(unreadable["id"], unreadable["reason"], strict=True)),
        failed={name: failed[key] for name, key in zip(rows["id"][has_failed], rows["key"][has_failed], strict=True)},
        skipped=meta["skipped"], label_set=meta["label_set"],
        splits={split: int(splits[split]) for split in SPLITS if split in splits}, unlabelled=int((~labelled).sum()), **run)


def _find_missing(store: Store, features: list[Feature], keys: pd.Series) -> pd.Series:
    """Return which images lack a feature, a boolean Series."""
    missing = ~keys.isin(store.stored_keys(features[0].key))
    for feature in features[1:]:
        missing |= ~keys.isin(store.stored_keys(feature.key))
    return missing
