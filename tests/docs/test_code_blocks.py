"""Blocks of code in docs/ and the README: Python runs, and commands have options that exist."""

import glob
import shutil

import click
import pytest
from featfer_cli.main import main
from helpers.commands import run
from helpers.pages import PAGES, read_blocks, read_mentions
from helpers.stand_ins import SHIPPED_TABLE, write_stand_ins

# Pages whose commands are quick enough to run, too.
QUICK = [f"docs/{name}.md" for name in ("tutorial", "audit", "explain", "models", "photos-and-videos", "priors", "unsure")]
# Pages that train on the table that ships: on a few of its rows here.
TRAINING = ("docs/tutorial.md", "docs/labels-and-balance.md")
WITH_COMMANDS = [page for page in PAGES if any(block.commands for block in read_blocks(page))]
WITH_PYTHON = [page for page in PAGES if any(block.language == "python" for block in read_blocks(page))]


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory, crops, fer_rows, photo):
    """A folder with small files under the names that the pages use; not to be written to."""
    folder = tmp_path_factory.mktemp("stand-ins")
    write_stand_ins(folder, crops, fer_rows, photo)
    return folder


def check(words):
    """Raise click.UsageError where a command or an option does not exist, a value is none, or something is missing."""
    command, words = main, words[1:]
    while isinstance(command, click.Group):
        if not words:
            raise click.MissingParameter("a command of " + command.name, param_type="argument")
        context = click.Context(command, info_name=words[0])
        _, command, words = command.resolve_command(context, words)
    context = click.Context(command, info_name=command.name)
    values, rest, _ = command.make_parser(context).parse_args(list(words))
    if rest:
        raise click.UsageError(f"unexpected {rest}", context)
    for parameter in command.params:
        value, _ = parameter.consume_value(context, values)
        is_missing = parameter.value_is_missing(value)
        if is_missing and parameter.required:
            raise click.MissingParameter(ctx=context, param=parameter)
        if not is_missing:
            parameter.type_cast_value(context, value)


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_commands_and_their_options_exist(page):
    wrong = []
    for block in read_blocks(page):
        for words in block.commands:
            try:
                check(words)
            except click.UsageError as error:
                wrong.append(f"{page}, block at line {block.line}, {' '.join(words)}: {error.format_message()}")
    assert wrong == []


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_sentences_exist(page):
    """They may lack what is needed, or the value of an option."""
    wrong = []
    for words in read_mentions(page):
        try:
            check(words)
        except (click.MissingParameter, click.BadOptionUsage):
            continue
        except click.UsageError as error:
            wrong.append(f"{' '.join(words)}: {error.format_message()}")
    assert wrong == []


@pytest.mark.parametrize(("words", "said"), [
    ("featfer predct photo.jpg", "No such command"), ("featfer predict photo.jpg --detectors hog", "No such option"),
    ("featfer predict photo.jpg --every none", "is not a valid integer"), ("featfer train --clf svm --out a.joblib", "--store"),
    ("featfer store merg out a", "No such command"), ("featfer info a.joblib b.joblib", "unexpected")])
def test_a_command_that_does_not_exist_is_seen(words, said):
    with pytest.raises(click.UsageError) as raised:
        check(words.split())
    assert said in raised.value.format_message()


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if page in WITH_PYTHON or page in QUICK])
def test_what_a_page_prints_runs(page, stand_ins, tmp_path, monkeypatch):
    folder = tmp_path / "folder"
    shutil.copytree(stand_ins, folder)
    monkeypatch.chdir(folder)
    if page in TRAINING:
        (folder / SHIPPED_TABLE).rename(folder / "fer2013")
    namespace = {"__name__": "page"}
    for block in read_blocks(page):
        if block.reason:
            continue
        if block.language == "python":
            exec(compile("\n" * (block.line - 1) + block.text, PAGES[page], "exec"), namespace)
        for words in block.commands if page in QUICK else ():
            result = run(*[name for word in words[1:] for name in sorted(glob.glob(word)) or [word]])
            assert result.exit_code == 0, f"line {block.line}, {' '.join(words)}: {result.output}"


def test_pages_say_why_a_block_is_not_run():
    assert [page for page in PAGES for block in read_blocks(page) if block.reason is not None and len(block.reason) < 10] == []
