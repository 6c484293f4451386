import copy

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError, SessionError
from netgym_cli.wrappers.channel_configs import channel_config
from netgym_cli.wrappers.networked_env import NetworkedEnv
from netgym_cli.wrappers.seeds import channel_seed
from tests.support.scripted_channel import ScriptedChannel, scripted_config


class Counter(gymnasium.Env):
    """Observations count the steps of the episode from 1; the reward of step k is 10 to the power of k."""

    observation_space = spaces.Box(1, 100, (2,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self, length=50):
        self.length = length

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count = 1
        return self.observation(), {}

    def step(self, action):
        self.count += 1
        over = self.count > self.length
        return self.observation(), 10.0 ** min(self.count - 1, 300), over, False, {}

    def observation(self):
        return np.full(2, self.count, np.float32)


def walked(delays_ms, steps, env=None, **keys):
    """The environment after so many steps, and what it answered last."""
    env = NetworkedEnv(env or Counter(), channel=ScriptedChannel(scripted_config(delays_ms, **keys), 10.0))
    answer = env.reset(seed=3)
    for _ in range(steps):
        answer = env.step(0)
    return env, answer


def seen(answer):
    return answer[0]["observations"][:, 0].tolist(), answer[0]["recv_mask"].tolist()


def test_the_first_observation_crosses_the_channel_and_the_present_step_is_last():
    assert seen(walked([], 0)[1]) == ([0, 0, 0, 1], [0, 0, 0, 1])
    assert seen(walked([None], 0)[1]) == ([0, 0, 0, 0], [0, 0, 0, 0])
    assert seen(walked([], 2)[1]) == ([0, 1, 2, 3], [0, 1, 1, 1])
    assert seen(walked([], 9)[1]) == ([7, 8, 9, 10], [1, 1, 1, 1])


def test_a_delay_of_one_step_leaves_the_present_step_empty():
    _, answer = walked([10] * 9, 4)
    assert seen(answer) == ([2, 3, 4, 0], [1, 1, 1, 0])


def test_what_arrives_at_a_steps_very_end_belongs_to_the_next():
    assert seen(walked([9.999], 0)[1])[1] == [0, 0, 0, 1]
    env, answer = walked([10], 0)
    assert seen(answer)[1] == [0, 0, 0, 0]
    assert seen(env.step(0)) == ([0, 0, 1, 2], [0, 0, 1, 1])


def test_several_arrivals_in_one_step_fill_a_place_each_in_whatever_order():
    env, answer = walked([35, 22, 11], 2)
    assert seen(answer)[1] == [0, 0, 0, 0] and not answer[-1]["arrived_this_step"]
    answer = env.step(0)  # packet 1 arrives at 32 ms, 2 at 31, 0 at 35, and 3 at once
    assert seen(answer) == ([1, 2, 3, 4], [1, 1, 1, 1])
    assert answer[-1]["delay_ms"] == pytest.approx((35 + 22 + 11 + 0) / 4)


def test_a_packet_older_than_the_window_never_touches_a_newer_one():
    _, answer = walked([45], 4)  # step 0 arrives in step 4, when the window begins at step 1
    assert seen(answer) == ([2, 3, 4, 5], [1, 1, 1, 1])
    assert answer[-1]["channel_info"]["arrived"] == 5
    _, answer = walked([45, None, None, None, None], 4)
    assert seen(answer) == ([0, 0, 0, 0], [0, 0, 0, 0]) and answer[-1]["arrived_this_step"]


def test_a_duplicate_changes_nothing():
    _, once = walked([0, 0, 0], 2)
    _, twice = walked([(0, 15), (0, 5), (0, 1)], 2)
    assert seen(once) == seen(twice)
    assert twice[-1]["channel_info"]["duplicates"] == 3 and twice[-1]["channel_info"]["arrived"] == 3


@pytest.mark.parametrize(
    ("delays_ms", "steps", "window"),
    [
        ([0, None, None], 2, [0, 1, 1, 1]),
        ([None, None, 0, None], 3, [0, 0, 3, 3]),
        ([0, 0, None, None, None, None, None], 6, [2, 2, 2, 2]),
        ([0, None, None, None, None, 0], 5, [1, 1, 1, 6]),
    ],
)
def test_hold_repeats_the_newest_before_a_gap(delays_ms, steps, window):
    _, answer = walked(delays_ms, steps, fill="hold")
    assert seen(answer)[0] == window
    own = range(steps - 2, steps + 2)  # what each step itself observed
    assert seen(answer)[1] == [int(0 < k == value) for k, value in zip(own, window, strict=True)]


def test_age_is_the_time_since_the_newest_observation_was_made():
    env, answer = walked([None, 0, None, 5], 0, age=True)
    ages = [answer[0]["age_ms"].item()] + [env.step(0)[0]["age_ms"].item() for _ in range(3)]
    assert ages == [10, 10, 20, 10]
    assert env.observation_space["age_ms"].shape == (1,)


def test_rewards_with_observations_come_late_but_all_of_them():
    env, _ = walked([0, None, 0, None, 12], 0, env=Counter(length=6), reward="with_observation")
    rewards = [env.step(0)[1] for _ in range(6)]
    assert rewards == [0, 10 + 100, 0, 0, 1e3 + 1e4 + 1e5, 1e6]
    _, answer = walked([0, None, None], 2, env=Counter(length=2), reward="with_observation")
    assert answer[1:3] == (10 + 100, True)


def test_seeds_reach_the_channel_and_an_episode_goes_on_in_its_session():
    env, _ = walked([], 1)
    env.reset()
    env.reset(seed=4)
    assert env.channel.seeds == [channel_seed(3), None, channel_seed(4)]
    assert channel_seed(3) != channel_seed(4)
    env.close()
    assert env.channel.closed


def test_sizes_follow_the_data_unless_told():
    env, _ = walked([], 1)
    env.step(0, packet_size=77)
    assert env.channel.sizes == [8, 8, 77]
    env, _ = walked([], 0, packet_size_bytes=5)
    assert env.channel.sizes == [5]


class Camera(gymnasium.Env):
    """A Dict of an image and signed numbers, random."""

    observation_space = spaces.Dict(
        image=spaces.Box(0, 255, (6, 5, 3), np.uint8), joint=spaces.Box(-3, -1, (2, 2), np.int16)
    )
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), 0.0, False, False, {}


def test_dicts_and_images_keep_their_dtype_and_bounds_hold_the_gaps():
    env, answer = walked([0, None, 0], 2, env=Camera())
    observation = answer[0]
    assert observation in env.observation_space and set(observation) == {
        "observations_image",
        "observations_joint",
        "recv_mask",
    }
    image, joint = observation["observations_image"], observation["observations_joint"]
    assert image.shape == (4, 6, 5, 3) and image.dtype == np.uint8 and image[3].any() and not image[2].any()
    assert joint.dtype == np.int16 and not joint[2].any() and joint[3].max() < 0
    assert env.observation_space["observations_image"].high.max() == 255
    assert env.observation_space["observations_joint"].high.max() == 0
    assert env.channel.sizes == [6 * 5 * 3 + 4 * 2] * 3


def test_what_was_returned_is_never_changed_later():
    env, answer = walked([0] * 9, 1)
    before = seen(answer)
    for _ in range(5):
        env.step(0)
    assert seen(answer) == before


@pytest.mark.parametrize("space", [spaces.Discrete(3), spaces.Dict(a=spaces.Discrete(2)), spaces.Dict()])
def test_other_observations_are_refused(space):
    env = Counter()
    env.observation_space = space
    with pytest.raises(ConfigError, match="allowed behind a channel: a Box or a Dict of Boxes"):
        NetworkedEnv(env, channel=ScriptedChannel(scripted_config(), 10.0))


@pytest.mark.parametrize(
    ("key", "value"),
    [("buffer_size", 0), ("fill", "nan"), ("reward", "never"), ("packet_size_bytes", 0), ("step_duration_ms", 0)],
)
def test_bad_values_are_value_errors_that_say_what_is_allowed(key, value):
    with pytest.raises(ValueError, match=f"channel.{key} is {value!r}; allowed: "):
        NetworkedEnv(Counter(), channel_config=scripted_config(**{key: value}))


def test_without_a_channel_there_is_nothing_to_wrap():
    with pytest.raises(ConfigError, match="needs a channel"):
        NetworkedEnv(Counter())


def test_it_passes_gymnasiums_checker():
    from gymnasium.utils.env_checker import check_env

    env = NetworkedEnv(gymnasium.make("CartPole-v1"), channel_config=scripted_config([None, 25, 0]))
    check_env(env, skip_render_check=True)


def test_an_action_channel_is_not_ignored():
    with pytest.raises(ConfigError, match="wrap the environment in ActionChannelEnv"):
        NetworkedEnv(Counter(), channel_config=scripted_config(action=scripted_config()))


class Reuser(Counter):
    """Always the same array, changed in place."""

    def observation(self):
        self.array = getattr(self, "array", np.zeros(2, np.float32))
        self.array[:] = self.count
        return self.array


def test_an_environment_may_use_its_arrays_again():
    for delays in ([10] * 9, [25] * 9, [0] * 9):
        _, fresh = walked(delays, 6)
        _, same = walked(delays, 6, env=Reuser())
        assert seen(fresh) == seen(same)


@pytest.mark.parametrize("name", ["gilbert_elliott", "mobile", "trace"])
def test_a_deep_copy_goes_its_own_way(name):
    def told(env, steps):
        return [env.step(0)[0]["recv_mask"].tolist() for _ in range(steps)]

    config = channel_config(name, buffer_size=40)
    one, other = (NetworkedEnv(Counter(9999), channel_config=config) for _ in range(2))
    for env in (one, other):
        env.reset(seed=3)
        told(env, 300)  # beyond a block of draws
    twin = copy.deepcopy(one)
    first = told(twin, 300)
    assert told(one, 300) == first == told(other, 300)


def test_nothing_is_done_before_reset_and_nothing_for_a_packet_that_cannot_be():
    env = NetworkedEnv(Counter(), channel_config=channel_config("link", propagation_delay_ms=1, buffer_size=4))
    with pytest.raises(SessionError, match="before reset"):
        env.step(0)
    env.reset(seed=1)
    for size in (10**9, 0, 1.5, "a"):
        with pytest.raises(ValueError, match=f"packet_size is {size!r}; allowed: 1 to 1499972 bytes on link"):
            env.step(0, packet_size=size)
    assert seen(env.step(0)) == ([0, 0, 1, 2], [0, 0, 1, 1])
    with pytest.raises(ConfigError, match=r"channel.packet_size_bytes is 8; allowed: 1 to 2 bytes on link"):
        NetworkedEnv(Counter(), channel_config=channel_config("link", queue_bytes=30))


def test_a_name_or_a_record_alone_is_enough():
    for given in ("mobile", channel_config("mobile")):
        assert NetworkedEnv(Counter(), given).channel.config == channel_config("mobile")
    with pytest.raises(ConfigError, match="step_ms is -1; allowed: above 0"):
        NetworkedEnv(Counter(), "mobile", step_ms=-1)
