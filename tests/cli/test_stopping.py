"""Stopped by Ctrl-C, SIGTERM or SIGHUP, a command removes incomplete files and says what is kept."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import click
import pytest
from featfer_cli.stopping import find_exit_code, handle_signals, report_on_stop
from helpers.commands import SCRIPT, run

from featfer.utils.checkpoints import write_checkpoint

STOPPED = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.mark.parametrize("number", STOPPED)
def test_the_first_signal_stops_and_the_next_ones_are_ignored(number):
    with pytest.raises(KeyboardInterrupt) as stopped, handle_signals():
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGHUP)
    assert find_exit_code(stopped.value) == STOPPED[number]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_ignored_signals_stay_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with handle_signals():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_is_kept_is_printed_before_the_message_of_the_work():
    with pytest.raises(KeyboardInterrupt, match=r"^All is kept\. 3 of 4 were done\.$"), report_on_stop(lambda: "All is kept."):
        raise KeyboardInterrupt("3 of 4 were done.")


def interrupted(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize(("seam", "words", "said"), [
    ("featfer.training.classifier.train", ("train", "--clf", "svm", "--store", "fer2013", "--out", "a.joblib"),
     "Nothing is kept; "),
    ("featfer.affect.training.train_affect", ("train", "--affect", "svr", "--store", "fer2013", "--out", "a.joblib"), "Noth"),
    ("featfer.finetuning.finetune", ("finetune", "fer2013.csv", "--out", "net.npz"), "Nothing is kept; "),
    ("featfer.features.visual_words.learning.make_codebook", ("codebook", "fer2013.csv", "--out", "book.npz"),
     "Nothing is kept; "),
    ("featfer.reports.dataset.inspect_dataset", ("data", "fer2013.csv", "--out", "page"),
     "Files that are whole in page stay; "),
    ("featfer.store.merging.merge", ("store", "merge", "whole", "part"), "What was joined in whole is kept; "),
    ("featfer.tuning.search.tune", ("tune", "--store", "fer2013", "--clf", "svm", "--study", "t.db"), "The trials that ended "),
    ("featfer.extraction.run.extract", ("extract", ".", "--store", "store"), "What was finished is kept."),
    ("featfer.superres.applying.apply", ("superres", "apply", "a.png", "--out", "big"), "The images that are in big are "),
    ("featfer.superres.run.train", ("superres", "train", "a.csv", "--out", "net.npz"), "Nothing is kept; "),
    ("featfer.exporting.export", ("export", "svm", "--out", "svm.skops"), "Nothing was written."),
])
def test_each_command_says_what_is_kept(tmp_path, monkeypatch, seam, words, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(seam, interrupted)
    result = run(*words)
    assert (result.exit_code, result.stderr[:len(said) + 10]) == (130, f"\nStopped. {said}")


def test_a_training_says_from_which_epoch_it_goes_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("featfer.finetuning.finetune", interrupted)
    write_checkpoint(tmp_path / "net.checkpoint", {}, {}, history=[{"epoch": 1}, {"epoch": 2}])
    assert run("finetune", "fer2013.csv", "--out", "net.npz").stderr == (
        "\nStopped. What was learnt up to the end of epoch 2 is kept in net.checkpoint; the same command goes on from there.\n")


@contextmanager
def predicting(photo, tmp_path, bundle):
    """A command that is at work on 200 pictures, and has a row or more in its table."""
    for number in range(200):
        shutil.copy(photo, tmp_path / f"{number:03}.jpg")
    table = tmp_path / "t.csv"
    words = [SCRIPT, "predict", tmp_path, "--model", bundle, "--csv", table, "--json", "-q"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + 120
        while not table.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        yield process, table
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_finished_rows_are_in_the_table_after_a_stop(tmp_path, photo, bundle, number):
    with predicting(photo, tmp_path, bundle) as (process, table):
        process.send_signal(number)
        out, errors = process.communicate(timeout=60)
    rows = list(csv.DictReader(table.open()))
    assert 1 <= len(rows) < 200
    assert all(None not in row and row["status"] == "found" for row in rows)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".jpg"] == ["t.csv"]
    if number == signal.SIGTERM:
        assert process.returncode == 143
        assert errors.startswith(f"\nStopped. Pictures that were done: {len(rows)}; their rows are in {table}. ")
        assert len(list(map(json.loads, out.splitlines()))) in (len(rows), len(rows) - 1)
    else:
        assert process.returncode == -signal.SIGKILL


def options_of(command):
    return {name for param in command.params for name in param.opts}


def test_every_command_whose_results_take_long_to_make_has_overwrite():
    commands = {**sys.modules["featfer_cli.main"].main.commands,
                "superres train": sys.modules["featfer_cli.superres"].superres.commands["train"]}
    assert {name for name, command in commands.items() if isinstance(command, click.Command)
            and "--overwrite" in options_of(command)} == {"train", "blend", "finetune", "codebook", "live",
                                                         "superres train"}
