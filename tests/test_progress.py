"""How far a run is: on a terminal and in a log."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from marrowtext import progress
from marrowtext.progress import show_progress


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "monotonic", clock)
    return clock


@pytest.fixture
def reader() -> Any:
    """What stands for a reader: how much of the input has been read."""
    return SimpleNamespace(fraction=0.0)


def test_log_has_a_line_each_half_minute(reader: Any, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress(reader) as tell:
        tell(0)
        for number in range(1, 14):
            clock.now, reader.fraction = number * 10.0, number / 100
            tell(number * 6400)
    assert capsys.readouterr().err.splitlines() == [
        "  3%  19,200 reports, 640 per second, 16:10 left",
        "  6%  38,400 reports, 640 per second, 15:40 left",
        "  9%  57,600 reports, 640 per second, 15:10 left",
        " 12%  76,800 reports, 640 per second, 14:40 left",
    ]


def test_short_run_has_no_line(reader: Any, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress(reader) as tell:
        tell(0)
        clock.now, reader.fraction = 29.0, 1.0
        tell(64)
    assert capsys.readouterr().err == ""


def test_pace_of_a_resumed_run_is_that_of_its_own_reports(
    reader: Any, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    reader.fraction = 0.5
    with show_progress(reader) as tell:
        tell(1000)
        clock.now, reader.fraction = 40.0, 0.6
        tell(1200)
    assert capsys.readouterr().err.splitlines() == [
        "goes on after 1,000 reports",
        " 60%  1,200 reports, 5 per second, 2:40 left",
    ]


def test_time_left_may_be_hours(reader: Any, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress(reader) as tell:
        tell(0)
        clock.now, reader.fraction = 36.5, 0.001
        tell(64)
    assert capsys.readouterr().err.endswith(" 10:07:44 left\n")


class Terminal(io.StringIO):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


def test_terminal_shows_a_bar(reader: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with show_progress(reader) as tell:
        tell(0)
        clock.now, reader.fraction = 10.0, 0.25
        tell(6400)
    assert "6,400 reports, 640 per second, 0:30 left" in terminal.getvalue()
    assert "25%" in terminal.getvalue()
