import logging

import pytest
from featfer_cli.main import main
from featfer_cli.verbosity import say
from helpers.commands import refused, run, script

from featfer.utils import progress


def test_every_command_has_both():
    commands = [inner for command in main.commands.values() for inner in getattr(command, "commands", {"": command}).values()]
    for command in commands:
        names = [name for option in command.params for name in option.opts]
        assert {"-q", "--quiet", "-v", "--verbose"} <= set(names)
        assert len(names) == len(set(names))


def test_verbose_says_what_is_done(bundle, photo):
    result = run("predict", photo, "--model", bundle, "-v")
    said = result.stderr.splitlines()
    assert result.exit_code == 0 and result.stdout == run("predict", photo, "--model", bundle).stdout
    assert any(line.endswith(f"loading the model {bundle}") for line in said)
    assert all(line[:9].strip().replace(".", "").removesuffix(" s").isdigit() for line in said)


def test_quiet_leaves_notes_out(fer_csv, tmp_path):
    words = ("extract", fer_csv, "--features", "pixels", "--jobs", 1, "--store")
    assert run(*words, tmp_path / "a").stderr.startswith(f"{fer_csv}: ")
    quiet = run(*words, tmp_path / "b", "--quiet")
    assert quiet.stderr == "" and "42 images: " in quiet.stdout
    assert run("predict", tmp_path / "none.png", "-q").stderr.startswith("Error: ")


def test_both_are_refused():
    assert "--quiet and --verbose" in refused("info", "-q", "-v")


def test_the_library_s_logger_is_left_as_it_was(bundle):
    logger = logging.getLogger("featfer")
    before = (logger.level, list(logger.handlers), logger.propagate, vars(progress._reporting).copy())
    for words in (("info", bundle, "-v"), ("info", bundle, "-q"), ("info", "nowhere", "-v")):
        run(*words)
    assert (logger.level, logger.handlers, logger.propagate, vars(progress._reporting)) == before


def test_warnings_of_the_library_are_shown_unless_quiet(capsys):
    for level, expected in ((logging.WARNING, "Warning: mind\\nthis\n"), (logging.ERROR, "")):
        with say(level):
            logging.getLogger("featfer.some.module").warning("mind\nthis")
        assert capsys.readouterr().err == expected


@pytest.mark.parametrize(("words", "lines"), [((), 1), (("-q",), 0)])
def test_without_a_terminal_progress_is_lines(fer_csv, tmp_path, words, lines):
    """In a process of its own, whose standard error is a pipe."""
    code = ("import sys; from featfer.utils import progress; progress.QUIET_TIME = 0.0\n"
            "from featfer_cli.main import main; main(sys.argv[1:])")
    import subprocess
    import sys
    done = subprocess.run([sys.executable, "-c", code, "extract", str(fer_csv), "--store", str(tmp_path / "s"), "--features",
                           "pixels", "--jobs", "1", *words], capture_output=True, text=True)
    assert done.returncode == 0
    assert ("extracting: " in done.stderr) == bool(lines)


def test_the_script_says_nothing_beside_what_it_prints():
    assert script("info", "photos").stderr == ""
