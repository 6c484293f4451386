import numpy as np
import pytest

from netgym_cli.common.errors import ActionError, ConfigError
from netgym_cli.envs.make import make_env
from tests.support.network import series

FEMTO_W, SLEEP_W, SLOPE, WAKE_UP_MS, SLEEP_AFTER_MS = 5.0, 3.0, 8.0, 300.0, 100.0
TOP = 2


def cells(users=1, at=(20, 0), rate_mbps=1.0, **overrides):
    """Two cells 60 m apart and standing users near the first; steps of 200 ms, constant load."""
    place = {"min_x_m": at[0], "max_x_m": at[0], "min_y_m": at[1], "max_y_m": at[1]}
    keys = {
        "cell_locations": [{"x_m": 0, "y_m": 0, "z_m": 3}, {"x_m": 60, "y_m": 0, "z_m": 3}],
        "user_location_range": place,
        "user_random_walk": {"min_speed_mps": 0, "max_speed_mps": 0},
        "num_users": users,
        "measurement_interval_ms": 200,
        "traffic": {"min_rate_mbps": rate_mbps, "max_rate_mbps": rate_mbps, "burst_packets": 1},
        "power": {"p0_w": FEMTO_W, "p_sleep_w": SLEEP_W, "delta_p": SLOPE, "wake_up_ms": WAKE_UP_MS,
                  "sleep_after_ms": SLEEP_AFTER_MS},
    }  # fmt: skip
    return make_env("energy_saving", **{"seed": 1, "steps_per_episode": 2000, **keys, **overrides})


def stepped(env, action, steps):
    """Measurements of `steps` steps under one action."""
    if not env.running:
        env.reset()
    measured = []
    for _ in range(steps):
        env.step(action if action is None else np.array(action))
        measured.append(env.stats)
    return measured


@pytest.fixture
def network():
    made = []

    def make(**config):
        made.append(cells(**config))
        return made[-1]

    yield make
    for env in made:
        env.close()


# --- power


@pytest.mark.ns3
def test_a_sleeping_cell_transmits_nothing_and_draws_the_sleep_power(network):
    asleep = stepped(network(), [TOP, 0], 8)[2:]
    assert (series(asleep, "cell::airtime")[:, 1] == 0).all()
    assert series(asleep, "cell::power")[:, 1] == pytest.approx(SLEEP_W)
    assert (series(asleep, "cell::tx_power")[:, 1] == -100).all()
    assert (series(asleep, "cell::state") == [TOP, 0]).all()
    assert (series(asleep, "cell::airtime")[:, 0] > 0).all()


@pytest.mark.ns3
def test_an_active_cell_without_users_draws_no_more_than_its_beacons_cost(network):
    idle = stepped(network(), [TOP, TOP], 10)
    airtime = series(idle, "cell::airtime")[:, 1] / 100
    assert 0 < airtime.mean() < 0.01
    radiated_w = 10 ** (17 / 10 - 3)
    assert series(idle, "cell::power")[:, 1] == pytest.approx(FEMTO_W + SLOPE * radiated_w * airtime)


@pytest.mark.ns3
def test_power_follows_airtime_chains_and_transmit_power(network):
    power = {"n_trx": 2, "p0_w": FEMTO_W, "p_sleep_w": SLEEP_W, "delta_p": SLOPE}
    for level, dbm in ((1, 11), (2, 17)):
        busy = stepped(network(rate_mbps=5, power=power), [level, level], 4)[1:]
        airtime = series(busy, "cell::airtime")[:, 0] / 100
        assert airtime.min() > 0.02
        assert series(busy, "cell::power")[:, 0] == pytest.approx(
            2 * (FEMTO_W + SLOPE * 10 ** (dbm / 10 - 3) * airtime)
        )
        assert (series(busy, "cell::tx_power") == dbm).all()


@pytest.mark.ns3
def test_energy_is_power_times_time_and_adds_up(network):
    env = network()
    measured = [stats for action in ([TOP, 0], [0, 1], [TOP, TOP], [0, 0]) for stats in stepped(env, action, 2)]
    for stats in measured:
        assert stats["cell::energy"] == pytest.approx(stats["cell::power"] * 0.2)
        assert stats["network::power"][0] == pytest.approx(stats["cell::power"].sum())


# --- sleeping and waking


@pytest.mark.ns3
def test_users_of_a_cell_put_to_sleep_are_served_by_another_and_lose_nothing(network):
    env = network(users=3)
    assert (stepped(env, [TOP, TOP], 4)[-1]["user::cell_id"] == 1).all()
    after = stepped(env, [0, TOP], 10)
    assert (series(after, "user::cell_id") == 2).all()
    assert (series(after, "user::qos_met") == 1).all()
    assert series(after, "user::rate").mean() == pytest.approx(1, rel=0.05)
    assert (series(after, "user::loss") == 0).all()


@pytest.mark.ns3
def test_waking_takes_its_time_at_full_supply(network):
    env = network()
    stepped(env, [TOP, 0], 4)
    waking = stepped(env, [TOP, TOP], 3)
    assert series(waking, "cell::state")[:, 1].tolist() == [0, TOP, TOP]  # 300 ms, in steps of 200
    assert (series(waking, "cell::ordered")[:, 1] == TOP).all()
    assert (waking[0]["cell::airtime"][1], waking[0]["cell::power"][1]) == (0, pytest.approx(FEMTO_W))
    assert waking[2]["cell::airtime"][1] > 0


@pytest.mark.ns3
def test_falling_asleep_costs_the_time_until_users_have_left(network):
    env = network()
    stepped(env, [TOP, TOP], 2)
    first = stepped(env, [TOP, 0], 1)[0]
    share = SLEEP_AFTER_MS / 200
    assert first["cell::power"][1] == pytest.approx(share * FEMTO_W + (1 - share) * SLEEP_W, rel=0.02)


@pytest.mark.ns3
def test_a_woken_cell_serves_again(network):
    env = network()
    stepped(env, [TOP, TOP], 2)
    stepped(env, [0, TOP], 20)
    back = stepped(env, [TOP, 0], 10)[5:]
    assert (series(back, "user::cell_id") == 1).all()
    assert series(back, "user::rate").mean() == pytest.approx(1, rel=0.1)


@pytest.mark.ns3
def test_when_all_cells_sleep_nothing_is_served_and_every_number_is_finite(network):
    env = network(users=2)
    dark = stepped(env, [0, 0], 10)
    assert all(np.isfinite(stats.values).all() for stats in dark)
    last = dark[-1]
    assert (last["user::rate"] == 0).all()
    assert (last["user::cell_id"] == 255).all()
    assert (last["user::loss"] == 100).all()
    assert (last["user::owd"] == 1000).all()
    assert last["network::power"][0] == pytest.approx(2 * SLEEP_W)
    assert env.adapter.reward(last) == -env.adapter.config.reward.qos_weight
    lit = stepped(env, [TOP, TOP], 8)[-1]
    assert (lit["user::qos_met"] == 1).all()


@pytest.mark.ns3
def test_higher_transmit_power_reaches_farther(network):
    weak, strong = (stepped(network(at=(-85, 0)), [level, 0], 8)[-1] for level in (1, 2))
    assert (weak["user::cell_id"], weak["user::rate"]) == (255, 0)
    assert strong["user::cell_id"] == 1
    assert strong["user::rate"] == pytest.approx(1, rel=0.1)


@pytest.mark.ns3
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_orders_that_change_all_the_time_under_full_queues_do_no_harm(network, seed):
    env = network(users=3, at=(30, 60), rate_mbps=15, seed=seed, measurement_interval_ms=50)
    env.reset()
    rng = np.random.default_rng(seed)
    for _ in range(100):
        env.step(rng.integers(0, 3, 2))
        assert np.isfinite(env.stats.values).all()
    assert (stepped(env, [TOP, TOP], 30)[-1]["user::cell_id"] < 255).all()


# --- load, control and reproducibility


@pytest.mark.ns3
def test_load_swings_between_its_rates(network):
    traffic = {"min_rate_mbps": 0.5, "max_rate_mbps": 4, "period_ms": 4000, "phase_spread": 0, "burst_packets": 1}
    offered = series(stepped(network(users=2, traffic=traffic), [TOP, TOP], 20), "user::tx_rate")
    assert offered.min() == pytest.approx(0.5, abs=0.15)
    assert offered.max() == pytest.approx(4, abs=0.15)
    assert np.abs(offered[:, 0] - offered[:, 1]).max() < 0.3


@pytest.mark.ns3
def test_the_default_algorithm_saves_and_resumes_after_actions(network):
    env = network()
    default = stepped(env, None, 5)
    assert (default[-1]["cell::state"] > 0).sum() == 1
    assert (stepped(env, [TOP, TOP], 4)[-1]["cell::state"] == TOP).all()
    again = stepped(env, None, 5)
    assert (again[-1]["cell::state"] > 0).sum() == 1
    assert (series(default + again, "user::qos_met") == 1).all()


@pytest.mark.ns3
def test_the_default_algorithm_wakes_a_neighbour_on_load_and_where_nobody_is_reached(network):
    env = network(rate_mbps=35)
    stepped(env, [TOP, 0], 4)
    assert stepped(env, None, 4)[-1]["cell::ordered"][1] > 0
    env = network()
    stepped(env, [0, 0], 4)
    assert (stepped(env, None, 4)[-1]["cell::state"] == [TOP, 0]).all()


@pytest.mark.ns3
def test_equal_seeds_give_equal_bits_and_other_seeds_others():
    def record(seed):
        env = make_env("energy_saving", seed=seed, steps_per_episode=100)
        env.reset()
        rng = np.random.default_rng(0)
        told = b""
        for _ in range(10):
            env.step(rng.integers(0, 3, 5))
            told += env.stats.values.tobytes()
        env.close()
        return told

    assert record(3) == record(3)
    assert record(3) != record(4)


# --- the adapter


@pytest.mark.parametrize(
    ("action", "message"),
    [([1, 1], "shape"), ([0, 0, 0, 0, 3], r"from 0 to \[2"), ([0, 0, 0, 0, -1], "from 0"), ([0.5] * 5, "whole"),
     ([np.nan] * 5, "whole")],
)  # fmt: skip
def test_an_action_outside_the_space_is_refused(action, message):
    with pytest.raises(ActionError, match=message):
        make_env("energy_saving").adapter.encode_action(action)


@pytest.mark.parametrize("empty", [None, [], np.array([])])
def test_an_empty_action_asks_for_the_default_algorithm(empty):
    assert make_env("energy_saving").adapter.encode_action(empty) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cell_locations", []), ("num_users", 0), ("num_users", 51), ("tx_power_levels_dbm", []),
        ("tx_power_levels_dbm", [17, 11]), ("tx_power_levels_dbm", [99]), ("traffic.min_rate_mbps", 0),
        ("traffic.min_rate_mbps", 5), ("traffic.phase_spread", 2), ("traffic.period_ms", 0),
        ("traffic.packet_size_bytes", 20), ("traffic.burst_packets", 0), ("qos.loss_target", 1.5),
        ("qos.lost_after_ms", 10), ("power.wake_up_ms", 0), ("power.sleep_after_ms", 1), ("power.n_trx", 0),
        ("power.p_sleep_w", 7), ("reward.energy_weight", -1), ("reward.qos_weight", -1),
        ("default_algorithm.sleep_below_pct", 60), ("default_algorithm.wake_above_pct", 101),
        ("wifi.rate_control", "Aarf"), ("wifi.queue_packets", 0), ("user_random_walk.min_speed_mps", 0),
        ("user_location_range.min_x_m", 1000), ("features", []), ("features", ["cell::stat"]),
        ("subscribed_network_stats", ["cell::nothing"]), ("measurement_interval_ms", 1),
        ("measurement_start_time_ms", 0),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_by_name(key, value):
    first, _, last = key.partition(".")
    with pytest.raises(ConfigError, match=f"env.{key}"):
        make_env("energy_saving", **{first: {last: value} if last else value})
