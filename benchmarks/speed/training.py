"""Measure how long the default model takes to train, from the images, and an SVM on one core and on two.

    python -m benchmarks.speed.training fer2013.csv fer2013new.csv

Writes training.json, which benchmarks.speed.page shows beside training_before.json: the same, measured with --before where an
earlier commit is checked out. Takes about 10 minutes on two cores; leave the machine alone.
"""

import contextlib
import functools
import os
import pkgutil
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

import click

from benchmarks.common import FEATFER, ROOT, call_apart, list_versions, read_results, write_results
from featfer.utils.markdown import markdown_table
from featfer.utils.provenance import describe_origin

MODULE = "benchmarks.speed.training"
HERE = Path(__file__).parent
RESULTS, BEFORE = HERE / "training.json", HERE / "training_before.json"
MODELS = ROOT / "photographs" / "models.toml"
DEFAULT = "photos"
STORE = "photographs"  # in the work folder: as in MODELS
FEATURES = ("--features", "stage:128x8x8", "--views", "plain,flip")
CORES = (1, 2)
REST = "start-up, card and writing"
STEPS = {  # functions that do not call each other
    "reading the features": ["featfer.store.opening.open_table", "featfer.training.classifier._select_rows"],
    "principal components": ["featfer.classifiers.preprocessing.PrincipalComponents.fit_transform"],
    "fitting": ["featfer.classifiers.mlp.MLP.fit", "featfer.classifiers.svm.RBFSVM.fit"],
    "calibration": ["featfer.training.classifier.calibrate_on_val", "featfer.training.blend.calibrate_on_val"],
    "prior": ["featfer.training.classifier.find_prior", "featfer.training.blend.find_prior"],
    "figures on val and test": ["featfer.training.classifier.evaluate", "featfer.training.blend.evaluate"],
    "novelty": ["featfer.training.blend.fit_novelty"],
}


def measure(source, votes, folder):
    """Return model, {step: {seconds, cpu}} of the default model from the images, and svm, {engine: {cores: seconds}}.

    source, votes: fer2013.csv and fer2013new.csv; folder: for the store and the models
    """
    model = {"extraction": extract(source, votes, folder / STORE)} | train(source, folder)
    rows = folder / "rows.npz"
    call_apart(MODULE, "project", folder / STORE, rows)
    svm = {engine: {str(cores): call_apart(MODULE, "fit_svm", rows, engine, cores) for cores in CORES}
           for engine in ("scikit-learn", "scikit-learn-intelex")}
    return {"model": model, "svm": svm, **describe_origin()}


def extract(source, votes, store):
    """Extract the features under each of the three labellings that the members learn from; return seconds and cpu."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    for labels in ([], ["--votes", votes], ["--votes", votes, "--vote-mode", "probability"]):
        command = [*FEATFER, "extract", source, *labels, "--store", store, *FEATURES]
        subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"seconds": time.perf_counter() - start,
            "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def train(source, folder):
    """Return {step: {seconds, cpu}} of the default model and its members, each trained in a process of its own."""
    from featfer_cli.benchmark_plan import plan

    found = {}
    for job in plan(MODELS, source, folder, [DEFAULT]).jobs:
        for step, spent in call_apart(MODULE, "run_timed", *job.arguments).items():
            name = f"{step} {job.name}" if step == "fitting" else step
            known = found.setdefault(name, {"seconds": 0, "cpu": 0})
            found[name] = {unit: known[unit] + spent[unit] for unit in known}
    return found


def run_timed(*words):
    """Run a command of featfer here; return {step: {seconds, cpu}}."""
    start, found = time.perf_counter(), {}
    with contextlib.ExitStack() as stack:
        for step, path in ((step, path) for step, paths in STEPS.items() for path in paths):
            stack.enter_context(mock.patch(path, time_calls(pkgutil.resolve_name(path), step, found)))
        from featfer_cli.main import main
        stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        main(list(words), standalone_mode=False)
    total = {"seconds": time.perf_counter() - start, "cpu": time.process_time()}
    rest = {unit: total[unit] - sum(spent[unit] for spent in found.values()) for unit in total}
    return {**found, REST: rest}


def time_calls(function, step, found):
    """Return a function that adds the time of its calls to {step: {seconds, cpu}}."""
    @functools.wraps(function)
    def timed(*args, **kwargs):
        start, cpu = time.perf_counter(), time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            spent = found.setdefault(step, {"seconds": 0, "cpu": 0})
            spent["seconds"] += time.perf_counter() - start
            spent["cpu"] += time.process_time() - cpu
    return timed


def project(store, path):
    """Write the training faces of FER2013, one view, as 384 principal components, and their labels."""
    import numpy as np

    from featfer.classifiers.preprocessing import PrincipalComponents
    from featfer.store.opening import open_table

    rows = open_table(store, "stage:128x8x8", "fer2013.csv").split("train")
    np.savez(path, X=PrincipalComponents(384, random_state=0).fit_transform(rows.features), y=rows.labels)


def fit_svm(path, engine, cores):
    """Return the seconds of fitting an SVM on so many cores, with scikit-learn alone or with Intel's twin of it."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:int(cores)])
    import numpy as np

    from featfer.classifiers import RBFSVM

    rows = np.load(path)
    X, y = rows["X"], rows["y"]
    is_intels = engine == "scikit-learn-intelex"
    patches = [mock.patch(f"featfer.classifiers.{user}.has_intelex", return_value=is_intels) for user in ("intelex", "svm")]
    with patches[0], patches[1]:
        RBFSVM().fit(X[:500], y[:500])  # imports
        start = time.perf_counter()
        RBFSVM(compact="int8").fit(X, y)
        return time.perf_counter() - start


def format_tables(after, before):
    """Return what was measured, and the same of an earlier commit, as Markdown; nothing where one is missing."""
    if not (after and before):
        return ""
    return f"""
The default model by `python -m benchmarks.speed.training fer2013.csv fer2013new.csv` ({after["date"]}); before:
{before["what"]}.

{format_model(after["model"], before["model"])}

{format_svm(after["svm"], before["svm"])}
"""


def format_model(after, before):
    """Return the table of the steps of the default model's training, the slowest first."""
    total = {name: sum(spent["seconds"] for spent in steps.values()) for name, steps in (("after", after), ("before", before))}
    rows = [[step, f"{before[step]['seconds']:.1f}", f"{spent['seconds']:.1f}", f"{spent['seconds'] / total['after']:.0%}",
             f"{spent['cpu'] / spent['seconds']:.1f}"]
            for step, spent in sorted(after.items(), key=lambda item: -item[1]["seconds"])]
    return markdown_table(["training of the default model, from the images", "s before", "s", "share", "cores used"],
                          [*rows, ["all", f"{total['before']:.0f}", f"{total['after']:.0f}", "100%", ""]])


def format_svm(after, before):
    """Return the table of the SVM on 28,709 rows of 384 columns."""
    rows = [[engine, cores, f"{before[engine][cores]:.0f}", f"{seconds:.0f}"]
            for engine, found in after.items() for cores, seconds in found.items()]
    return markdown_table(["SVM on 28,709 x 384, by", "cores", "s before", "s"], rows)


@click.command()
@click.argument("source")
@click.argument("votes")
@click.option("--before", metavar="TEXT", help="What is measured, if it is an earlier commit: writes training_before.json.")
def main(source, votes, before):
    """Measure the training of the default model and of an SVM."""
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(source).absolute(), Path(votes).absolute(), Path(folder))
    write_results(BEFORE if before else RESULTS, result | ({"what": before} if before else {}))
    click.echo(f"{result['date']}, {result['machine']}; {list_versions(result['versions'])}")
    click.echo(format_tables(read_results(RESULTS), read_results(BEFORE)))


if __name__ == "__main__":
    main()
