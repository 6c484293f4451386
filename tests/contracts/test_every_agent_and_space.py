"""Every agent in every kind of space: it works, or it is refused before the run, with a message that says what fits.

Two columns of the table are in the gate; the whole of it is long.
"""

import re

import numpy as np
import pytest

from netgym_cli import load_agent
from netgym_cli.agents.base import agent_registry
from netgym_cli.agents.rule import Rule
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import compose
from netgym_cli.evaluation.rollout import measure
from netgym_cli.experiment import run
from netgym_cli.experiment.config import typed_run
from netgym_cli.experiment.task import Task
from netgym_cli.runs.folder import RunFolder
from tests.support import kinds

SHORT = {
    "ppo": ["agent.n_envs=1", "agent.n_steps=10", "agent.batch_size=5", "agent.n_epochs=1"],
    "cleanrl_ppo": ["agent.n_steps=10", "agent.batch_size=5", "agent.n_epochs=1"],
    "a2c": ["agent.n_steps=5"],
    "sac": ["agent.learning_starts=4", "agent.batch_size=4"],
    "td3": ["agent.learning_starts=4", "agent.batch_size=4"],
    "custom": ["agent.cls=tests.contracts.test_every_agent_and_space:Sampler"],
}
AGENTS = [name for name in agent_registry.names() if not agent_registry.load(name).needs_dataset]
RULES = [name for name in AGENTS if issubclass(agent_registry.load(name), Rule)]  # they name their environments
GENERAL = [name for name in AGENTS if name not in (*RULES, "system_default")]
ODD = {"whole", "box_in_64_bits", "choice_from_-1", "choices_of_two_axes", "switches_of_two_axes", "sequence"}
WITHOUT_NUMBERS = ("dict", "tuple", "text", "sequence", "graph", "one_of")


class Sampler:
    """A user's agent for any space."""

    def __init__(self, observation_space, action_space, seed):
        self.space = action_space
        self.space.seed(seed)

    def act(self, observation, info):
        return self.space.sample()


def marked(cases, gate):
    return [pytest.param(*case, marks=[] if gate(*case) else pytest.mark.long, id="-".join(case)) for case in cases]


def played(agent, folder, act, obs, *words):
    """Whether the agent trains there, evaluates and acts outside; False if it is refused before."""
    plain = [] if "observation" not in words else ["agent.normalize_observation=false"]
    size = [f"env.steps_per_episode={kinds.STEPS}", "env.episodes_per_session=2", "sessions=1"]
    spaces = ["env.id=tests.support.kinds:Kinds-v0", f"env.kwargs={{act: {act}, obs: {obs}}}"]
    composed = compose(["env=gym", *spaces, *size, f"agent={agent}", *SHORT.get(agent, []), *plain])
    config = typed_run(composed)
    try:
        run.check(config)
    except ConfigError as error:
        message = str(error)
        asked = {name: " ".join(str(kinds.SPACES[name]).split()).partition("(")[0] for name in (act, obs)}
        assert any(kind in message for kind in asked.values()), message
        able = re.search(r"Agents that can act in env 'gym': (.*)\.", message)
        assert "allowed: " in message if able is None else "random" in able[1].split(", "), message
        assert not list(folder.iterdir())
        return False
    RunFolder(folder).config_path.parent.mkdir()
    RunFolder(folder).save_config(composed)
    run.train(config, folder, ["netgym"])
    if agent_registry.load(agent).needs_training:
        task = Task.of(config, folder, False, 7, 1)
        task.check()
        assert measure(task)["reward"] == 1.0
        loaded = load_agent(folder)
        loaded.observation_space.seed(3)
        action = loaded.act(loaded.observation_space.sample())
        assert kinds.SPACES[act].contains(action) or np.asarray(action, kinds.SPACES[act].dtype) in kinds.SPACES[act]
    return True


@pytest.mark.parametrize(
    ("agent", "act"),
    marked(
        [(agent, act) for agent in GENERAL for act in kinds.SPACES],
        lambda agent, act: act in ODD and agent in ("ppo", "cleanrl_ppo", "random", "constant"),
    ),
)
def test_actions(agent, act, tmp_path):
    works = played(agent, tmp_path, act, "box")
    assert works or agent not in ("random", "custom")
    if act.startswith(("choice", "switches")) and not (agent == "cleanrl_ppo" and act.startswith("switches")):
        assert works == (agent not in ("sac", "td3"))
    if act.startswith(("whole", "bytes", "signed", "booleans", "image", "box_in", "box_of")):
        assert works or act == "whole_without_bounds"
    if act.startswith(WITHOUT_NUMBERS):
        assert works == (agent in ("random", "custom"))


@pytest.mark.parametrize(
    ("agent", "obs"),
    marked(
        [(agent, obs) for agent in GENERAL for obs in kinds.SPACES],
        lambda agent, obs: obs in {"box_without_axes", "dict_of_odd_ones", "graph"} and agent in ("ppo", "random"),
    ),
)
def test_observations(agent, obs, tmp_path):
    act = "box" if agent in ("sac", "td3") else "choice"
    has_boxes = obs.startswith(("box", "whole", "bytes", "signed", "image", "dict")) and obs != "dict_of_choices"
    words = [] if has_boxes or agent not in ("ppo", "a2c", "sac", "td3") else ["observation"]
    works = played(agent, tmp_path, act, obs, *words)
    if agent in ("ppo", "a2c", "sac", "td3"):
        strange = ("tuple", "text", "sequence", "graph", "one_of", "dict_in", "dict_with", "box_without_entries")
        assert works == (not obs.startswith(strange))
    elif agent != "cleanrl_ppo":
        assert works


@pytest.mark.parametrize("agent", ["ppo", "sac", "td3", "cleanrl_ppo"])
def test_episodes_that_end_before_their_planned_length_end_the_run(agent, tmp_path):
    act = "box" if agent in ("sac", "td3") else "choice"
    words = ["env.id=tests.support.kinds:Kinds-v0", f"env.kwargs={{act: {act}}}"]
    size = [f"env.steps_per_episode={2 * kinds.STEPS}", "env.episodes_per_session=2", "sessions=1"]
    config = typed_run(compose(["env=gym", *words, *size, f"agent={agent}", *SHORT[agent]]))
    run.check(config)
    assert run.train(config, tmp_path, ["netgym"]).steps == 2 * kinds.STEPS
