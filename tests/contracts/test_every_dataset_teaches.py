"""Every offline agent that fits an environment learns from a dataset that was collected there."""

import numpy as np
import pytest

from netgym_cli.agents.base import agent_registry
from netgym_cli.collection.verb import collect
from netgym_cli.config.compose import compose
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.envs.base import env_registry
from netgym_cli.experiment import run
from netgym_cli.experiment.config import typed_run
from tests.contracts.test_every_env import ENVS, adapter_of, needing, quick

OFFLINE = [name for name in agent_registry.names() if agent_registry.load(name).needs_dataset]
CHEAP = ("custom", "energy_saving", "gym", "rmcat")  # with one action space of each kind among them


@pytest.mark.parametrize("env", [needing(env, long=env not in CHEAP) for env in ENVS])
def test_offline_agents_learn_in_every_environment(env, tmp_path):
    words = [f"env={env}", *quick(env), "env.steps_per_episode=4"]
    default = env_registry.load(env).has_default
    more = ["episodes=2", "seeds=1", "jobs=1", "name=it", *([] if default else ["agent=random"])]
    found = collect([*words, *more], [], default, False, ["netgym"])
    adapter = adapter_of(env)
    fitting = [name for name in OFFLINE if agent_registry.load(name).incompatibility(AgentSpec.of(adapter)) is None]
    assert "bc" in fitting
    for name in fitting:
        learn = [f"dataset={found.dataset_id}", "steps=2", "agent.batch_size=8", f"agent={name}"]
        learn += [f"agent.evaluate_every_steps={2 if name == 'bc' else 0}"]
        config = typed_run(compose([*words, *learn]))
        run.check(config)
        summary = run.train(config, tmp_path / name, ["netgym"])
        assert summary.sessions == (name == "bc") and (tmp_path / name / "model.zip").is_file()
        agent = agent_registry.load(name).load(config.agent, tmp_path / name)
        parameters = agent.trained.model.policy.parameters()
        assert all(np.isfinite(one.detach().numpy()).all() for one in parameters)
