"""`netgym watch`: what there is to see of a run, from its tables alone, whatever its state."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from netgym_cli.analysis import watch
from netgym_cli.analysis.watch_view import sparkline
from netgym_cli.cli.app import app
from netgym_cli.common.locks import Lock
from netgym_cli.envs.frames.shown import Position
from netgym_cli.envs.frames.text import map_lines
from tests.experiment.test_loaded_agent import trained
from tests.support.engine import run_config
from tests.support.interrupted import killed_at


def netgym(*words):
    return CliRunner().invoke(app, words)


def test_a_complete_run_is_shown_once(tmp_path):
    run = trained(run_config(), tmp_path / "run")
    done = netgym("watch", str(run))
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == str(run) and lines[1].startswith("complete ") and lines[1].endswith("8 of 8 steps")
    assert lines[2].startswith("env tests.support.toy:ToyAdapter, agent random, seed 1, ")
    (episodes,) = (line for line in lines if line.startswith("return "))
    mean = json.loads((run / "run.json").read_text())["last_return"]
    assert f" {mean:.4g} (from " in episodes
    assert "session 0, episode 1, step 3, 1.9 s" in lines and " id  toy dl rate, Mbit/s".strip() in done.stdout
    newest = watch.look(run).stats
    assert [line.split()[1] for line in lines[-3:]] == [f"{value:.4g}" for value in newest.values]


@pytest.fixture
def killed(tmp_path):
    with killed_at(7, tmp_path / "run", tmp_path / "left"):
        trained(run_config("random"), tmp_path / "run")
    return tmp_path / "left"


def test_a_run_that_died_or_goes_on_is_shown_as_far_as_its_tables_go(killed):
    assert (killed / "metrics" / "steps.parquet").is_dir()
    with Lock(killed / ".reserve"):  # as long as somebody holds it, the run goes on
        assert netgym("watch", str(killed)).stdout.splitlines()[1].startswith("running ")
    done = netgym("watch", str(killed), "--once")
    assert done.exit_code == 0 and "died " in done.stdout and "of 8 steps" in done.stdout and "reward " in done.stdout


def test_a_table_that_becomes_a_file_just_now_is_looked_at_later(killed, monkeypatch):
    monkeypatch.setattr(watch, "parts_of", lambda path: [path / "part-99999999.parquet"])
    seen = watch.look(killed)
    assert seen.stats is None and list(seen.rewards) == [] and seen.indicators == {}


@pytest.mark.parametrize("folder", ["nothing", "."])
def test_what_is_no_run_is_refused(folder, workdir):
    done = netgym("watch", folder)
    assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1


def test_curves_and_maps_keep_to_their_room():
    assert sparkline([1, 2, 3]) == "▁▅█" and sparkline([5.0]) == "▁" and len(sparkline(range(1000))) == 60
    edge, *grid, bottom, below = map_lines([Position(1, 0.0, 0.0), Position(12, 100.0, 50.0)])
    assert grid[0].endswith("12|") and grid[-1].startswith("|1") and edge == bottom
    assert below == "x 0 to 100 m, y 0 to 50 m" and {len(line) for line in (edge, *grid)} == {50}
    assert map_lines([]) == [] and len(map_lines([Position(3, 7.0, 7.0)])) == 13


@pytest.mark.long
def test_on_a_terminal_it_follows_until_ctrl_c(killed):
    with Lock(killed / ".reserve"):  # as long as somebody holds it, the run goes on
        leader, terminal = pty.openpty()
        words = [sys.executable, "-m", "netgym_cli", "watch", str(killed)]
        with subprocess.Popen(words, stdout=terminal, stderr=subprocess.PIPE, text=True) as process:
            told = ""
            while "of 8 steps" not in told:
                told += os.read(leader, 4096).decode(errors="replace")
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            os.set_blocking(leader, True)
            _, errors = process.communicate(timeout=60)
        os.close(terminal)
        os.close(leader)
    assert process.returncode == 130 and errors.strip() == "netgym watch: interrupted"
