"""Agents in several simulators at once: whose config can ask for them, what fits, and what they count."""

from contextlib import closing

import pytest

from netgym_cli.agents.base import Agent
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import ParallelAgentConfig
from netgym_cli.experiment import run
from netgym_cli.experiment.opening import open_sessions
from netgym_cli.runs.folder import RunFolder
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.single import as_vector
from tests.sessions.test_parallel_sessions import N, tables, walk
from tests.support.engine import run_config


class Mine(Agent[ParallelAgentConfig]):
    """An agent of a user's that learns from several simulators."""

    config_schema = ParallelAgentConfig

    def learn(self, env, seed, folder):
        sessions = as_vector(env)
        self.notes.append(f"{type(env).__name__} of {sessions.n_envs}, {len(walk(sessions))} steps each")

    def act(self, observation, info):
        return None


@pytest.mark.parametrize("n_envs", [1, N])
def test_an_agent_of_a_user_s_gets_several_when_its_config_can_ask_for_them(n_envs, tmp_path):
    config = run_config()
    config.agent = ParallelAgentConfig(name=f"{Mine.__module__}:Mine", n_envs=n_envs)
    run.check(config)
    notes = run.train(config, tmp_path, ["netgym"]).notes
    assert (f"ParallelSessions of {N}, 8 steps each" in notes) == (n_envs == N)
    assert len(tables(tmp_path)["steps.parquet"]) == 8 * n_envs


@pytest.mark.parametrize(
    ("name", "keys", "words"),
    [
        ("ppo", {"n_envs": 0}, ["agent.n_envs is 0", "1 or more"]),
        ("ppo", {"n_envs": 3, "n_steps": 4, "batch_size": 8}, ["batch_size is 8", "n_steps x n_envs, here 12"]),
        (
            "cleanrl_ppo",
            {"n_envs": 3, "n_steps": 4, "batch_size": 8},
            ["agent.batch_size is 8", "n_steps x n_envs (12)"],
        ),
        ("ppo", {"n_envs": 4, "n_steps": 9, "batch_size": 9}, ["agent.n_steps is 9", "8 steps in each of the 4 simul"]),
        ("cleanrl_ppo", {"n_envs": 4, "n_steps": 9, "batch_size": 9}, ["agent.n_steps is 9", "at most 8"]),
        ("sac", {"n_envs": 2, "train_freq": [1, "episode"]}, ["agent.train_freq is", "agent.n_envs=2"]),
        ("td3", {"n_envs": 201, "learning_starts": 3}, ["agent.buffer_size is 200", "201 or more"]),
    ],
)
def test_what_does_not_fit_several_simulators_is_refused_in_words(name, keys, words):
    config = run_config(name, **keys)
    with pytest.raises(ConfigError) as caught:
        run.check(config)
    assert all(word in str(caught.value) for word in words), caught.value


def test_updates_per_step_and_checkpoints_do_not_depend_on_the_number_of_simulators(tmp_path):
    for n_envs, gradient_steps in ((1, 1), (4, 1), (4, -1)):
        keys = {"learning_starts": 4, "gradient_steps": gradient_steps, "checkpoint_every_steps": 6}
        config = run_config("sac", n_envs=n_envs, **keys)
        agent = run.make_agent(config)
        folder = tmp_path / f"{n_envs}{gradient_steps}"
        folder.mkdir()
        with closing(open_sessions(config, Plan.of(config))) as sessions:
            agent.learn(sessions, 1, folder)
        learner = agent.trained.model
        assert learner.num_timesteps == 8 * n_envs and learner._n_updates == 8 * n_envs - 4
        saved = sorted(int(path.stem.partition("_")[2]) for path in RunFolder(folder).checkpoints.glob("*.zip"))
        assert saved == ([6] if n_envs == 1 else [8, 12, 20, 24, 32])
