"""Progress: silent on what is quick, then a bar on a terminal or a line now and then; never on standard output."""

from __future__ import annotations

import io
import sys

import pytest

from reporter.progress import EVERY, PATIENCE, Meter, silent


class Clock:
    """A clock that a test turns."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr("reporter.progress.time.monotonic", lambda: self.now)


class Terminal(io.StringIO):
    """Standard error with somebody in front of it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_the_python_face_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    silent("attributing", 1, 10)
    assert capfd.readouterr() == ("", "")


def test_what_takes_less_than_a_second_shows_nothing(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Meter() as meter:
        for done in range(100):
            clock.now += PATIENCE / 101
            meter("attributing", done, 100)
    assert capsys.readouterr() == ("", "")


def test_where_there_is_no_terminal_a_line_comes_now_and_then(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Meter() as meter:
        for done in range(1, 13):
            clock.now += EVERY / 3
            meter("attributing", done, 12)
        clock.now += EVERY
        meter("drawing", 0, 0)
        meter("drawing", 0, 0)
    assert capsys.readouterr() == (
        "",
        "attributing 3/12\nattributing 6/12\nattributing 9/12\nattributing 12/12\ndrawing …\n",
    )


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with Meter() as meter:
        meter("reading", 0, 0)
        assert terminal.getvalue() == ""
        clock.now += PATIENCE
        meter("reading", 0, 0)
        meter("attributing", 3, 12)
    assert "attributing" in terminal.getvalue()
    assert terminal.getvalue().rstrip().endswith("\x1b[?25h") or "\x1b[2K" in terminal.getvalue()


def test_the_bar_is_taken_away_when_the_work_fails(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    meter = Meter()

    def fails() -> None:
        with meter:
            clock.now += PATIENCE
            meter("attributing", 3, 12)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert not meter._bar.live.is_started


def test_no_bar_is_drawn_where_none_was_needed(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with Meter() as meter:
        meter("reading", 0, 0)
    assert meter._bar is None
