import io
import threading

import pytest

from featfer.utils import progress
from featfer.utils.progress import bar, report_progress


@pytest.fixture
def clock(monkeypatch, capsys):
    """A clock that the tests set."""
    class Clock:
        now = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: Clock.now)
    return Clock


def run(total, seconds, clock, **options):
    """Do `total` things that take some seconds each."""
    with bar(total=total, desc="doing", unit=" things", **options) as shown:
        for _ in range(total):
            clock.now += seconds
            shown.refresh() if not shown.update() else None


def read_shares(printed):
    return [line.split(":")[1].split("%")[0].strip() for line in printed.splitlines()]


def test_the_library_prints_nothing_where_there_is_no_terminal(clock, capsys):
    run(20, 30, clock)
    assert list(bar(range(3), desc="doing")) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_short_work_prints_no_line(clock, capsys):
    with report_progress(with_lines=True):
        run(9, 1, clock)
    assert capsys.readouterr().err == ""


def test_a_line_for_every_tenth(clock, capsys):
    with report_progress(with_lines=True):
        run(100, 2, clock)
    said = capsys.readouterr().err
    assert read_shares(said) == ["10", "20", "30", "40", "50", "60", "70", "80", "90", "100"]
    assert said.splitlines()[0].startswith("doing: 10 %, 10 of 100 things, ")


def test_a_line_after_half_a_minute_where_little_is_done(clock, capsys):
    with report_progress(with_lines=True):
        run(5, 31, clock, initial=0)
        run(1000, 0.1, clock)
    assert len(capsys.readouterr().err.splitlines()) >= 5 + 3


def test_what_has_no_end_is_counted(clock, capsys):
    with report_progress(with_lines=True), bar(desc="doing", unit=" things") as shown:
        clock.now += 40
        shown.update(1234)
        shown.refresh()
    assert capsys.readouterr().err.startswith("doing: 1234 things, ")


def test_inner_bars_share_the_time_without_lines(clock, capsys):
    with report_progress(with_lines=True):
        for _ in range(10):
            run(10, 0.5, clock)
    assert len(capsys.readouterr().err.splitlines()) == 5


def test_none_is_shown_if_none_is_wanted(clock, capsys, monkeypatch):
    with report_progress(with_bars=False):
        run(20, 30, clock)
        terminal = io.StringIO()
        terminal.isatty = lambda: True
        monkeypatch.setattr("sys.stderr", terminal)
        run(20, 30, clock)
    assert terminal.getvalue() == ""


class Terminal(io.StringIO):
    """A terminal on which writing can be interrupted."""

    is_interrupted = False

    def isatty(self):
        return True

    def write(self, text):
        if self.is_interrupted:
            raise KeyboardInterrupt
        return super().write(text)


def test_after_an_interrupt_while_a_bar_is_drawn_no_thread_waits_for_ever(monkeypatch):
    monkeypatch.setattr(progress.sys, "stderr", terminal := Terminal())
    shown = bar(total=2)
    terminal.is_interrupted = True
    with pytest.raises(KeyboardInterrupt):
        shown.refresh()
    terminal.is_interrupted = False
    watcher = threading.Thread(target=shown.refresh, daemon=True)
    watcher.start()
    watcher.join(5)
    assert not watcher.is_alive()
