"""What `featfer benchmark` has to do: it makes those models of a list that are missing.

The extractions follow from the models. The card of every model that was made is kept in a folder named like the list, without
.toml; these cards tell which models are done. An existing fitted file in the work folder is used as it is.
"""

import shlex
import subprocess
import sys
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from featfer_cli.benchmark_config import read_listing

from featfer.errors import FeatferError, ParameterError
from featfer.utils.files import write_text
from featfer.utils.outputs import MODEL_CARD

FEATFER = (sys.executable, "-m", "featfer_cli.main")


@dataclass(frozen=True)
class Job:
    """A command to run.

    Attributes
    ----------
    name : str
    arguments : list of str
        The command after `featfer`.
    makes : Path or None
        The bundle or fitted file that it makes, whose card is kept.
    needs : list of str
        Names of the jobs that must have succeeded before it.
    """

    name: str
    arguments: list
    makes: Path | None = None
    needs: list = field(default_factory=list)

    def __str__(self):
        return shlex.join(["featfer", *self.arguments])


@dataclass(frozen=True)
class Plan:
    """What a benchmark still has to do.

    Attributes
    ----------
    requested : list of str
        Names of the models asked for.
    missing : dict
        {name of a model to make: reason}; the reason is "" for a model that was never made.
    card_only : list of str
        Names of the requested models that are done according to their kept cards, but whose bundles are not in the work folder.
    jobs : list of Job
        In order.
    cards : list of Path
        Cards of existing bundles and fitted files.
    results : Path
        The folder in which cards are kept.
    """

    requested: list
    missing: dict
    card_only: list
    jobs: list
    cards: list
    results: Path


def plan(config, source, work, only=(), device=None):
    """Plan a benchmark. Reads cards and runs nothing.

    A model is done if its kept card, or the card of its bundle, has the command that the list gives it now, wherever that was
    run. It is made all the same if its bundle is not in the work folder but is needed: for `only`, for a blend to make, or for
    the report.

    Parameters
    ----------
    config : str or Path
        The list of models (see featfer_cli.benchmark_config).
    source : str or Path
        The data set.
    work : str or Path
        Folder of the store and the bundles.
    only : list of str
        Names of the models whose bundles are wanted, with the models that they blend; by default all models are requested.
    device : str, optional
        Where networks are trained, such as "cuda".

    Returns
    -------
    Plan

    Raises
    ------
    ParameterError
        If the list is not valid, or lacks a name in `only`.
    """
    listing = replace(read_listing(config), source=str(source), work=Path(work), device=device)
    for name in only:
        if name not in listing.models:
            raise ParameterError(f"{config}: no model {name!r}; it has {', '.join(listing.models)}")
    return _make_plan(listing, only)


def _make_plan(listing, only):
    results = listing.path.with_suffix("")
    bundled, done = _find_done(listing, results)
    requested = [name for name in listing.models if name in only or not only]
    has_report = listing.report and not only
    missing = _find_missing(listing, bundled, done, requested, listing.models if has_report else only)
    jobs, report = _make_jobs(listing, missing), _make_report_job(listing, missing)
    if has_report and (missing or not _is_report_current(listing, report)):
        jobs.append(report)
    reasons = {name: _explain(listing, name in done, (results / f"{name}.json").exists()) for name in missing}
    made = [*map(listing.find_bundle, bundled), *(listing.work / file for file in listing.prepare)]
    card_only = [name for name in requested if name not in missing and name not in bundled]
    return Plan(requested, reasons, card_only, jobs, [path.with_suffix(".json") for path in made], results)


def run(plan, announce=print):
    """Run the jobs of a Plan, each in a process of its own. If one fails, the jobs that need it are skipped, the others run.

    Parameters
    ----------
    plan : Plan
    announce : function
        Called with every command before it runs.

    Raises
    ------
    FeatferError
        At the end, with the names of the jobs that failed.
    """
    failed, skipped = list[str](), list[str]()
    for card in plan.cards:
        _keep_card(card, plan.results)
    for job in plan.jobs:
        if not set(job.needs).isdisjoint([*failed, *skipped]):
            skipped.append(job.name)
            continue
        announce(f"$ {job}")
        if _run_job(job):
            failed.append(job.name)
        elif job.makes:
            _keep_card(job.makes.with_suffix(".json"), plan.results)
    if failed:
        without = f"; not tried without that: {', '.join(skipped)}" if skipped else ""
        raise FeatferError(f"failed: {', '.join(failed)}{without}. What was made is kept; the same command tries again")


def _run_job(job):
    """Run a Job; return its exit code."""
    overwrite = ["--overwrite"] if job.makes and job.makes.exists() else []  # an existing file is not what the list says now
    return run_program([*FEATFER, *job.arguments, *overwrite])


def run_program(command):
    """Run a program and wait for it; when interrupted, terminate it and wait for its end.

    Parameters
    ----------
    command : list of str

    Returns
    -------
    int
        Its exit code.
    """
    process = subprocess.Popen(command)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise


def _find_done(listing, results):
    """Return the names of the models whose bundles exist, and of those that are done, in order."""
    bundled, done = list[str](), list[str]()
    for name in listing.models:
        blends = [member for member in listing.list_members(name) if listing.list_members(member)]
        if not set(blends) <= set(done):  # a card has the commands of its members, but not of their members
            continue
        bundle = listing.find_bundle(name)
        if bundle.is_file() and listing.is_current(bundle.with_suffix(".json"), name):
            bundled.append(name)
        if name in bundled or listing.is_current(results / f"{name}.json", name):
            done.append(name)
    return bundled, done


def _find_missing(listing, bundled, done, requested, needed):
    """Return the names of the models to make, in order; needed: names of those whose bundles must exist."""
    needed, missing = set(needed), list[str]()
    for name in reversed(listing.models):
        if (name in requested and name not in done) or (name in needed and name not in bundled):
            missing.insert(0, name)
            needed.update(listing.list_members(name))
    return missing


def _explain(listing, is_done, has_card):
    if is_done:
        return f"the bundle is needed and is not in {listing.work}"
    return "the card is of another command, or of other members" if has_card else ""


def _make_jobs(listing, missing):
    """Return the Jobs that make some models: first fitted files, then extractions, then the models."""
    arguments = {name: listing.list_arguments(name) for name in missing}
    wanted = {name: listing.find_extractions(name) for name in missing}
    files = dict.fromkeys(file for words in arguments.values() for file in listing.find_missing_files(words))
    preparations = [Job(file, listing.list_preparation(file), listing.work / file) for file in files]
    merged = {shlex.join(["extract", *one.list_options()]): one for one in _merge(listing, chain(*wanted.values()))}
    extractions = [Job(name, listing.list_extraction(one), needs=listing.find_missing_files(one.list_options()))
                   for name, one in merged.items()]
    models = []
    for name in missing:
        extracted = [next(job for job, held in merged.items() if held.contains(one)) for one in wanted[name]]
        needs = [*listing.find_missing_files(arguments[name]), *extracted,
                 *(member for member in listing.list_members(name) if member in missing)]
        models.append(Job(name, arguments[name], listing.find_bundle(name), needs))
    return [*preparations, *extractions, *models]


def _merge(listing, extractions):
    """Return as few Extractions as possible: those with the same options and views are joined, and none is part of another.

    Those that need a missing fitted file stay apart, so that the others go on if it cannot be made.
    """
    merged: dict[Any, Any] = {}
    for one in extractions:
        key = frozenset(one.engine.items()), frozenset(one.views), *listing.find_missing_files(one.list_options())
        held = merged.setdefault(key, one)
        merged[key] = replace(held, features=held.features | one.features)
    return [one for one in merged.values() if not any(other is not one and other.contains(one) for other in merged.values())]


def _make_report_job(listing, missing):
    """Return the Job that writes the report."""
    bundles = [str(listing.find_bundle(name)) for name in listing.models]
    arguments = ["report", *bundles, *listing.list_stores(listing.models), "--out", str(listing.path.with_suffix(".md"))]
    return Job("report", arguments, needs=missing)


def _is_report_current(listing, job):
    """Tell whether the report exists, was written by the same command, and is newer than all bundles."""
    path = listing.path.with_suffix(".md")
    newest = max(listing.find_bundle(name).stat().st_mtime for name in listing.models)
    return path.is_file() and str(job) in path.read_text() and path.stat().st_mtime >= newest


def _keep_card(card, results):
    kept = results / card.name
    if card.is_file() and not (kept.is_file() and kept.read_bytes() == card.read_bytes()):
        write_text(kept, card.read_text(), MODEL_CARD)
