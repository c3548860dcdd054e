"""How the tests of the commands run them."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

from click.testing import CliRunner
from featfer_cli.main import main

SCRIPT = Path(sys.executable).with_name("featfer")


def run(*words):
    """Run a command in this process; return click's result."""
    with patch("featfer.utils.progress.QUIET_TIME", math.inf):  # where the machine is slow, lines on progress would be printed
        return CliRunner().invoke(main, [str(word) for word in words])


def succeeded(*words):
    """Run a command that must end well; return what it printed. On standard error `extract` says what its source was taken for,
    and others nothing."""
    result = run(*words)
    said = [line for line in result.stderr.splitlines() if words[0] != "extract" or not line.startswith(f"{words[1]}: ")]
    assert (result.exit_code, said) == (0, []), result.output
    return result.stdout


def refused(*words):
    """Run a command that must end in an error that a user can mend; return its line."""
    result = run(*words)
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, result.output
    return lines[0]


def read_lines(printed):
    """Return the values that a command printed as JSON, one a line."""
    return list(map(json.loads, printed.splitlines()))


def script(*words, **environment):
    """Run the installed script in a process of its own."""
    return subprocess.run([SCRIPT, *map(str, words)], capture_output=True, text=True, env={**os.environ, **environment})
