"""Run a benchmark from its configuration: prepare, extract, train, report. What is there already is not done again.

    python benchmarks/run.py benchmarks/embedding.toml --source fer2013.csv --work WORK

The configuration names fitted files to prepare (file and featfer command), the feature sets to extract (options of `featfer
extract`; {work} in them is WORK) and the models: the
classifier, the options that choose its features, its parameters, and the store it is trained on (WORK/store by default); or
the names of the models that it blends. WORK keeps the store and the models; the report, its pictures and the models' cards go
beside the configuration. `report = false` leaves the report to another program.
"""

import argparse
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

FEATFER = [sys.executable, "-m", "featfer_cli.main"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--source", required=True, help="fer2013.csv, or another source that `featfer extract` takes")
    parser.add_argument("--work", required=True, type=Path, help="folder for the store and the models")
    args = parser.parse_args()
    config = tomllib.loads(args.config.read_text())
    store, report = str(args.work / "store"), args.config.with_suffix(".md")
    for name, command in config.get("prepare", {}).items():
        if not (args.work / name).exists():
            featfer(command, args.source, "--out", str(args.work / name))
    for options in config["extract"]:
        featfer("extract", args.source, "--store", store, *options.format(work=args.work).split())
    models = [make(model, args.work, store) for model in config["models"]]
    report.with_suffix("").mkdir(exist_ok=True)
    cards = [Path(made).with_suffix(".json") for made in [*models, *(args.work / name for name in config.get("prepare", {}))]]
    for card in filter(Path.exists, cards):
        shutil.copy(card, report.with_suffix(""))
    if not config.get("report", True):
        return
    stores = [word for name in dict.fromkeys([model.get("store", store) for model in config["models"]])
              for word in ("--store", name)]
    featfer("report", *models, *stores, "--out", str(report))


def make(model, work, store):
    """Train or blend a model of the configuration unless its bundle is there; return the bundle's path."""
    path = work / f"{model['name']}.joblib"
    if path.exists():
        return str(path)
    common = ["--store", model.get("store", store), "--out", str(path), "--score-test"]
    if "blend" in model:
        featfer("blend", *(str(work / f"{name}.joblib") for name in model["blend"]), *common, *model.get("options", "").split())
    else:
        params = [word for name, value in model.get("params", {}).items() for word in ("--param", f"{name}={value}")]
        featfer("train", "--clf", model["clf"], *common, *model.get("features", "").format(work=work).split(), *params)
    return str(path)


def featfer(*words):
    """Run a featfer command, printed first; stop where it fails."""
    print("$", shlex.join(["featfer", *words]), flush=True)
    if subprocess.run([*FEATFER, *words], check=False).returncode:
        sys.exit(f"stopped: featfer {words[0]} failed")


if __name__ == "__main__":
    main()
