"""What says how far child processes are, on a terminal and elsewhere."""

from __future__ import annotations

import logging

import pytest

from netgym_cli.jobs import progress as module
from netgym_cli.jobs.progress import progress


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == module.__name__]


def test_without_a_terminal_a_line_is_logged_when_the_last_one_is_old(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clock = iter((0.0, 10.0, 31.0, 40.0, 70.0))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    with progress("sessions", 6, done=1) as count:
        for _ in range(4):
            count(1.0)
    assert lines(caplog) == ["3 of 6 sessions done, about 46 s left", "5 of 6 sessions done, about 18 s left"]


def test_the_last_thing_is_not_announced(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(module, "LINE_EVERY_S", 0.0)
    with progress("episodes", 2) as count:
        count(1.0)
        count(1.0)
    assert len(lines(caplog)) == 1


def test_nothing_is_logged_where_the_caller_wants_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(module, "LINE_EVERY_S", 0.0)
    with progress("sessions", 3, shown=False) as count:
        count(1.0)
    assert lines(caplog) == []
