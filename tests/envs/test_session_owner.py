"""A running session serves the object and the process that began it; whoever else comes is refused in words."""

import copy
import gc
import pickle

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec

from netgym_cli import (
    ActionChannelEnv,
    MultiViewEnv,
    MultiViewModel,
    NetworkedEnv,
    VectorNetworkedEnv,
    learner_view,
    make_env,
)
from netgym_cli.common.errors import SessionError
from netgym_cli.envs.network_env import NetworkEnv
from tests.support.engine import run_config
from tests.support.forked import in_fork
from tests.support.toy import ToySimulator

ACTION = np.full(3, 0.5, np.float32)
CONFIG = run_config(seed=1)


def toy() -> NetworkEnv:
    return NetworkEnv(CONFIG.env, CONFIG.simulator)


def several_views() -> MultiViewEnv:
    return MultiViewEnv(toy(), MultiViewModel.whole(["near", "far"], toy().observation_space), "mobile")


FORMS = {
    "alone": toy,
    "in Gymnasium's wrappers": lambda: gymnasium.make(EnvSpec("Toy-v1", entry_point=toy)),
    "learner view": lambda: learner_view(toy()),
    "observations cross a channel": lambda: NetworkedEnv(toy(), channel_config="mobile"),
    "actions cross a channel": lambda: ActionChannelEnv(toy(), "mobile"),
    "several observers": several_views,
    "all of them": lambda: learner_view(ActionChannelEnv(NetworkedEnv(toy(), channel_config="mobile"), "mobile")),
}
COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda env: pickle.loads(pickle.dumps(env))}
USES = {
    "step": lambda env: env.step(ACTION),
    "reset": lambda env: env.reset(),
    "reset with a seed": lambda env: env.reset(seed=5),
    "a new session": lambda env: env.reset(options={"new_session": True}),
    "half a step": lambda env: env.unwrapped.step_async(ACTION),
    "the other half": lambda env: env.unwrapped.step_wait(),
}


def rewards(env, steps=3):
    return [env.step(ACTION)[1] for _ in range(steps)]


def undisturbed(form):
    env = FORMS[form]()
    env.reset()
    return rewards(env)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("form", FORMS)
def test_a_forked_process_is_refused_and_the_owner_goes_on(form, use):
    env = FORMS[form]()
    env.reset()
    first = rewards(env, 1)
    answer = in_fork(lambda: USES[use](env))
    assert isinstance(answer, SessionError), answer
    assert "session" in str(answer) and "pass a function" in str(answer)
    assert first + rewards(env, 2) == undisturbed(form)


@pytest.mark.parametrize("form", FORMS)
def test_a_forked_process_that_lets_go_may_begin_a_session_of_its_own(form):
    env = FORMS[form]()
    env.reset()

    def own():
        env.close()
        env.reset(seed=1)
        return rewards(env)

    assert in_fork(own) == undisturbed(form)
    assert rewards(env) == undisturbed(form)


def test_forked_copies_without_a_seed_play_networks_of_their_own():
    config = run_config(env={"random_seed": None})
    env = NetworkEnv(config.env, config.simulator)
    env.reset()
    env.close()  # as a vector environment does with the one that it asks for the spaces

    def next_seed():
        env.reset()
        return env.session_seed

    assert len({in_fork(next_seed), in_fork(next_seed), next_seed()}) == 3


@pytest.mark.filterwarnings("ignore::UserWarning")  # it tells of the error, too
def test_vector_slots_that_share_a_started_environment_are_refused():
    env = toy()
    env.reset()
    envs = gymnasium.vector.AsyncVectorEnv(
        [toy, lambda: env], context="fork"
    )  # it closes the first one before it forks
    with pytest.raises(SessionError, match="pass a function that makes one"):
        envs.reset(seed=1)
    envs.close(terminate=True)
    rewards(env)


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("form", FORMS)
def test_a_running_session_is_not_copied_and_goes_on(form, how):
    env = FORMS[form]()
    env.reset()
    with pytest.raises(SessionError, match=r"session runs in it.*before the first reset\(\) or after close\(\)"):
        COPIES[how](env)
    assert rewards(env) == undisturbed(form)
    env.close()
    COPIES[how](env).reset()


@pytest.mark.parametrize("form", [form for form in FORMS if "Gymnasium" not in form])
def test_nor_shallowly(form):
    # A shallow copy of one of Gymnasium's wrappers is another name for the same environment.
    env = FORMS[form]()
    env.reset()
    with pytest.raises(SessionError, match="session"):
        copy.copy(env)
    assert rewards(env) == undisturbed(form)


def test_nor_are_many_copies_behind_channels():
    envs = VectorNetworkedEnv(gymnasium.make_vec("CartPole-v1", num_envs=2), channel_config="mobile")
    with pytest.raises(SessionError, match="session"):
        copy.copy(envs)


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("form", FORMS)
def test_what_was_never_started_is_copied_and_each_has_a_session(form, how):
    env = FORMS[form]()
    twin = COPIES[how](env)
    for one in (env, twin):
        one.reset()
    assert rewards(twin) == rewards(env) == undisturbed(form)


def test_a_bare_environment_that_was_never_started_is_copied_shallowly_too():
    env = toy()
    twin = copy.copy(env)
    env.reset(), twin.reset()
    assert rewards(twin) == rewards(env) == undisturbed("alone")


def test_a_simulator_in_this_process_that_allows_it_is_copied_whole():
    env = make_env("gym", 1, id="CartPole-v1")
    env.reset()
    env.step(1)
    twins = [copy.deepcopy(env), pickle.loads(pickle.dumps(env))]
    told = [[one.step(k % 2)[0].tolist() for k in range(5)] for one in (env, *twins)]
    assert told[0] == told[1] == told[2]
    env.step_async(0)
    with pytest.raises(SessionError, match="session"):
        copy.deepcopy(env)


def test_so_is_a_simulator_of_one_s_own_that_says_so(monkeypatch):
    monkeypatch.setattr(ToySimulator, "copyable", True)
    env = toy()
    env.reset()
    twins = [copy.deepcopy(env), pickle.loads(pickle.dumps(env))]
    assert [rewards(twin) for twin in twins] == [undisturbed("alone")] * 2
    assert rewards(env) == undisturbed("alone")
    with pytest.raises(SessionError, match="session"):
        copy.copy(env)


class Handle:
    closed = 0


def test_a_forked_process_closes_no_simulator_of_its_parent(monkeypatch):
    env = toy()
    env.reset()
    monkeypatch.setattr(ToySimulator, "close", lambda self: setattr(Handle, "closed", Handle.closed + 1))

    def closed():
        env.close()
        gc.collect()
        return Handle.closed

    assert in_fork(closed) == 0
    env.close()
    assert Handle.closed == 1
