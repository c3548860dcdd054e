"""How the tests of the fault harness run its modules."""

import json
import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
ALONE = """
import collections, functools, json, sys
from pathlib import Path
from robustness import {module}
outcomes = {call}
print(json.dumps(outcomes))
"""


def alone(module, call, folder):
    """Return what a call in a module comes to, in a process of its own: it forks, and has no threads then."""
    code = ALONE.format(module=module, call=call.format(folder=f"Path({str(folder)!r})"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=TESTS, timeout=300,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def without_faults(outcomes):
    assert not [outcome for outcome in outcomes if outcome.startswith("FAULT")], outcomes
    return outcomes
