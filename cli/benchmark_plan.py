"""A benchmark: a list of models, made as far as they are not made yet.

What is to be extracted follows from the models. The cards of what was made are kept in the folder that is called like the
list's file, without .toml, and say what is done. A fitted file that is in the work folder is taken as it is.
"""

import shlex
import subprocess
import sys
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from featfer_cli.benchmark_config import read_listing

from featfer.errors import FeatferError, ParameterError
from featfer.utils.files import write_text
from featfer.utils.outputs import MODEL_CARD

FEATFER = (sys.executable, "-m", "featfer_cli.main")


@dataclass(frozen=True)
class Step:
    """A command: its words after `featfer`; the bundle or fitted file that it makes, whose card is kept, or None; the names
    of the steps that must have gone well before it."""

    name: str
    words: list
    makes: Path | None = None
    needs: list = field(default_factory=list)

    def __str__(self):
        return shlex.join(["featfer", *self.words])


@dataclass(frozen=True)
class Plan:
    """What is missing of a benchmark.

    asked: names of the models asked for; missing: {name: why} of the models to make, "" where one never was made
    card_only: names of those asked for that count as done by their kept cards, while their bundles are not in the work folder
    steps: list of Step, in order; cards: paths of those of what is there, where it has any; results: folder to keep them in
    """

    asked: list
    missing: dict
    card_only: list
    steps: list
    cards: list
    results: Path


def plan(config, source, work, only=(), device=None):
    """Return the Plan of a benchmark; reads cards and runs nothing.

    config: path of a list of models (see featfer_cli.benchmark_config); source: of the data set
    work: folder of store and bundles
    only: names of models whose bundles are asked for, what they blend included; without any, all models are asked for
    device: where networks are trained, "cuda" for instance

    A model is done when its card is kept, or its bundle is there, and was made by the words of today; where does not matter.
    It is made all the same where its bundle is not there and is named in `only`, or needed by a blend to make or the report.
    Raises ParameterError for a list that is not right and a name that it does not have.
    """
    listing = replace(read_listing(config), source=str(source), work=Path(work), device=device)
    for name in only:
        if name not in listing.models:
            raise ParameterError(f"{config}: no model {name!r}; it has {', '.join(listing.models)}")
    results = listing.path.with_suffix("")
    there, done = _state(listing, results)
    asked = [name for name in listing.models if name in only or not only]
    reports = listing.report and not only
    missing = _missing(listing, there, done, asked, listing.models if reports else only)
    steps, page = _steps(listing, missing), _page(listing, missing)
    if reports and (missing or not _is_written(listing, page)):
        steps.append(page)
    why = {name: _reason(listing, name in done, (results / f"{name}.json").exists()) for name in missing}
    made = [*map(listing.bundle, there), *(listing.work / file for file in listing.prepare)]
    card_only = [name for name in asked if name not in missing and name not in there]
    return Plan(asked, why, card_only, steps, [path.with_suffix(".json") for path in made], results)


def run(plan, say=print):
    """Carry out a Plan, each step in a process of its own; say: called with every command before it runs.

    A step that fails stops those that need it, and no others. Raises FeatferError at the end, with their names.
    """
    failed, left_out = [], []
    for card in plan.cards:
        _keep(card, plan.results)
    for step in plan.steps:
        if not set(step.needs).isdisjoint([*failed, *left_out]):
            left_out.append(step.name)
            continue
        say(f"$ {step}")
        if _carried_out(step):
            failed.append(step.name)
        elif step.makes:
            _keep(step.makes.with_suffix(".json"), plan.results)
    if failed:
        without = f"; not tried without that: {', '.join(left_out)}" if left_out else ""
        raise FeatferError(f"failed: {', '.join(failed)}{without}. What was made is kept; the same command tries again")


def _carried_out(step):
    """Run a Step; return its exit code."""
    over = ["--overwrite"] if step.makes and step.makes.exists() else []  # it is not what is asked for today
    return call([*FEATFER, *step.words, *over])


def call(words):
    """Run a program in a process of its own; return its exit code. Stopped, it is told to end, and waited for."""
    process = subprocess.Popen(words)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise


def _state(listing, results):
    """Return (names of the models whose bundles are there, names of those that are done), lists in order."""
    there, done = [], []
    for name in listing.models:
        blends = [member for member in listing.members(name) if listing.members(member)]
        if not set(blends) <= set(done):  # a card has the commands of those that were blended, not of those blended in them
            continue
        if listing.bundle(name).is_file() and listing.is_of(listing.bundle(name).with_suffix(".json"), name):
            there.append(name)
        if name in there or listing.is_of(results / f"{name}.json", name):
            done.append(name)
    return there, done


def _missing(listing, there, done, asked, needed):
    """Return the names of the models to make, in order; needed: names of those whose bundles must be there."""
    needed, missing = set(needed), []
    for name in reversed(listing.models):
        if (name in asked and name not in done) or (name in needed and name not in there):
            missing.insert(0, name)
            needed.update(listing.members(name))
    return missing


def _reason(listing, is_done, has_card):
    if is_done:
        return f"the bundle is needed and is not in {listing.work}"
    return "the card is of another command, or of other members" if has_card else ""


def _steps(listing, missing):
    """Return the Steps that make some models: first fitted files, then extractions, then the models."""
    words = {name: listing.words(name) for name in missing}
    wanted = {name: listing.passes(name) for name in missing}
    files = dict.fromkeys(file for chosen in words.values() for file in listing.named(chosen))
    fitted = [Step(file, listing.preparation(file), listing.work / file) for file in files]
    looks = {shlex.join(["extract", *look.words()]): look for look in _joined(listing, chain(*wanted.values()))}
    extractions = [Step(name, listing.extraction(look), needs=listing.named(look.words())) for name, look in looks.items()]
    models = []
    for name in missing:
        extracted = [next(held for held, look in looks.items() if look.covers(one)) for one in wanted[name]]
        needs = [*listing.named(words[name]), *extracted, *(member for member in listing.members(name) if member in missing)]
        models.append(Step(name, words[name], listing.bundle(name), needs))
    return [*fitted, *extractions, *models]


def _joined(listing, passes):
    """Return few Passes that extract as much: one for all features with the same options and views, and none that another
    covers. Those that wait for a fitted file stand apart, so that without it the others go on."""
    joined = {}
    for one in passes:
        key = frozenset(one.engine.items()), frozenset(one.views), *listing.named(one.words())
        held = joined.setdefault(key, one)
        joined[key] = replace(held, features=held.features | one.features)
    return [one for one in joined.values() if not any(other is not one and other.covers(one) for other in joined.values())]


def _page(listing, missing):
    """Return the Step that writes the report."""
    bundles = [str(listing.bundle(name)) for name in listing.models]
    words = ["report", *bundles, *listing.stores(listing.models), "--out", str(listing.path.with_suffix(".md"))]
    return Step("report", words, needs=missing)


def _is_written(listing, page):
    """Say whether the report is there, by the same command, and no bundle is newer."""
    path = listing.path.with_suffix(".md")
    newest = max(listing.bundle(name).stat().st_mtime for name in listing.models)
    return path.is_file() and str(page) in path.read_text() and path.stat().st_mtime >= newest


def _keep(card, results):
    kept = results / card.name
    if card.is_file() and not (kept.is_file() and kept.read_bytes() == card.read_bytes()):
        write_text(kept, card.read_text(), MODEL_CARD)
