"""What NetRL's documented examples do, done with netgym: one observer, several, images, vectors, learning."""

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv

from netgym_cli import (
    MultiViewEnv,
    MultiViewModel,
    NetworkConfig,
    NetworkedEnv,
    NS3WiFiChannelFastConfig,
    NS3WifiConfig,
    NS3WifiMultiUEConfig,
)
from netgym_cli.channels.base import DeliveryConfig
from netgym_cli.common.errors import ConfigError
from netgym_cli.wrappers.channel_configs import delivery_of


def walk(env, steps, **keywords):
    """Random steps with resets; the last observation and how many packets arrived in how many steps."""
    env.action_space.seed(0)
    observation, info = env.reset(seed=0)
    arrived = int(info["arrived_this_step"])
    for _ in range(steps):
        observation, _, terminated, truncated, info = env.step(env.action_space.sample(), **keywords)
        arrived += info["arrived_this_step"]
        if terminated or truncated:
            observation, info = env.reset()
    return observation, info, arrived


def test_one_observer_over_a_gilbert_elliott_channel():
    config = NetworkConfig(p_gb=0.1, p_bg=0.3, loss_good=0.01, loss_bad=0.20, delay_steps=3, buffer_size=10, seed=42)
    env = NetworkedEnv(gymnasium.make("CartPole-v1"), config)
    observation, info, arrived = walk(env, 1000)
    assert observation["observations"].shape == (10, 4) and observation["recv_mask"].shape == (10,)
    assert info["channel_info"]["state"] in ("GOOD", "BAD") and 0 < arrived < 1000
    assert not observation["recv_mask"][-3:].any()


@pytest.mark.parametrize("config", [NS3WifiConfig, NS3WiFiChannelFastConfig])
@pytest.mark.ns3
def test_one_observer_over_ns3_wifi(config):
    channel = config(
        distance_m=20.0,
        step_duration_ms=5.0,
        tx_power_dbm=20.0,
        loss_exponent=3.0,
        max_retries=7,
        packet_size_bytes=256,
    )
    env = NetworkedEnv(gymnasium.make("CartPole-v1"), NetworkConfig(buffer_size=10, seed=42), channel_config=channel)
    _, info, arrived = walk(env, 300)
    assert info["channel_info"]["state"] == "NS3_WIFI" and arrived == 301
    env.close()


@pytest.mark.ns3
def test_four_copies_over_ns3_wifi_in_processes_of_their_own():
    channel = NS3WifiConfig(step_duration_ms=20.0, distance_m=50.0, tx_power_dbm=20.0, loss_exponent=3.0)

    def make():
        return NetworkedEnv(
            gymnasium.make("CartPole-v1"), NetworkConfig(buffer_size=10, seed=42), channel_config=channel
        )

    def masks(kind):
        envs = kind([make] * 4)
        envs.action_space.seed(0)
        observations, _ = envs.reset(seed=7)
        told = [observations["recv_mask"]]
        for _ in range(60):
            observations, *_ = envs.step(envs.action_space.sample())
            told.append(observations["recv_mask"].copy())
        assert observations["observations"].shape == (4, 10, 4)
        envs.close()
        return np.array(told)

    parallel, serial = masks(AsyncVectorEnv), masks(SyncVectorEnv)
    assert np.array_equal(parallel, serial)
    assert len({parallel[:, copy].tobytes() for copy in range(4)}) == 4


@pytest.mark.long
def test_sb3_learns_from_the_window():
    import torch
    from stable_baselines3 import PPO

    torch.set_num_threads(1)
    env = NetworkedEnv(gymnasium.make("CartPole-v1"), NetworkConfig(delay_steps=1, buffer_size=4, seed=1))
    model = PPO("MultiInputPolicy", env, n_steps=256, batch_size=64, seed=0, learning_rate=1e-3, device="cpu")

    def mean_length():
        steps, ends = 0, 0
        observation, _ = env.reset(seed=5)
        while ends < 20:
            action, _ = model.predict(observation)
            observation, _, terminated, truncated, _ = env.step(action)
            steps += 1
            if terminated or truncated:
                ends += 1
                observation, _ = env.reset()
        return steps / ends

    before = mean_length()
    model.learn(8_000)
    assert mean_length() > 2 * before


class Sensors(MultiViewModel):
    """Three sensors of different sizes, one noisy."""

    def __init__(self):
        super().__init__(["A", "B", "C"], obs_shapes=[(4,), (2,), (1,)], obs_dtypes=[np.float32] * 3)

    def observe(self, env, state):
        return {"A": state, "B": state[:2], "C": state[2:3] * 2}


@pytest.mark.parametrize(
    "channel",
    [
        None,
        pytest.param(
            NS3WifiMultiUEConfig(n_ues=3, distances_m=[10.0, 30.0, 40.0], step_duration_ms=2.0), marks=pytest.mark.ns3
        ),
    ],
)
def test_several_observers_with_masks_and_sizes(channel):
    config = NetworkConfig(p_gb=0.05, p_bg=0.4, loss_good=0.02, loss_bad=0.3, buffer_size=8, seed=42)
    env = MultiViewEnv(gymnasium.make("CartPole-v1"), Sensors(), channel, config)
    observation, _ = env.reset(seed=3)
    assert observation in env.observation_space
    sent, arrived = dict.fromkeys("ABC", 0), dict.fromkeys("ABC", 0)
    for step in range(150):
        options = (
            {"packet_sizes": {"A": 256, "B": 64, "C": 64}},
            {"transmit_mask": {"C": False}},
            {"transmit_mask": {"A": False, "B": False}, "packet_sizes": {"C": 32}},
        )[step % 3]
        observation, _, terminated, truncated, info = env.step(step % 2, **options)
        for name in "ABC":
            sent[name] += info["transmitted_this_step"][name]
            arrived[name] += info["arrived_this_step"][name]
        if terminated or truncated:
            observation, _ = env.reset()
    assert list(sent.values()) == [100, 100, 100]
    assert all(count >= 85 for count in arrived.values())
    env.close()


class Pixels(gymnasium.ObservationWrapper):
    """A picture of the state, 64 x 64 pixels in three colours."""

    def __init__(self, env, dtype):
        super().__init__(env)
        high = 255 if dtype == np.uint8 else 1
        self.observation_space = gymnasium.spaces.Box(0, high, (64, 64, 3), dtype)

    def observation(self, observation):
        picture = np.zeros((64, 64, 3), self.observation_space.dtype)
        column = int(np.clip(32 + 10 * observation[0], 0, 63))
        picture[:, column] = self.observation_space.high[0, 0]
        return picture


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_images_over_a_link_whose_delay_follows_their_size(dtype):
    from netgym_cli import channel_config

    env = Pixels(gymnasium.make("CartPole-v1"), dtype)
    link = channel_config("link", bandwidth_mbps=100, propagation_delay_ms=1, buffer_size=3)
    env = NetworkedEnv(env, channel_config=link)
    observation, info, _ = walk(env, 50)
    assert observation["observations"].shape == (3, 64, 64, 3) and observation["observations"].dtype == dtype
    assert observation["observations"][-1].any()
    size = 64 * 64 * 3 * np.dtype(dtype).itemsize
    assert info["delay_ms"] == pytest.approx(1 + (size + 28) * 8e-5)


@pytest.mark.ns3
def test_images_over_ns3_wifi_with_a_packet_size_of_their_own():
    env = Pixels(gymnasium.make("CartPole-v1"), np.float32)
    channel = NS3WiFiChannelFastConfig(step_duration_ms=20.0, distance_m=45.0, tx_power_dbm=20.0, loss_exponent=3.0)
    env = NetworkedEnv(env, NetworkConfig(buffer_size=10, seed=42), channel_config=channel)
    observation, info, arrived = walk(env, 100, packet_size=64 * 64 * 3)
    assert observation["observations"].shape == (10, 64, 64, 3) and arrived > 95
    assert info["delay_ms"] > 12288 * 8 / 54e3  # longer than the bits alone at 54 Mbit/s
    env.close()


def test_their_defaults_are_those_of_the_yaml_files():
    record, seed = delivery_of(NetworkConfig(), None)
    assert (record.name, record.buffer_size, record.loss_bad, seed) == ("gilbert_elliott", 10, 0.2, 42)
    record, _ = delivery_of(NetworkConfig(buffer_size=7), NS3WiFiChannelFastConfig())
    assert isinstance(record, DeliveryConfig) and (record.reference_loss_db, record.buffer_size) == (40.0, 7)
    record, _ = delivery_of(None, NS3WifiMultiUEConfig(n_ues=3, distances_m=[10.0, 20.0]))
    assert record.ports == 3 and list(record.distances_m) == [10.0, 20.0, 20.0]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (NetworkConfig(p_gb=1.5), "channel.p_gb is 1.5; allowed: "),
        (NetworkConfig(delay_steps=-1), "channel.delay_steps is -1; allowed: "),
        (NetworkConfig(buffer_size=0), "channel.buffer_size is 0; allowed: 1 to 10000"),
        (NetworkConfig(seed=-3), "seed is -3; allowed: "),
    ],
)
def test_bad_values_are_value_errors(config, told):
    with pytest.raises(ValueError, match=told):
        NetworkedEnv(gymnasium.make("CartPole-v1"), config)
    assert issubclass(ConfigError, ValueError)


@pytest.mark.parametrize("kind", ["DummyVecEnv", "SubprocVecEnv"])
def test_sb3s_vector_environments_take_it(kind):
    from stable_baselines3.common import vec_env
    from stable_baselines3.common.env_util import make_vec_env

    def make():
        return NetworkedEnv(gymnasium.make("CartPole-v1"), NetworkConfig(loss_good=0.5, loss_bad=0.5, seed=None))

    envs = make_vec_env(make, n_envs=2, seed=3, vec_env_cls=getattr(vec_env, kind))
    masks = [envs.reset()["recv_mask"]]
    for _ in range(40):
        observations, *_ = envs.step(np.zeros(2, int))
        masks.append(observations["recv_mask"].copy())
    envs.close()
    first, second = np.array(masks).transpose(1, 0, 2)
    assert 0.25 < first[:, -1].mean() < 0.75 and not np.array_equal(first, second)  # half of them are lost
