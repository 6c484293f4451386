import numpy as np
import pytest

from netgym_cli.common.errors import ActionError, ConfigError
from netgym_cli.envs.checker import check
from netgym_cli.envs.make import make_env


@pytest.fixture
def env():
    env = make_env("custom", seed=1)
    yield env
    env.close()


def measured(action, seed=1, **overrides):
    env = make_env("custom", seed=seed, **overrides)
    try:
        env.reset()
        for _ in range(3):
            observation, reward, *_ = env.step(action)
        return observation, reward, env.stats
    finally:
        env.close()


@pytest.mark.ns3
def test_the_observation_is_rate_delay_and_loss_of_every_user(env):
    observation, _ = env.reset()
    assert observation.shape == (3, 5)
    rows = [env.stats[f"custom::{name}"] for name in ("rate", "owd", "loss")]
    assert np.array_equal(observation, np.array(rows, np.float32))
    assert [row.unit for row in env.stats.layout.rows] == ["Mbit/s", "Mbit/s", "ms", "%"]


@pytest.mark.ns3
def test_the_default_algorithm_gives_equal_shares_of_the_bottleneck():
    _, _, stats = measured(None)
    assert stats["custom::tx_rate"] == pytest.approx(np.full(5, 0.9 * 10 / 5), rel=0.3)
    assert stats["custom::loss"].sum() == 0
    assert (stats["custom::owd"] > 10).all()


@pytest.mark.ns3
def test_each_user_sends_at_the_rate_that_its_action_says():
    _, _, stats = measured(np.array([0.8, 0.4, 0.2, 0.0, 0.0], np.float32))
    sent = stats["custom::tx_rate"]
    assert sent[:3] == pytest.approx([4.0, 2.0, 1.0], rel=0.3)
    assert (sent[3:] < 0.4).all()


@pytest.mark.ns3
def test_too_much_load_fills_the_queue_and_loses_packets():
    _, greedy, full = measured(np.ones(5, np.float32))
    _, modest, free = measured(np.full(5, 0.3, np.float32))
    assert full["custom::rate"].sum() == pytest.approx(10, rel=0.05)
    assert full["custom::loss"].mean() == pytest.approx(60, abs=5)  # 25 Mbit/s into 10
    assert full["custom::owd"].mean() > 80  # 100 packets of 1000 bytes at 10 Mbit/s
    assert free["custom::loss"].max() == 0
    assert modest > greedy


@pytest.mark.ns3
def test_the_guard_interval_is_not_measured():
    _, _, whole = measured(None)
    _, _, part = measured(None, measurement_interval_ms=500, measurement_guard_interval_ms=500)
    assert whole.ts_ms == part.ts_ms == 1000 + 4 * 1000
    assert part["custom::rate"] == pytest.approx(whole["custom::rate"], rel=0.3)


@pytest.mark.ns3
def test_seeds_decide_every_number():
    one, again, other = (measured(None, seed)[2].values.tobytes() for seed in (1, 1, 2))
    assert one == again != other


@pytest.mark.ns3
@pytest.mark.parametrize(
    "action", [np.zeros(4), np.full(5, 1.1), np.full(5, -0.1), np.full(5, np.nan), "fast", np.zeros((1, 5))]
)
def test_a_wrong_action_is_refused(env, action):
    env.reset()
    with pytest.raises(ActionError, match="action"):
        env.step(action)


@pytest.mark.parametrize(
    ("key", "value"), [("num_users", 0), ("bottleneck_mbps", 0), ("min_rate_mbps", 9), ("packet_size_bytes", 1500)]
)
def test_an_impossible_setting_is_named(key, value):
    with pytest.raises(ConfigError, match=rf"env\.{key} is {value}.*; allowed: "):
        make_env("custom", **{key: value})


@pytest.mark.ns3
def test_it_keeps_its_word(env):
    verdicts = check(env.config, env.simulator_config, 5)
    assert [verdict.name for verdict in verdicts if not verdict.ok] == []
