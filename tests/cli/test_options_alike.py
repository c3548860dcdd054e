"""Options of one name mean one thing in all commands."""

import click
import pytest
from featfer_cli.main import main

# What else they are called upon to mean, and why.
DIFFERENT = {
    "--affect": "train: the regressor to train; analyze: a trained model",
    "--landmarks": "explain: how many are drawn; analyze: whether the tables have them",
    "--split": "extract: the percentages that are drawn; evaluate: the split that is scored",
    "--source": "benchmark: the data set itself, as in the scripts of benchmarks/; others: which of a store's",
    "--window": "live: whether there is one on the screen; synchrony: a stretch of time",
}
DEFAULTS = {
    "--clf": "required in tune, which of three in train", "--device": "benchmark: as its file says",
    "--features": "tune takes several", "--limit": "codebook: 3,000 faces are enough; train: all",
    "--model": "superres apply: a generator; cross: none is needed with --store",
    "--no-face": "explain: an error, as there is one image",
    "--precision": "of a trained model: as it was trained",
    "--out": "report: report.md", "--smoothing": "live: how jumpy labels look; summarize: below what events last",
}
CHOICES = {
    "--model": "superres apply: generators", "--no-face": "what cannot be done is no choice",
    "--precision": "superres: a generator has no 8 bits",
    "--prior": "estimate: where all faces are seen before they are answered"}
METAVARS = {"--out": "the kind of file or folder that is written"}


def list_options():
    """Return {name: [(command, option)]}."""
    found, waiting = {}, [("", main)]
    while waiting:
        words, command = waiting.pop()
        for name, inner in getattr(command, "commands", {}).items():
            waiting.append((f"{words} {name}".strip(), inner))
        for option in command.params if words and not hasattr(command, "commands") else ():
            if isinstance(option, click.Option):
                found.setdefault(max(option.opts, key=len), []).append((words, option))
    return found


OPTIONS = {name: found for name, found in list_options().items() if name not in DIFFERENT}


def describe_type(option):
    kind = option.type
    return (type(kind).__name__, option.is_flag, getattr(kind, "min", None), getattr(kind, "max", None))


def list_choices(option):
    return tuple(getattr(option.type, "choices", ())) + tuple(getattr(option.type, "names", ()))


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_means_one_thing(name):
    options = [option for _, option in OPTIONS[name]]
    assert len(set(map(describe_type, options)) - ({("Place", False, None, None)} if name == "--out" else set())) <= 1
    assert len({frozenset(option.opts) for option in options}) == 1
    if name not in METAVARS:
        assert len({option.metavar for option in options}) == 1
    if name not in CHOICES:
        assert len(set(map(list_choices, options))) == 1
    if name not in DEFAULTS:
        assert len({str(option.default) for option in options}) == 1


@pytest.mark.parametrize(("table", "differ"), [
    (DEFAULTS, lambda option: str(option.default)), (CHOICES, list_choices), (METAVARS, lambda option: option.metavar)])
def test_nothing_is_excused_that_does_not_differ(table, differ):
    assert all(len({differ(option) for _, option in OPTIONS[name]}) > 1 for name in table)


def test_short_forms_belong_to_one_option():
    shorts = {(opt, max(option.opts, key=len)) for found in list_options().values() for _, option in found
              for opt in option.opts if not opt.startswith("--")}
    assert shorts == {("-o", "--out"), ("-m", "--model"), ("-j", "--jobs"), ("-q", "--quiet"), ("-v", "--verbose")}


def test_every_value_that_is_a_number_or_a_file_has_a_name_in_the_help():
    """Without one click prints INTEGER, TEXT or the like."""
    nameless = [(name, command) for name, found in OPTIONS.items() for command, option in found
                if not option.is_flag and option.metavar is None and not isinstance(option.type, click.Choice)]
    assert nameless == []


COMMANDS_WITH_DEVICE = {"extract", "finetune", "train", "tune", "blend", "evaluate", "report", "cross", "audit", "benchmark",
                        "predict", "explain", "live", "analyze", "serve", "superres train", "superres apply", "table"}


def test_the_device_can_be_chosen_wherever_a_network_runs():
    assert {command for command, _ in OPTIONS["--device"]} == COMMANDS_WITH_DEVICE
