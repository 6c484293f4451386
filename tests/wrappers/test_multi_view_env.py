import gymnasium
import numpy as np
import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.wrappers.multi_view_env import MultiViewEnv
from netgym_cli.wrappers.multi_view_model import MultiViewModel
from netgym_cli.wrappers.networked_env import NetworkedEnv
from netgym_cli.wrappers.seeds import channel_seed
from tests.support.scripted_channel import ScriptedChannel, scripted_config


class Halves(MultiViewModel):
    """One observer sees positions, the other speeds, in other dtypes and shapes."""

    def __init__(self):
        super().__init__(["camera", "radar"], [(2,), (2, 1)], [np.float32, np.float64])

    def observe(self, env, state):
        return {"radar": state[1::2].reshape(2, 1), "camera": state[::2]}


def cartpole():
    return gymnasium.make("CartPole-v1")


def test_each_view_has_a_window_and_a_channel_of_its_own():
    env = MultiViewEnv(cartpole(), Halves(), {"camera": scripted_config([None, 10]), "radar": scripted_config()})
    observation, info = env.reset(seed=1)
    assert observation in env.observation_space
    assert observation["camera"]["observations"].shape == (4, 2)
    assert observation["radar"]["observations"].shape == (4, 2, 1)
    assert info["arrived_this_step"] == {"camera": False, "radar": True}
    env.step(0)
    observation, *_ = env.step(1)
    assert observation["camera"]["recv_mask"].tolist() == [0, 0, 1, 1]
    assert observation["radar"]["recv_mask"].tolist() == [0, 1, 1, 1]
    assert [one.seeds[0] for one in env.channels] == [channel_seed(1), channel_seed(1, 0x0B5 + 1)]
    env.close()
    assert all(one.closed for one in env.channels)


def test_the_first_of_equal_views_is_what_a_single_observer_gets():
    delays = [0, None, 25, 3, None, 0, 41]
    model = MultiViewModel.whole(["a", "b"], cartpole().observation_space)
    many = MultiViewEnv(cartpole(), model, scripted_config(delays, age=True))
    one = NetworkedEnv(cartpole(), channel_config=scripted_config(delays, age=True))
    theirs, ours = many.reset(seed=5)[0]["a"], one.reset(seed=5)[0]
    for _ in range(7):
        assert all(np.array_equal(theirs[key], ours[key]) for key in ours)
        theirs, ours = many.step(1)[0]["a"], one.step(1)[0]


def test_a_silent_observer_sends_nothing_and_sizes_can_differ():
    env = MultiViewEnv(cartpole(), Halves(), scripted_config())
    env.reset(seed=1)
    *_, info = env.step(0, transmit_mask={"camera": False}, packet_sizes={"radar": 99})
    assert info["transmitted_this_step"] == {"camera": False, "radar": True}
    observation, *_ = env.step(0)
    assert observation["camera"]["recv_mask"].tolist() == [0, 1, 0, 1]
    assert [one.sizes for one in env.channels] == [[8, 8], [16, 99, 16]]


class Medium(ScriptedChannel):
    """Two stations; the fate of a packet is that of its turn, whoever sent it."""

    ports = 2

    def send(self, payload_bytes, now_ms, port=0):
        number = super().send(payload_bytes, now_ms)
        self.flying = [one._replace(port=port) if one.packet == number else one for one in self.flying]
        return number


def test_a_channel_with_a_port_per_observer_is_shared():
    shared = scripted_config([0, None, 10, 0])
    shared.name = f"{__name__}:Medium"
    env = MultiViewEnv(cartpole(), Halves(), shared, nested=False)
    observation, _ = env.reset(seed=1)
    assert len(env.channels) == 1 and observation in env.observation_space
    assert observation["camera_recv_mask"].tolist() == [0, 0, 0, 1]
    assert observation["radar_recv_mask"].tolist() == [0, 0, 0, 0]
    observation, *_ = env.step(0)
    assert observation["camera_recv_mask"].tolist() == [0, 0, 1, 0]
    assert observation["radar_recv_mask"].tolist() == [0, 0, 0, 1]
    with pytest.raises(ConfigError, match="observers is 1; allowed: 2, the stations of the channel"):
        MultiViewEnv(cartpole(), MultiViewModel(["a"], [(4,)], [np.float32]), shared)


@pytest.mark.parametrize(
    "arguments", [([], [], []), (["a", "a"], [(1,), (1,)], [int, int]), (["a"], [(1,), (2,)], [float])]
)
def test_a_model_that_cannot_be(arguments):
    with pytest.raises(ValueError, match="allowed"):
        MultiViewModel(*arguments)


def test_channels_for_other_observers_are_refused():
    with pytest.raises(ConfigError, match="a channel for \\['camera', 'radar'\\]"):
        MultiViewEnv(cartpole(), Halves(), {"camera": scripted_config()})
