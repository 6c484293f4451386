"""What a run has saved on its way acts as its final model does, however the run ended."""

import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from netgym_cli import load_agent
from netgym_cli.common.errors import ConfigError
from netgym_cli.evaluation import request
from netgym_cli.runs.folder import RunFolder
from tests.evaluation.test_evaluate import CONF, SMALL_PPO, TOY, netgym
from tests.support.network import eventually

CHECKPOINTS = ["agent.checkpoint_every_steps=4", "env.episodes_per_session=4"]
WORKING = "env.fail_at_step=0"

pytestmark = pytest.mark.usefixtures("workdir")


@pytest.fixture
def failed(workdir):
    """A run whose simulator died in step 10, after the checkpoints of steps 4 and 8."""
    done = netgym("train", *TOY, *SMALL_PPO, *CHECKPOINTS, "env.fail_at_step=10", "hydra.run.dir=failed")
    assert done.exit_code == 1, done.stderr
    return workdir / "failed"


@pytest.mark.long
def test_a_failed_run_names_a_checkpoint_that_every_verb_takes(workdir, failed):
    told = netgym("evaluate", *CONF, "failed")
    advised = "failed/checkpoints/step_000000008.zip"
    assert told.exit_code == 2 and f"or its last checkpoint: '{advised}'" in told.stderr
    done = netgym("evaluate", *CONF, advised, "agent=random", WORKING, "episodes=1", "seeds=2", "--json")
    assert done.exit_code == 0, done.stderr
    assert {row["agent"] for row in json.loads(done.stdout)["by_seed"]} == {"ppo@step_8", "random"}
    done = netgym("collect", *CONF, advised, WORKING, "episodes=1", "jobs=1", "name=mine/from/ppo-v0")
    assert done.exit_code == 0, done.stderr
    done = netgym("train", *TOY, *SMALL_PPO, f"init={advised}", "hydra.run.dir=continued", "seed=3")
    assert done.exit_code == 0, done.stderr
    assert RunFolder(workdir / "continued").seeds() == {1, 3}
    told = netgym("train", *TOY, *SMALL_PPO, "init=failed")
    assert told.exit_code == 2 and f"or its last checkpoint: '{advised}'" in told.stderr
    assert not list(workdir.glob("outputs/*-*-*"))


def test_checkpoints_are_told_apart_and_keep_the_seeds_of_their_run(failed):
    first, second = sorted(str(path) for path in failed.glob("checkpoints/*.zip"))
    assert list(request.parse([first, second, "seeds=2"], [CONF[1]]).contenders) == ["ppo@step_4", "ppo@step_8"]
    done = netgym("evaluate", *CONF, first, WORKING, "seeds=[1]", "episodes=1")
    assert done.exit_code == 2 and "has met the seeds [1]" in done.stderr


def test_the_last_checkpoint_acts_as_the_final_model(workdir):
    done = netgym("train", *TOY, *SMALL_PPO, *CHECKPOINTS, "hydra.run.dir=whole")
    assert done.exit_code == 0, done.stderr
    ways = ["whole", "whole/model.zip", "whole/checkpoints/step_000000004.zip"]
    final, same, early = (load_agent(way) for way in ways)
    final.observation_space.seed(1)
    seen = [final.observation_space.sample() for _ in range(5)]
    assert all(np.array_equal(final.act(one), same.act(one)) for one in seen)
    assert not all(np.array_equal(final.act(one), early.act(one)) for one in seen)


def test_files_that_are_no_checkpoint_of_a_run_are_refused(workdir, failed, another_user):
    def told(path, *words):
        done = netgym("evaluate", *CONF, str(path), WORKING, "episodes=1", "seeds=1", *words)
        assert done.exit_code == 2
        return done.stderr

    good = failed / "checkpoints" / "step_000000004.zip"
    assert "give one of them, such as" in told("failed/checkpoints")
    assert "there is no checkpoint" in told("failed/checkpoints/step_000000005.zip")
    assert "is no model of a run" in told(shutil.copy(good, workdir / "step_000000004.zip"))
    with pytest.raises(ConfigError, match="such as"):
        load_agent(failed / "checkpoints")
    (failed / "checkpoints" / "step_000000006.zip").write_bytes(good.read_bytes() + b"x")
    assert "not made by a run of yours" in told("failed/checkpoints/step_000000006.zip")
    another_user()
    assert "trust" in told(good)


def test_an_agent_without_checkpoints_says_so(workdir):
    small = ["agent=cleanrl_ppo", "agent.n_steps=8", "agent.batch_size=4", "agent.hidden=[8]"]
    assert netgym("train", *TOY, *small, "hydra.run.dir=mine").exit_code == 0
    (workdir / "mine" / "checkpoints").mkdir()
    (workdir / "mine" / "checkpoints" / "step_1.zip").touch()
    done = netgym("evaluate", *CONF, "mine/checkpoints/step_1.zip", "episodes=1", "seeds=1")
    assert done.exit_code == 2 and "makes no checkpoints; give the run's folder" in done.stderr
    assert load_agent("mine/model.npz").act(np.zeros((1, 3), np.float32)).shape == (3,)


@pytest.mark.long
def test_a_checkpoint_of_a_killed_run_is_taken(workdir):
    words = ["train", *TOY, *SMALL_PPO, *CHECKPOINTS, "env.episodes_per_session=100000", "hydra.run.dir=killed"]
    run = subprocess.Popen([sys.executable, "-m", "netgym_cli", *words], env=os.environ)
    eventually(lambda: len(list(workdir.glob("killed/checkpoints/step_*.zip"))) >= 3)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert json.loads((workdir / "killed" / "run.json").read_text())["status"] == "running"
    told = netgym("evaluate", *CONF, "killed")
    assert told.exit_code == 2 and "last checkpoint" in told.stderr
    taken = str(sorted(workdir.glob("killed/checkpoints/step_*.zip"))[0])
    done = netgym("evaluate", *CONF, taken, "episodes=1", "seeds=1", "-o", "out")
    assert done.exit_code == 0, done.stderr
    assert "ppo@step_4" in set(pd.read_csv(workdir / "out" / "summary.csv")["agent"])
    assert load_agent(taken).act(np.zeros((1, 3), np.float32)).shape == (3,)
