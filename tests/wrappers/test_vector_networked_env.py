"""Many copies at once see what each would see alone."""

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from netgym_cli.common.errors import ConfigError
from netgym_cli.compat.netrl import NetworkConfig
from netgym_cli.wrappers.channel_configs import channel_config
from netgym_cli.wrappers.networked_env import NetworkedEnv
from netgym_cli.wrappers.vector_networked_env import VectorNetworkedEnv


class Counter(gymnasium.Env):
    """Observes its own number of steps and a random number; episodes last as long as the action of `reset` says."""

    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, shape=(2,), dtype=np.float32, length=23):
        high = 255 if np.dtype(dtype).kind == "u" else np.inf
        self.observation_space = gymnasium.spaces.Box(0, high, shape, dtype)
        self.length = length

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.now, self.end = 0, int(self.np_random.integers(3, self.length))
        return self.observation(), {}

    def observation(self):
        drawn = self.np_random.integers(1, 200, self.observation_space.shape)
        return drawn.astype(self.observation_space.dtype)

    def step(self, action):
        self.now += 1
        cut = self.np_random.random() < 0.02
        return self.observation(), self.np_random.random(), self.now == self.end, cut, {}


class Endless(Counter):
    """Its episodes go on."""

    def step(self, action):
        return (*super().step(action)[:2], False, False, {})


def vector(make, copies=6):
    return SyncVectorEnv([make] * copies)


def both(make, config, copies=6, **keys):
    """The copies of an environment behind one VectorNetworkedEnv, and each behind a NetworkedEnv of its own."""
    together = VectorNetworkedEnv(vector(make, copies), channel_config=config, **keys)
    alone = vector(lambda: NetworkedEnv(make(), channel_config=config, **keys), copies)
    return together, alone


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for key in ours:
        assert ours[key].dtype == theirs[key].dtype
        np.testing.assert_array_equal(ours[key], theirs[key], key)


def assert_same_info(ours, theirs):
    for key in ("arrived_this_step", "age_ms"):
        np.testing.assert_array_equal(ours[key], theirs[key], key)
        np.testing.assert_array_equal(ours[f"_{key}"], theirs[f"_{key}"], key)
    arrived = theirs.get("_delay_ms", np.zeros(len(ours["age_ms"]), bool))  # nobody tells what nobody knows
    np.testing.assert_array_equal(ours["_delay_ms"], arrived)
    np.testing.assert_allclose(ours["delay_ms"], theirs.get("delay_ms", 0 * arrived), rtol=1e-12)
    for key, value in ours["channel_info"].items():
        np.testing.assert_array_equal(value, theirs["channel_info"][key], key)


def walk(together, alone, steps=250, seed=7):
    """Steps both in the same way and compares everything that they tell."""
    actions = np.random.default_rng(0)
    (ours, our_info), (theirs, their_info) = together.reset(seed=seed), alone.reset(seed=seed)
    assert_same(ours, theirs)
    assert_same_info(our_info, their_info)
    for _ in range(steps):
        action = actions.integers(0, 2, together.num_envs)
        *ours, our_info = together.step(action)
        *theirs, their_info = alone.step(action)
        assert_same(ours[0], theirs[0])
        np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-12)
        for our, their in zip(ours[2:], theirs[2:], strict=True):
            np.testing.assert_array_equal(our, their)
        assert_same_info(our_info, their_info)
        assert together.observation_space.contains(ours[0])
    return ours[0]


CHANNELS = {
    "ge": ("gilbert_elliott", {}),
    "ge late": ("gilbert_elliott", {"delay_steps": 3, "loss_bad": 0.9, "age": True}),
    "ge too late": ("gilbert_elliott", {"delay_steps": 4, "buffer_size": 3, "age": True}),
    "ge held": ("gilbert_elliott", {"delay_steps": 1, "loss_bad": 0.9, "fill": "hold", "buffer_size": 4}),
    "ge one slot": ("gilbert_elliott", {"buffer_size": 1, "fill": "hold"}),
    "ge paid later": ("gilbert_elliott", {"delay_steps": 2, "reward": "with_observation", "buffer_size": 5}),
    "ge not paid": ("gilbert_elliott", {"delay_steps": 9, "reward": "with_observation", "buffer_size": 5}),
    "link": ("link", {"jitter_ms": 60, "propagation_delay_ms": 70, "reordering": True, "age": True}),
    "link in order": ("link", {"jitter_ms": 60, "propagation_delay_ms": 70, "loss": 0.2, "fill": "hold"}),
    "link doubled": ("link", {"jitter_ms": 60, "duplication": 0.3, "reordering": True, "reward": "with_observation"}),
    "slow link": ("link", {"bandwidth_mbps": [0.01, 0.05], "packet_size_bytes": 100, "queue_bytes": 500}),
    "mobile": ("mobile", {"age": True}),
}


@pytest.mark.parametrize("case", CHANNELS)
def test_each_copy_sees_what_it_would_see_alone(case):
    name, keys = CHANNELS[case]
    seen = walk(*both(Counter, channel_config(name, **keys)))
    if case != "ge too late" and case != "ge not paid":
        assert seen["recv_mask"].any()


@pytest.mark.parametrize(
    ("shape", "dtype"), [((), np.float64), ((8, 8, 3), np.uint8), ((3,), np.int64), ((1,), np.float32)]
)
def test_observations_of_any_shape_and_type(shape, dtype):
    config = channel_config("gilbert_elliott", delay_steps=1, loss_bad=0.8, fill="hold")
    walk(*both(lambda: Counter(shape, dtype), config), steps=60)


@pytest.mark.parametrize("name", ["gilbert_elliott", "mobile"])
def test_cart_pole_in_a_sync_vector(name):
    walk(*both(lambda: gymnasium.make("CartPole-v1"), channel_config(name, age=True), step_ms=33.3))


def test_cart_pole_of_one_class_for_all_copies():
    together = VectorNetworkedEnv(
        gymnasium.make_vec("CartPole-v1", 64, vectorization_mode="vector_entry_point"), NetworkConfig(delay_steps=2)
    )
    bare = gymnasium.make_vec("CartPole-v1", 64, vectorization_mode="vector_entry_point")
    seen, _ = together.reset(seed=3)
    past = [bare.reset(seed=3)[0]]
    begun, over = np.zeros(64, int), np.zeros(64, bool)
    for step in range(1, 200):
        action = np.full(64, step % 2)
        seen, _, _, _, info = together.step(action)
        observations, _, terminated, truncated, _ = bare.step(action)
        past.append(observations)
        begun[over] = step
        over = terminated | truncated
        for age in range(10):
            shown = seen["recv_mask"][:, 9 - age] > 0
            assert not (shown & (step - age < begun)).any()
            assert not shown.any() or age >= 2
            old = past[step - age][shown] if shown.any() else np.zeros((0, 4), np.float32)
            np.testing.assert_array_equal(seen["observations"][shown, 9 - age], old)
            assert not seen["observations"][~shown, 9 - age].any()
    assert begun.any()
    counted = info["channel_info"]
    np.testing.assert_array_equal(counted["sent"], 200 - begun)
    np.testing.assert_array_equal(counted["sent"], counted["arrived"] + counted["lost"] + counted["in_flight"])


def test_what_was_returned_is_not_changed_later_and_changes_nothing():
    together, _ = both(Counter, channel_config("gilbert_elliott"))
    seen, info = together.reset(seed=1)
    kept = {key: value.copy() for key, value in seen.items()}
    sent = info["channel_info"]["sent"].copy()
    other, _ = both(Counter, channel_config("gilbert_elliott"))
    other.reset(seed=1)
    later = [together.step(np.zeros(6, int))[0] for _ in range(5)]
    assert_same(seen, kept)
    np.testing.assert_array_equal(info["channel_info"]["sent"], sent)
    for expected in later:
        observed = other.step(np.zeros(6, int))[0]
        assert_same(observed, expected)
        observed["observations"][:] = -1
        observed["recv_mask"][:] = 1


def test_seeds():
    config = channel_config("gilbert_elliott", loss_good=0.5)

    def masks(seed, **keys):
        env = VectorNetworkedEnv(vector(Endless), **keys)
        env.reset(seed=seed)
        return np.stack([env.step(np.zeros(6, int))[4]["arrived_this_step"] for _ in range(100)])

    np.testing.assert_array_equal(masks(5, channel_config=config), masks(5, channel_config=config))
    np.testing.assert_array_equal(masks(5, channel_config=config)[:, 1:], masks(6, channel_config=config)[:, :-1])
    np.testing.assert_array_equal(masks(5, channel_config=config), masks(range(5, 11), channel_config=config))
    assert (masks(None, channel_config=config) != masks(None, channel_config=config)).any()
    fixed = NetworkConfig(loss_good=0.5, seed=42)
    np.testing.assert_array_equal(masks(None, config=fixed), masks(42, config=fixed))
    copies = masks(5, channel_config=config).T
    assert len({tuple(copy) for copy in copies}) == 6
    with pytest.raises(ConfigError, match=r"seed is .*; allowed: "):
        masks([1, None, 3, 4, 5, 6], channel_config=config)


def test_a_reset_without_a_seed_goes_on_with_the_streams():
    together, alone = both(Endless, channel_config("mobile"))
    walk(together, alone, steps=20, seed=1)
    (ours, our_info), (theirs, their_info) = together.reset(), alone.reset()
    for key, value in our_info["channel_info"].items():
        np.testing.assert_array_equal(value, their_info["channel_info"][key], key)
    for _ in range(50):
        ours, *_, our_info = together.step(np.zeros(6, int))
        theirs, *_, their_info = alone.step(np.zeros(6, int))
        assert_same_info(our_info, their_info)
        np.testing.assert_array_equal(ours["recv_mask"], theirs["recv_mask"])


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.DISABLED])
def test_other_autoreset_modes_are_refused(mode):
    with pytest.raises(ConfigError, match=r"autoreset mode .*; allowed: AutoresetMode\.NEXT_STEP"):
        VectorNetworkedEnv(SyncVectorEnv([Counter], autoreset_mode=mode), NetworkConfig())


def test_other_observations_and_channels_are_refused():
    class Choice(Counter):
        def __init__(self):
            super().__init__()
            self.observation_space = gymnasium.spaces.Discrete(3)

    with pytest.raises(ConfigError, match=r"observations are Discrete\(3\); allowed for a VectorNetworkedEnv: a Box"):
        VectorNetworkedEnv(vector(Choice), NetworkConfig())
    with pytest.raises(ConfigError, match="channel 'trace' cannot serve many copies at once; allowed: "):
        VectorNetworkedEnv(vector(Counter), channel_config=channel_config("trace"))
    with pytest.raises(ConfigError, match=r"channel\.p_gb is 2.0; allowed: "):
        VectorNetworkedEnv(vector(Counter), NetworkConfig(p_gb=2))


def test_age_and_delay_are_those_of_the_definition():
    config = channel_config("gilbert_elliott", delay_steps=2, loss_good=0, loss_bad=0, age=True, step_duration_ms=5.0)
    env = VectorNetworkedEnv(vector(lambda: Counter(length=200)), channel_config=config)
    seen, info = env.reset(seed=1)
    told = [(seen["age_ms"][0, 0], info["_delay_ms"][0], info["delay_ms"][0])]
    for _ in range(2):
        seen, *_, info = env.step(np.zeros(6, int))
        told.append((seen["age_ms"][0, 0], info["_delay_ms"][0], info["delay_ms"][0]))
    assert told == [(5, False, 0), (10, False, 0), (15, True, 10)]  # in the last one, what was made two steps before


def test_a_partial_reset_is_refused():
    env = VectorNetworkedEnv(vector(lambda: Counter(length=20)), channel_config=channel_config("gilbert_elliott"))
    with pytest.raises(ConfigError, match="reset_mask is not supported"):
        env.reset(options={"reset_mask": np.array([True] + [False] * 5)})
