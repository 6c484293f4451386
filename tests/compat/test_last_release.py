"""What users have from the last release goes on working: own files as its `netgym new` wrote them, runs, imports."""

import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from netgym_cli.agents.builtin.random import Random
from netgym_cli.cli.app import app
from netgym_cli.compat import old_imports
from netgym_cli.config.schema import AgentConfig

FILES = Path(__file__).parent / "last_release"
SHORT = ["env.steps_per_episode=3", "env.episodes_per_session=2", "sessions=1"]
RETURNS = [-10.275174264584539, -11.081980918109481]

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def conf(tmp_path):
    """A copy, so that nothing is written beside the originals."""
    return shutil.copytree(FILES, tmp_path / "conf", ignore=shutil.ignore_patterns("run", "__pycache__"))


def train(conf, *overrides):
    netgym("train", "--config-dir", str(conf), *overrides, f"hydra.run.dir={conf.parent / 'run'}")
    return pd.read_csv(conf.parent / "run" / "metrics" / "episodes.csv")


def test_an_environment_an_agent_and_a_channel_give_the_numbers_they_gave(conf):
    episodes = train(conf, "env=stadium_python", "agent=steady", "channel=sieve", *SHORT[1:])
    assert episodes["return"].tolist() == pytest.approx(RETURNS, rel=1e-9)


@pytest.mark.ns3
def test_a_scenario_in_cpp_compiles_and_runs(conf):
    assert len(train(conf, "env=stadium_cpp", "agent=random", *SHORT)) == 2


@pytest.mark.ns3
@pytest.mark.long
def test_a_scenario_in_python_on_ns3_runs(conf):
    assert len(train(conf, "env=stadium_ns3_python", "agent=random", *SHORT)) == 2


@pytest.mark.ns3
def test_a_run_is_evaluated(tmp_path):
    netgym("evaluate", str(FILES / "run"), "agent=random", "episodes=1", "seeds=2", "--output", str(tmp_path / "out"))
    assert (tmp_path / "out").is_dir()


@pytest.mark.parametrize("old", sorted(old_imports.NEW_NAMES))
def test_a_module_is_found_under_its_old_name_and_says_the_new_one(old, caplog):
    sys.modules.pop(f"netgym_cli.{old}", None)
    with caplog.at_level(logging.WARNING, "netgym_cli"):
        logging.getLogger("netgym_cli").propagate = True
        __import__(f"netgym_cli.{old}")
    said = f"netgym_cli.{old} is now netgym_cli.{old_imports.NEW_NAMES[old]}"
    assert (said in caplog.text) != (old in old_imports.QUIET)


@pytest.mark.parametrize(
    "line",
    [
        "from netgym_cli.adapters import Adapter, box_action, discrete_action, is_empty",
        "from netgym_cli.adapters.nqos_split import NqosSplit",
        "from netgym_cli.agents import Agent, Rule",
        "from netgym_cli.agents._sb3_config import Linear",  # in models that were trained with linear:NUMBER
        "from netgym_cli.channels import Arrival, Channel, DeliveryConfig",
        "from netgym_cli.config import AgentConfig, EnvConfig, require",
        "from netgym_cli.errors import ActionError, ConfigError, SimulatorDied",
        "from netgym_cli.evaluation import default_seeds, evaluate",
        "from netgym_cli.make import make_env",
        "from netgym_cli.networked.networked_env import NetworkedEnv",
        "from netgym_cli.networked.netrl import NetworkConfig",
        "from netgym_cli.session import Plan, SequentialSessions",
        "from netgym_cli.simulators import Layout, Row, Simulator, Stats",
    ],
)
def test_names_that_programs_import_are_there_in_a_fresh_process(line):
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_agent_that_overrides_methods_under_their_old_names_is_honoured(caplog):
    logging.getLogger("netgym_cli").propagate = True

    class Old(Random):
        def walk(self, env, seed):
            return "walked"

        def learnt_on(self):
            return super().learnt_on() | {7}

    class New(Old):
        def training_seeds(self):
            return super().training_seeds() | {8}

    agent = New(AgentConfig(name="random"))
    assert agent.rollout(None, 1) == agent.walk(None, 1) == "walked"
    assert agent.training_seeds() == agent.learnt_on() == {7, 8}
    assert "Old.walk() is now rollout()" in caplog.text


def test_a_name_that_never_was_is_an_import_error():
    with pytest.raises(ModuleNotFoundError):
        __import__("netgym_cli.nothing")
    with pytest.raises(ModuleNotFoundError):
        __import__("netgym_cli.adapters._multi_access")
