"""The ways in which libraries make an environment from its id."""

import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint

import gymnasium
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv

from netgym_cli import channel_config, make_env
from netgym_cli.common.errors import ConfigError
from netgym_cli.envs.network_env import NetworkEnv
from tests.conftest import REPO
from tests.envs.test_session_owner import ACTION
from tests.support.toy_ids import CONF, TOY

ID = "netgym/custom-v0"
CARTPOLE = {"env.id": "CartPole-v1"}


def test_no_render_mode_is_an_argument_like_any_other():
    env = gymnasium.make(ID, render_mode=None)
    assert env.unwrapped.render_mode is None and env.spec.kwargs["render_mode"] is None


def test_a_mode_that_there_is_not_is_refused_as_gymnasium_does():
    with (
        pytest.warns(UserWarning, match=r"render_mode='depth'.* not in the possible render_modes"),
        pytest.raises(gymnasium.error.UnsupportedMode, match="render_mode is 'depth'; allowed: ansi, rgb_array"),
    ):
        gymnasium.make(ID, render_mode="depth")
    with pytest.raises(gymnasium.error.UnsupportedMode):
        make_env("custom", render_mode="depth")


def test_gymnasium_collects_the_frames_of_an_episode():
    env = gymnasium.make(TOY, render_mode="rgb_array_list")
    env.reset(seed=1)
    env.step(ACTION)
    first, second = env.render()
    assert first.shape == second.shape == (480, 640, 3) and (first != second).any()
    env.close()


def test_a_learner_takes_the_id():
    model = PPO("MlpPolicy", TOY, n_steps=5, batch_size=5, seed=1)
    assert isinstance(model.get_env().envs[0].unwrapped, NetworkEnv)
    model.learn(5)
    PPO("MlpPolicy", ID, n_steps=5, batch_size=5)


def slots(**how):
    """The seeds and rewards of two slots."""
    envs = make_vec_env(TOY, n_envs=2, seed=3, **how)
    try:
        envs.reset()
        rewards = [envs.step([ACTION, ACTION])[1].astype("float32").tolist() for _ in range(2)]
        return envs.get_attr("session_seed"), rewards
    finally:
        envs.close()


@pytest.mark.parametrize(
    "start_method",
    ["fork", *(pytest.param(name, marks=pytest.mark.long) for name in ("forkserver", "spawn"))],  # they import torch
)
def test_slots_in_processes_are_those_in_this_one(start_method):
    seeds, rewards = slots(vec_env_cls=DummyVecEnv)
    assert seeds == [3, 4]
    assert slots(vec_env_cls=SubprocVecEnv, vec_env_kwargs={"start_method": start_method}) == (seeds, rewards)


PROGRAM = """
import netgym_cli
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import SubprocVecEnv

if __name__ == "__main__":
    envs = make_vec_env({env_id!r}, n_envs=2, vec_env_cls=SubprocVecEnv, vec_env_kwargs=dict(start_method={how!r}))
    print(envs.get_attr("config")[1].name)
    envs.close()
"""


@pytest.mark.long
@pytest.mark.parametrize("how", ["fork", "forkserver", "spawn"])
@pytest.mark.parametrize("entry", ["file", "text"])
def test_a_program_s_children_know_netgym_s_ids(entry, how, tmp_path):
    # A child of a program in a file runs its imports anew; one of a notebook or of `python -c` has nothing to run.
    env_id = ID if entry == "file" else f"netgym_cli:{ID}"
    file = tmp_path / "program.py"
    file.write_text(PROGRAM.format(env_id=env_id, how=how))
    start = [str(file)] if entry == "file" else ["-c", file.read_text()]
    done = subprocess.run([sys.executable, *start], cwd=REPO, capture_output=True, text=True, timeout=300)
    assert done.stdout == "custom\n", done.stderr


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_gymnasium_s_vectors_take_the_id(mode):
    envs = gymnasium.make_vec(TOY, num_envs=2, vectorization_mode=mode)
    try:
        _, infos = envs.reset(seed=3)
        assert infos["session_seed"].tolist() == [3, 4]
    finally:
        envs.close()


def loaded_entry_point():
    group = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]["entry-points"]["gymnasium.envs"]
    (point,) = [EntryPoint(name, value, "gymnasium.envs") for name, value in group.items()]
    return point


@pytest.mark.parametrize(
    "how", [f"EntryPoint('netgym', {loaded_entry_point().value!r}, 'gymnasium.envs').load()()", "import netgym_cli"]
)
def test_a_fresh_process_gets_the_ids(how):
    code = f"import gymnasium\nfrom importlib.metadata import EntryPoint\n{how}\ngymnasium.spec({ID!r})\n"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPO)


def test_a_fresh_process_that_imports_nothing_names_the_package():
    code = f"import gymnasium\nprint(gymnasium.make('netgym_cli:{ID}').unwrapped.config.name)"
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=REPO, capture_output=True, text=True)
    assert done.stdout == "custom\n"


def test_keys_are_written_as_messages_write_them():
    with pytest.raises(ConfigError, match=r"Did you mean 'env\.nr\.tx_power_dbm'\?"):
        gymnasium.make("netgym/nqos_split-v0", tx_power_dbm=20)
    keys = {"env.nr.tx_power_dbm": 20, "per_slice_config.num_users": [2, 2], "simulator.step_timeout_s": 7}
    env = gymnasium.make("netgym/nqos_split-v0", **keys).unwrapped
    assert (env.config.nr.tx_power_dbm, env.config.per_slice_config.num_users) == (20, [2, 2])
    assert env.simulator_config.step_timeout_s == 7
    env.reconfigure({"env.nr.tx_power_dbm": 21})
    assert env.config.nr.tx_power_dbm == 21


def test_a_key_that_gymnasium_s_make_has_itself_is_reached_by_its_whole_name():
    assert gymnasium.make("netgym/gym-v0", **CARTPOLE).unwrapped.config.id == "CartPole-v1"


def test_keys_of_channels_too():
    config = channel_config("gilbert_elliott", **{"channel.loss_bad": 0.5, "action.name": "link", "action.loss": 0.25})
    assert (config.loss_bad, config.action.name, config.action.loss) == (0.5, "link", 0.25)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"num_users": 2, "env.num_users": 3}, "'env.num_users' is given twice"),
        ({"random_seed": 2, "seed": 3}, "'env.random_seed' is given twice"),
        ({"num_users.few": 2}, "env.num_users"),
        ({"env.nothing": 2}, "unknown key 'env.nothing'"),
        ({"channel.loss": 0.1}, r"wrap it: NetworkedEnv\(env, channel_config="),
        (
            {"simulator": {"step_timeout_s": 2}, "simulator.step_timeout_s": 3},
            "'simulator.step_timeout_s' is given twice",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(keys, message):
    with pytest.raises(ConfigError, match=message):
        make_env("toy", config_dir=CONF, **keys)


def test_a_user_s_own_environment_gets_an_id_of_its_own(monkeypatch):
    monkeypatch.setattr(gymnasium.envs.registration, "registry", dict(gymnasium.registry))
    gymnasium.register(
        "mine/toy-v0", entry_point="netgym_cli.envs.make:make_env", kwargs={"name": "toy", "config_dir": str(CONF)}
    )
    assert gymnasium.make("mine/toy-v0", num_users=2).unwrapped.config.num_users == 2
