"""A run without a terminal tells its folder, and now and then how far it is, in plain lines."""

import logging
import re

import pytest

from netgym_cli.experiment import progress_lines, run
from tests.experiment.test_loaded_agent import trained
from tests.support.engine import run_config

SESSION = {"episodes_per_session": 4}


@pytest.fixture
def told(monkeypatch, caplog):
    """Gives the lines so far; each step is told."""
    monkeypatch.setattr(progress_lines, "EVERY_S", 0.0)
    caplog.set_level(logging.INFO, logger=progress_lines.__name__)
    return lambda: caplog.messages


def test_a_run_tells_steps_speed_return_and_time_left(tmp_path, told, monkeypatch):
    monkeypatch.setattr("netgym_cli.runs.record.HEARTBEAT_S", 0.0)
    monkeypatch.setattr("netgym_cli.runs.tables.ParquetTable.due", True)
    trained(run_config("random", env=SESSION), tmp_path / "run")
    lines = told()
    assert len(lines) == 16
    wanted = r"(\d+) of 16 steps, \d+\.\d\d simulated seconds per second, return \d+\.\d+, \d+ s left"
    found = [re.fullmatch(wanted, line) for line in lines[4:]]
    assert all(found) and int(found[-1][1]) >= 15


def test_nothing_is_told_before_its_time(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    run.train(run_config("random"), tmp_path / "run", ["netgym"])
    assert caplog.messages == []


def test_several_simulators_in_one_call_are_counted_together(tmp_path, told):
    config = run_config("cleanrl_ppo", env={"name": "tests.support.many_toys:ManyToys"}, n_envs=3, n_steps=2)
    run.train(config, tmp_path / "run", ["netgym"])
    lines = told()
    assert len(lines) == 8 and re.match(r"\d+ of 24 steps", lines[-1])


def test_updates_of_an_agent_that_learns_between_steps(tmp_path, told):
    class Record:
        content = {"last_return": None}

    progress = progress_lines.ProgressLines(Record())
    for done in (10, 20, 40):
        progress.updated(done, 100)
    lines = told()
    assert lines[0] == "10 of 100 updates" and re.fullmatch(r"40 of 100 updates, \d+ s left", lines[-1])
