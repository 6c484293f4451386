import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError, SimulatorDied
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.experiment import run
from netgym_cli.experiment.progress import RunProgress
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from tests.support.engine import run_config
from tests.support.toy import ToyAdapter, ToySimulator

COMMAND = ["netgym", "train", "sessions=[{}, {}]"]
LONG = """
import sys
from pathlib import Path
from netgym_cli.experiment import run
from tests.support.engine import run_config
config = run_config(env={"steps_per_episode": 10, "episodes_per_session": 10**6})
if len(sys.argv) > 2:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
run.train(config, Path(sys.argv[1]), ["netgym", "train"])
"""


def record(folder):
    return json.loads((folder / "run.json").read_text())


def readable(folder):
    """The steps, after a look at every table."""
    steps = pd.read_parquet(folder / "metrics" / "steps.parquet")
    stats = pd.read_parquet(folder / "metrics" / "stats.parquet")
    assert set(stats["step"]) <= set(steps["step"]) or len(stats) == 0
    episodes, sessions = (pd.read_csv(folder / "metrics" / name) for name in ("episodes.csv", "sessions.csv"))
    assert episodes["length"].sum() <= len(steps) and {"seed", "status"} <= set(sessions.columns)
    assert steps["total_step"].tolist() == list(range(len(steps)))
    within = steps["session"].astype("int64") * 10**9 + steps["episode"] * 10**3 + steps["step"]
    assert within.is_monotonic_increasing and within.is_unique
    return steps


def start(folder, *arguments):
    return subprocess.Popen([sys.executable, "-c", LONG, str(folder), *arguments], stderr=subprocess.PIPE, text=True)


def wait_for(path):
    for _ in range(1000):
        if path.exists():
            return
        time.sleep(0.02)
    raise AssertionError(f"{path} did not appear")


def test_the_summary_says_what_its_sessions_differ_in(tmp_path):
    alike = run.train(run_config(sessions=[{}, {"random_seed": 9}]), tmp_path / "alike", COMMAND)
    mixed = run.train(run_config(sessions=[{}, {"steps_per_episode": 3}]), tmp_path / "mixed", COMMAND)
    assert not [line for line in alike.lines() if "differ" in line]
    assert "note: the sessions differ in steps_per_episode, and a mean return is over all of them" in mixed.lines()


def test_a_complete_run(tmp_path):
    folder = tmp_path / "run"
    summary = run.train(run_config(seed=4, sessions=[{}, {}]), folder, COMMAND)
    told = record(folder)
    assert told["status"] == "complete" and told["error"] is None and told["command"] == COMMAND
    assert told["steps"] == told["planned_steps"] == 16 and told["sim_s"] == pytest.approx(3.8)
    assert told["seeds"] == pd.read_csv(folder / "metrics" / "sessions.csv")["seed"].tolist()
    assert told["seeds"][0] == 4 and told["pid"] == os.getpid()
    assert {"netgym", "ns3", "torch", "stable-baselines3", "gymnasium", "python"} <= set(told["versions"])
    assert told["machine"]["cpu"] and told["machine"]["libc"] and "torch_cpu_capability" in told["machine"]
    assert (told["env"], told["agent"], told["channel"]) == ("tests.support.toy:ToyAdapter", "random", "none")
    assert len(readable(folder)) == 16 and not (folder / "error.txt").exists() and not (folder / ".reserve").exists()
    returns = pd.read_csv(folder / "metrics" / "episodes.csv")["return"]
    assert (summary.first_return, summary.last_return) == pytest.approx((returns.iloc[0], returns.iloc[-1]))
    assert summary.steps == 16 and str(folder) in summary.lines()[-1]
    with pytest.raises(FileExistsError):
        run.train(run_config(), folder, COMMAND)


def test_a_failing_simulator_leaves_a_readable_folder(tmp_path):
    with pytest.raises(
        SimulatorDied, match=r"failed at step 6.*Reproduce it with: netgym train 'sessions=\[\{\}, \{\}\]'"
    ):
        run.train(run_config(env={"fail_at_step": 6}), tmp_path, COMMAND)
    told = record(tmp_path)
    assert told["status"] == "failed" and told["error"]["type"] == "SimulatorDied" and told["steps"] == 5
    assert "Traceback" in (tmp_path / "error.txt").read_text()
    assert len(readable(tmp_path)) == 5
    sessions = pd.read_csv(tmp_path / "metrics" / "sessions.csv")
    assert sessions["status"].tolist() == ["failed"] and sessions["steps"].tolist() == [5]
    assert sessions["exit_reason"][0].startswith("SimulatorDied")
    assert len(pd.read_csv(tmp_path / "metrics" / "episodes.csv")) == 1


def test_a_simulator_that_never_starts_leaves_a_readable_folder(tmp_path, monkeypatch):
    def fail(*_):
        raise SimulatorDied("no such library")

    monkeypatch.setattr(ToySimulator, "start", fail)
    with pytest.raises(SimulatorDied):
        run.train(run_config(), tmp_path, COMMAND)
    assert record(tmp_path)["status"] == "failed" and len(readable(tmp_path)) == 0
    assert pd.read_csv(tmp_path / "metrics" / "sessions.csv")["seed"].tolist() == [1]


def test_any_other_error_fails_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(ToyAdapter, "reward", lambda self, stats: 1 / 0)
    closed = []
    monkeypatch.setattr(ToySimulator, "close", lambda self: closed.append(True))
    with pytest.raises(ZeroDivisionError):
        run.train(run_config(), tmp_path, COMMAND)
    assert record(tmp_path)["status"] == "failed" and closed


def test_ctrl_c_interrupts_and_completes_the_tables(tmp_path, monkeypatch):
    def interrupted(self, policy, original=ToySimulator.step):
        if self.steps == 4:
            raise KeyboardInterrupt
        return original(self, policy)

    monkeypatch.setattr(ToySimulator, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.train(run_config(), tmp_path, COMMAND)
    told = record(tmp_path)
    assert told["status"] == "interrupted" and len(readable(tmp_path)) == 3
    assert told["error"] == {"type": "KeyboardInterrupt", "message": "interrupted by Ctrl-C"}
    assert not (tmp_path / "error.txt").exists() and not (tmp_path / ".reserve").exists()
    sessions = pd.read_csv(tmp_path / "metrics" / "sessions.csv")
    assert sessions["status"].tolist() == ["interrupted"] and sessions["exit_reason"][0] == "interrupted by Ctrl-C"


@pytest.mark.parametrize(("agent", "at", "saved"), [("sac", 6, True), ("sac", 2, False), ("ppo", 10, True)])
def test_ctrl_c_keeps_what_was_learnt(agent, at, saved, tmp_path, monkeypatch, caplog):
    def interrupted(self, policy, original=ToySimulator.step):
        if self.steps == at:
            raise KeyboardInterrupt
        return original(self, policy)

    monkeypatch.setattr(ToySimulator, "step", interrupted)
    caplog.set_level("INFO", "netgym_cli")
    with pytest.raises(KeyboardInterrupt) as caught:
        run.train(run_config(agent, env={"episodes_per_session": 4}), tmp_path / "run", COMMAND)
    assert (tmp_path / "run" / "model.zip").exists() == saved
    assert any("what was learnt until then is kept" in note for note in getattr(caught.value, "__notes__", [])) == saved
    assert ("saving what was learnt" in caplog.text) == saved


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_signals_interrupt(tmp_path, sent):
    before = signal.getsignal(signal.SIGTERM)
    child = start(tmp_path)
    wait_for(tmp_path / "metrics" / "steps.parquet")
    child.send_signal(sent)
    child.communicate(timeout=60)
    steps = readable(tmp_path)
    told = record(tmp_path)
    assert told["status"] == "interrupted" and abs(told["steps"] - len(steps)) <= 1 and len(steps) > 0
    assert (tmp_path / "metrics" / "steps.parquet").is_file()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_killed_run_is_a_prefix(tmp_path):
    for k in range(4):
        folder = tmp_path / str(k)
        child = start(folder)
        wait_for(folder / "metrics" / "stats.parquet")
        time.sleep(0.7 * k)
        child.kill()
        child.communicate()
        assert record(folder)["status"] == "running"
        assert pd.read_csv(folder / "metrics" / "sessions.csv")["status"].tolist() == ["running"]
        steps = readable(folder)
        assert np.array_equal(steps["episode"] * 10 + steps["step"], np.arange(len(steps))) and len(steps) > 0


def test_a_full_disk_fails_the_run_and_keeps_what_fitted(tmp_path):
    child = start(tmp_path, "70000")
    _, errors = child.communicate(timeout=120)
    assert child.returncode == 1 and "OSError" in errors
    told = record(tmp_path)
    assert told["status"] == "failed" and told["error"]["type"] == "OSError"
    assert len(readable(tmp_path)) > 0


def test_a_disk_that_the_run_fills_still_takes_its_last_words(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    try:
        child = start(disk / "run")
        _, errors = child.communicate(timeout=120)
        told = record(disk / "run")
        assert child.returncode == 1 and told["status"] == "failed"
        assert "free space or choose another hydra.run.dir" in told["error"]["message"]
        assert str(disk / "run") in told["error"]["message"] and errors.count("could not be done either") <= 1
        assert "Traceback" in (disk / "run" / "error.txt").read_text()
        assert pd.read_csv(disk / "run" / "metrics" / "sessions.csv")["status"].tolist() == ["failed"]
        assert len(readable(disk / "run")) > 0 and not (disk / "run" / ".reserve").exists()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_the_summary_counts_in_plain_words(tmp_path):
    few = run.train(run_config(), tmp_path / "few", COMMAND)
    assert few.lines()[0].startswith("1 session, 2 episodes, 8 steps: started in ")
    assert few.lines()[1] == f"mean return {few.mean_return:.4g}"
    many = run.train(run_config(env={"episodes_per_session": 10}), tmp_path / "many", COMMAND)
    assert many.lines()[1] == f"mean return {many.mean_return:.4g}" and 0 <= many.start_s < many.wall_s
    assert many.steps_per_s == pytest.approx(many.steps / (many.wall_s - many.start_s))


def test_no_progress_is_drawn_without_a_terminal(tmp_path, capfd):
    run.train(run_config(), tmp_path / "quiet", COMMAND)
    assert capfd.readouterr() == ("", "")
    run.train(run_config(), tmp_path / "drawn", COMMAND, console=True)
    out, err = capfd.readouterr()
    assert out == "" and "8/8" in err


def test_progress_fits_80_columns(monkeypatch, capfd):
    monkeypatch.setenv("COLUMNS", "80")
    config = run_config(sessions=[{}] * 10, env={"episodes_per_session": 50})

    def line_after(steps):
        with RunProgress(2000, 10, shown=True) as progress:
            env = SequentialSessions(NetworkEnv(config.env, config.simulator), Plan.of(config), [progress])
            env.reset()
            for _ in range(steps):
                if env.step(None)[3]:
                    env.reset()
        return capfd.readouterr().err.strip("\n").splitlines()[-1].strip()

    assert line_after(1).endswith("return - sim/wall - - ev/s")
    line = line_after(1950)
    assert "session 10/10 ep 38" in line and " 1950/2000 " in line and "-:--:--" not in line, line
    assert len(line) <= 80 and re.search(r" return 2\d(\.\d)? sim/wall ", line), line


def test_an_agent_that_cannot_act_is_told_which_can(monkeypatch):
    init = ToyAdapter.__init__

    def discrete(self, config):
        init(self, config)
        self.action_space = spaces.Discrete(3)

    monkeypatch.setattr(ToyAdapter, "__init__", discrete)
    with pytest.raises(ConfigError) as caught:
        run.check(run_config("sac"))
    assert "needs a Box action space, and not Discrete(3)" in str(caught.value)
    assert "'tests.support.toy:ToyAdapter': a2c, cleanrl_ppo, constant, custom, ppo, random" in str(caught.value)
    run.check(run_config("ppo"))


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"sessions": [{}, {"num_users": 4}]}, "sessions[1] changes the observation_space"),
        ({"sessions": []}, "sessions"),
        ({"seed": -1}, "seed"),
        ({"env": {"steps_per_episode": 0}}, "steps_per_episode"),
    ],
)
def test_mistakes_are_found_before_anything_starts(keys, named):
    before = ToySimulator.started
    with pytest.raises(ConfigError) as caught:
        run.check(run_config(**keys))
    assert named in str(caught.value) and ToySimulator.started == before
