"""Measure how long the default model takes to train, from the images, and an SVM on one core and on two.

    python -m benchmarks.speed.training fer2013.csv fer2013new.csv

Writes training.json, which benchmarks.speed.page shows. Takes about 10 minutes on two cores; leave the machine alone.
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

from benchmarks.common import FEATFER, ROOT, call_apart, list_versions, write_results
from featfer.utils.markdown import markdown_table
from featfer.utils.provenance import describe_origin

MODULE = "benchmarks.speed.training"
HERE = Path(__file__).parent
RESULTS = HERE / "training.json"
MODELS = ROOT / "photographs" / "models.toml"
DEFAULT = "photos"
STORE = "photographs"  # in the work folder: as in MODELS
FEATURES = ("--features", "stage:128x8x8", "--views", "plain,flip")
ENGINES = {"scikit-learn": (2,), "scikit-learn-intelex": (1, 2)}  # cores
REST = "start-up, card and writing"
STEPS = {  # functions that do not call each other
    "reading the features": ["featfer.store.opening.open_table", "featfer.training.classifier._select_rows"],
    "principal components": ["featfer.classifiers.preprocessing.PrincipalComponents.fit_transform"],
    "fitting": ["featfer.classifiers.mlp.MLP.fit", "featfer.classifiers.svm.RBFSVM.fit"],
    "calibration": ["featfer.training.classifier.calibrate_on_val", "featfer.training.blend.calibrate_on_val"],
    "prior": ["featfer.training.classifier.find_prior", "featfer.training.blend.find_prior"],
    "figures on val and test": ["featfer.training.classifier.evaluate", "featfer.training.blend.evaluate"],
    "novelty": ["featfer.training.use.fit_novelty"],
}


def measure(source, votes, folder):
    """Return model, {step: {seconds, cpu}} of the default model from the images, and svm, {engine: {cores: seconds}}.

    source, votes: fer2013.csv and fer2013new.csv; folder: for the store and the models
    """
    model = {"extraction": extract(source, votes, folder / STORE)} | train(source, folder)
    rows = folder / "rows.npz"
    call_apart(MODULE, "project", folder / STORE, rows)
    svm = {engine: {str(count): call_apart(MODULE, "fit_svm", rows, engine, count) for count in counts}
           for engine, counts in ENGINES.items()}
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


def format_tables(found):
    """Return what was measured as Markdown."""
    return f"""{found["date"]}, `python -m benchmarks.speed.training fer2013.csv fer2013new.csv`:

{format_model(found["model"])}

{format_svm(found["svm"])}"""


def format_model(steps):
    """Return the table of the steps of the default model's training, the slowest first."""
    total = sum(spent["seconds"] for spent in steps.values())
    rows = [[step, f"{spent['seconds']:.1f}", f"{spent['seconds'] / total:.0%}", f"{spent['cpu'] / spent['seconds']:.1f}"]
            for step, spent in sorted(steps.items(), key=lambda item: -item[1]["seconds"])]
    return markdown_table(["training of the default model, from the images", "s", "share", "cores used"],
                          [*rows, ["all", f"{total:.0f}", "100%", ""]])


def format_svm(found):
    """Return the table of the SVM on 28,709 rows of 384 columns."""
    rows = [[engine, cores, f"{seconds:.0f}"] for engine, by_cores in found.items() for cores, seconds in by_cores.items()]
    return markdown_table(["SVM on 28,709 x 384, by", "cores", "s"], rows)


@click.command()
@click.argument("source")
@click.argument("votes")
def main(source, votes):
    """Measure the training of the default model and of an SVM."""
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(source).absolute(), Path(votes).absolute(), Path(folder))
    write_results(RESULTS, result)
    click.echo(f"{result['date']}, {result['machine']}; {list_versions(result['versions'])}")
    click.echo(format_tables(result))


if __name__ == "__main__":
    main()
