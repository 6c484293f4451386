"""Programs to be run in a process of their own."""

import pytest

from netgym_cli.jobs.child import ChildProcess


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Starts a program of this text."""
    monkeypatch.syspath_prepend(tmp_path / "modules")

    def start(text):
        (tmp_path / "modules").mkdir(exist_ok=True)
        (tmp_path / "modules" / "the_program.py").write_text(text)
        return ChildProcess("the_program", piped=True)

    return start
