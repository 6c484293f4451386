import numpy as np
import pytest

from netgym_cli.common.errors import ActionError, ConfigError
from netgym_cli.envs.builtin.rmcat import BOTTLENECK_MEASUREMENTS, MEASUREMENTS
from netgym_cli.envs.make import make_env
from tests.support.media import bottleneck, measured

# --- the adapter


@pytest.fixture(scope="module")
def adapter():
    return make_env("rmcat", nada_flows=2).adapter


def test_spaces_are_the_originals_in_kbps(adapter):
    assert adapter.action_space.shape == (2,)
    assert (adapter.action_space.low == 150).all() and (adapter.action_space.high == 1500).all()
    assert adapter.observation_space.shape == (6, 2)
    assert np.isfinite(adapter.observation_space.high).all()
    assert adapter.config.features[:3] == ["rmcat::rtt", "rmcat::rrate", "rmcat::xcurr"]
    action = np.array([150, 1500], np.float32)
    assert adapter.encode_action(action).tolist() == [150, 1500]
    assert adapter.encode_action(None) is None and adapter.encode_action([]) is None


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (np.full(1, 500.0), "shape"), (np.full((2, 1), 500.0), "shape"), (np.full(2, np.nan), "NaN"),
        ([149, 500], "from 149 to 500"), ([500, 1501], "numbers from 150 to 1500"),
        (["a", "b"], "an array of numbers"),
    ],
)  # fmt: skip
def test_an_action_outside_the_space_is_refused(adapter, action, message):
    with pytest.raises(ActionError, match=message):
        adapter.encode_action(action)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"features": ["rmcat::rrat"]}, "Did you mean 'rmcat::rrate'"),
        ({"features": ["bottleneck::bw"]}, "env.features has 'bottleneck::bw'"),
        ({"features": []}, "env.features"),
        ({"subscribed_network_stats": ["bottleneck::queu"]}, "Did you mean 'bottleneck::queue'"),
        ({"reward": "utilty"}, "utility, utility_linear"),
        ({"nada_flows": 0}, "env.nada_flows is 0"),
        ({"nada_flows": 21}, "1 to 20"),
        ({"min_rate_kbps": 1500.0}, "below max_rate_kbps, which is 1500"),
        ({"packet_size_bytes": 1501}, "100 to 1500 bytes"),
        ({"pacing_jitter": 1.5}, "env.pacing_jitter"),
        ({"queue_bytes": 100}, "3000 to 2147483647 bytes"),
        ({"tcp_congestion_control": "TcpFast"}, "TcpCubic"),
        ({"nada": {"TAU_ms": 0}}, "env.nada.TAU_ms is 0"),
        ({"nada": {"ALPHA": 2}}, "env.nada.ALPHA"),
        ({"reward_terms": {"delay_ms": 0}}, "env.reward_terms.delay_ms is 0.0; allowed: above 0"),
        ({"topo_default_delay_ms": float("inf")}, "topo_default_delay_ms"),
    ],
)
def test_a_bad_config_is_refused(config, message):
    with pytest.raises(ConfigError, match=message):
        make_env("rmcat", **config)


# --- what every message holds


@pytest.mark.ns3
@pytest.mark.parametrize("flows", [1, 3])
def test_every_measurement_is_in_every_message_and_never_nan(flows):
    env = make_env("rmcat_competing", nada_flows=flows, features=list(MEASUREMENTS), tcp_flow_start_time_diff_ms=500)
    observation, info = env.reset()
    for step in range(12):
        frame = info["network_stats"].set_index(info["network_stats"]["source"] + "::" + info["network_stats"]["name"])
        assert set(frame.index) == {*MEASUREMENTS, *BOTTLENECK_MEASUREMENTS}
        assert all(frame.loc[name, "id"] == list(range(1, flows + 1)) for name in MEASUREMENTS)
        assert all(frame.loc[name, "id"] == [1] for name in BOTTLENECK_MEASUREMENTS)
        assert {name: frame.loc[name, "unit"] for name in MEASUREMENTS} == {n: w[0] for n, w in MEASUREMENTS.items()}
        assert np.isfinite(env.stats.values).all()
        assert env.observation_space.contains(observation)
        observation, reward, _, _, info = env.step(None if step % 3 else env.action_space.sample())
        assert -2 <= reward <= 1
        assert np.isfinite(list(info["kpis"].values())).all()
    env.close()


# --- reward


@pytest.mark.ns3
@pytest.mark.parametrize("reward", ["utility", "utility_linear"])
def test_the_reward_prefers_the_bottlenecks_rate_and_pays_no_dead_flow(tmp_path, reward):
    def mean_reward(rate_kbps, loss=0):
        env = make_env("rmcat", reward=reward, bw_trace_file=bottleneck(tmp_path, (0, 1000, 10, loss)))
        env.reset()
        rewards = [env.step(np.array([rate_kbps], np.float32))[1] for _ in range(40)][10:]
        env.close()
        return np.mean(rewards)

    by_rate = {rate: mean_reward(rate) for rate in (150, 400, 700, 950, 1100, 1500)}
    assert max(by_rate, key=by_rate.__getitem__) == 950
    assert by_rate[150] < by_rate[400] < by_rate[700] < by_rate[950]
    assert by_rate[1500] <= by_rate[1100] < by_rate[150]
    assert mean_reward(950, loss=1) == -2 < min(by_rate.values())


# --- seeds


@pytest.mark.ns3
@pytest.mark.parametrize("env", ["rmcat", "rmcat_competing", "rmcat_wifi"])
@pytest.mark.parametrize("steps", [200, pytest.param(1000, marks=pytest.mark.long)])
def test_a_seed_repeats_a_session_bit_by_bit_and_another_does_not(env, steps):
    def values(seed):
        return np.array([stats.values for stats in measured(steps, env=env, seed=seed)])

    first = values(1)
    assert first.tobytes() == values(1).tobytes()
    assert first.tobytes() != values(2).tobytes()
