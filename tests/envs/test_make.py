import subprocess
import sys

import gymnasium
import numpy as np
import pytest

import netgym_cli
from netgym_cli import make_env
from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs
from tests.conftest import REPO

CONF = REPO / "tests" / "support" / "conf"


def test_overrides_reach_the_environment():
    env = make_env("toy", 5, CONF, {"step_timeout_s": 7}, num_users=4)
    assert env.observation_space.shape == (1, 4)
    assert env.simulator_config.step_timeout_s == 7
    env.reset()
    assert env.session_seed == 5


def test_no_seed_is_a_fresh_one_and_reset_comes_first():
    seeds = set()
    for _ in range(3):
        env = make_env("toy", config_dir=CONF)
        env.reset()
        seeds.add(env.session_seed)
    assert len(seeds) == 3
    env = make_env("toy", seed=5, config_dir=CONF)
    env.reset(seed=6)
    assert env.session_seed == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "toi"}, "unknown env 'toi'. Did you mean 'toy'?"),
        ({"name": "toy", "num_user": 3}, "unknown key 'env.num_user'. Did you mean 'env.num_users'?"),
        ({"name": "toy", "num_users": "x"}, "bad value for 'env.num_users'"),
        ({"name": "toy", "steps_per_episode": 0}, "env.steps_per_episode is 0"),
        ({"name": "toy", "seed": -1}, "env.random_seed is -1"),
        ({"name": "toy", "simulator": {"step_timeout": 3}}, "unknown key 'simulator.step_timeout'"),
    ],
)
def test_mistakes_are_config_errors(arguments, message):
    with pytest.raises(ConfigError) as caught:
        make_env(config_dir=CONF, **arguments)
    assert message in str(caught.value)


def test_gymnasium_knows_every_environment():
    for name in conf_dirs.members("env"):
        assert gymnasium.spec(f"netgym/{name}-v0").entry_point == "netgym_cli.envs.make:make_env"


@pytest.mark.parametrize("first", ["import gymnasium, netgym_cli", "import netgym_cli, gymnasium"])
def test_the_order_of_imports_does_not_matter(first):
    code = f"{first}\nassert gymnasium.spec('netgym/nqos_split-v0').kwargs == {{'name': 'nqos_split'}}"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPO)


def test_importing_netgym_imports_no_gymnasium():
    code = "import sys, netgym_cli\nassert 'gymnasium' not in sys.modules and 'hydra' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPO)


def toy(seed):
    return make_env("toy", seed, CONF)


def test_vector_slots_give_the_same_numbers_as_one():
    actions = np.full((2, 3), 0.5, np.float32)
    single = toy(1)
    expected = [single.reset()[0], single.step(actions[0])[0]]
    for vector in (gymnasium.vector.SyncVectorEnv, gymnasium.vector.AsyncVectorEnv):
        envs = vector([lambda: toy(2), lambda: toy(1)])
        try:
            got = [envs.reset()[0][1], envs.step(actions)[0][1]]
        finally:
            envs.close()
        np.testing.assert_array_equal(got, expected)


def test_an_unknown_export():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        netgym_cli.nothing  # noqa: B018


def test_numbers_may_be_numpys():
    simulator = {"step_timeout_s": np.float32(7)}
    env = make_env("toy", np.int64(3), CONF, simulator, num_users=np.int32(4), steps_per_episode=np.array(2))
    env.reset()
    assert (env.session_seed, env.config.num_users, env.config.steps_per_episode) == (3, 4, 2)
