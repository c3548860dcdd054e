"""Try faults and bad files on featfer, for as long as asked, and write docs/trust.md.

    python tests/robustness/faults.py --minutes 10    tries everything, writes faults.json beside this file, then the page
    python tests/robustness/faults.py --minutes 1 --only "plain bundle"    tries that alone again and keeps the other results
    python tests/robustness/faults.py                 writes the page from faults.json

Half of the time goes to randomly changed files, one kind after the other, and a third to what is repeated as often as the time
allows, such as kills. The rest is the same in every run and takes some five minutes more: bad files made on purpose, a server,
memory. Files that led to a fault are kept in a folder, which is named at the end; the exit code is then 1.
"""

import argparse
import json
import string
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a script: for the packages `robustness` and `helpers`

from robustness.files import rows
from robustness.fuzz import MEMORY, SECONDS, fuzz, place
from robustness.plans import outcomes
from robustness.targets import targets

from featfer.utils.environment import describe_machine, find_versions
from featfer.utils.files import read_json, write_text
from featfer.utils.markdown import markdown_table
from featfer.utils.progress import bar

HERE = Path(__file__).parent
RESULTS, TEMPLATE, PAGE = HERE / "faults.json", HERE / "template.md", HERE.parents[1] / "docs" / "trust.md"
PARTS = ("store", "memory", "outputs", "server", "videos", "files", "changed")
TRIED = PARTS[:5]  # of plans
LIBRARIES = "python", "featfer", "numpy", "pandas", "pillow", "torch", "dlib", "dlib-bin"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, help="try for about so long")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn; each is another series")
    parser.add_argument("--only", default="", help="try what has this in its name, in place of what was stored of it")
    given = parser.parse_args()
    if given.minutes:
        found = tried(given.minutes, given.seed, given.only)
        write_text(RESULTS, json.dumps(merged(read_json(RESULTS), found) if given.only else found, indent=1) + "\n")
    result = read_json(RESULTS)
    write_text(PAGE, page(result))
    for fault in result["faults"]:
        print(f"FAULT: {fault}", file=sys.stderr)
    return bool(result["faults"])


def merged(before, found):
    """Return stored results with those that were found anew in their place."""
    names = {row[0] for part in PARTS for row in found[part]}
    parts = {part: [next((new for new in found[part] if new[0] == row[0]), row) for row in before.get(part, found[part])]
             for part in PARTS}
    faults = [fault for fault in before["faults"] if not any(fault.startswith(f"{name}: ") for name in names)]
    return {**found, **parts, "minutes": round(before["minutes"] + found["minutes"], 1), "faults": faults + found["faults"],
            "again": sorted({*before["again"], *names})}


def tried(minutes, seed, only=""):
    """Return what was tried and what came of it, as plain data."""
    begin, kept = time.monotonic(), Path(tempfile.mkdtemp(prefix="faults-kept-"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # what is tried as another user must get there
        for part in ("examples", "fuzz", "files", "plans"):
            (folder / part).mkdir()
        plans = outcomes(folder / "plans", minutes / 3, only)
        files = rows(folder / "files", lambda what: only in what)
        changed = _fuzzed(folder, 30 * minutes, seed, kept, only)
    faults = [f"{name}: {outcome}" for part in TRIED for name, counts in plans[part] for outcome in counts
              if outcome.startswith("FAULT")]
    faults += [f"{row[0]}: {row[1]}" for row in files if row[1] not in ("read", "refused")]
    faults += [f"{name}: {fault}" for name, tally in changed for fault in tally.faults]
    if faults:
        print(f"what was a fault is in {kept}", file=sys.stderr)
    here = find_versions()
    return {
        "date": date.today().isoformat(), "machine": describe_machine(), "seed": seed,
        "minutes": round((time.monotonic() - begin) / 60, 1),
        "libraries": {name: here[name] for name in LIBRARIES if name in here}, "faults": faults,
        "again": [],
        **{part: [[name, dict(counts)] for name, counts in plans[part]] for part in TRIED}, "files": files,
        "changed": [[name, tally.read, tally.refused, len(tally.faults), tally.slowest] for name, tally in changed]}


def _fuzzed(folder, seconds, seed, kept, only):
    """Return [(name, Tally)] of changed files of each kind, each for the same time."""
    kinds, made = [target for target in targets(folder / "examples") if only in target.name], []
    for number, target in enumerate(bar(kinds, desc="changing files", unit=" kinds")):
        place(target, folder / "fuzz" / str(number))
        made.append((target.name, fuzz(target, folder / "fuzz" / str(number), seconds / len(kinds), seed, kept)))
    return made


def _row(name, counts):
    return [name, f"{sum(counts.values()):,}", "; ".join(f"{text} {count:,}" for text, count in counts.items())]


def page(result):
    """Return docs/trust.md."""
    plans = {part: markdown_table(["fault", "outcomes", "what came of it"], [_row(*row) for row in result[part]])
             for part in TRIED}
    files = [[what, outcome, f"{seconds:.1f}", f"{size / 1e6:,.0f}"] for what, outcome, seconds, size in result["files"]]
    changed = [[name, f"{read + refused + faults:,}", f"{refused:,}", f"{read:,}", f"{faults:,}", f"{slowest:.2f}"]
               for name, read, refused, faults, slowest in result["changed"]]
    total = sum(read + refused + faults for _, read, refused, faults, _ in result["changed"])
    return string.Template(TEMPLATE.read_text()).substitute(
        date=result["date"], machine=result["machine"], minutes=f"{result['minutes']:.0f}", seconds=SECONDS,
        bound=MEMORY >> 30,
        libraries=", ".join(f"{name} {version}" for name, version in result["libraries"].items()),
        total=f"{total:,}", faults=len(result["faults"]), kinds=len(changed), bad=len(files),
        most=f"{max(size for *_, size in result['files']) / 1e9:.1f}", longest=f"{max(row[2] for row in result['files']):.0f}",
        again=f"\n\nTried again after a fix: {', '.join(result['again'])}." if result["again"] else "",
        **plans, files=markdown_table(["file", "outcome", "s", "MB"], files),
        changed=markdown_table(["kind of file", "tried", "refused in a line", "read", "faults", "slowest, s"], changed))


if __name__ == "__main__":
    sys.exit(main())
