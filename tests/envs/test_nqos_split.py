import numpy as np
import pytest

from netgym_cli.common.errors import ActionError
from netgym_cli.envs.builtin.nqos_split import utility, utility_networkgym, utility_normalized
from netgym_cli.envs.make import make_env
from netgym_cli.envs.multi_access.config import TCP_TYPES
from tests.support.network import LTE, NR, WIFI, network, series, stepped

RATE, OWD = "gma::dl::rate", "gma::dl::owd"
LINKS = {"wifi": WIFI, "nr": NR, "lte": LTE}
PER_FLOW = (
    "rate tx_rate qos_rate owd max_owd delay_violation delay_test_1_violation delay_test_2_violation missed_action"
)
PER_LINK = "rate tx_rate qos_rate owd max_owd traffic_ratio split_ratio"
PER_USER = [
    *(f"gma::dl::{name}" for name in f"{PER_FLOW} measurement_ok".split()),
    *(f"gma::{link}::dl::{name}" for link in LINKS for name in PER_LINK.split()),
    *(f"{link}::{name}" for link in LINKS for name in ("dl::max_rate", "cell_id")),
    *"lte::slice_id lte::dl::rb_usage gma::x_loc gma::y_loc".split(),
]
TCP = {"per_slice_config": {"transport_protocol": ["TcpBbr", "TcpBbr"]}}


def offered(rate_mbps):
    """What a UDP payload rate is with UDP and IP headers, as rates are measured."""
    return rate_mbps * 1428 / 1400


def measured(weights, steps, **config):
    env = network(**{"at": (10, 10), **config})
    try:
        return stepped(env, weights, steps)
    finally:
        env.close()


# --- the adapter


@pytest.fixture(scope="module")
def adapter():
    return make_env("nqos_split").adapter


def test_weights_are_normalised_in_a_copy_and_a_row_of_zeros_is_all_wifi(adapter):
    action = np.array([[1, 1, 0], [0.2, 0.2, 0.4], [0, 0, 0], [0, 0, 1], [1e-7, 0, 0]], np.float32)
    before = action.copy()
    control = adapter.encode_action(action)
    assert np.array_equal(action, before)
    assert (control.shape, control.dtype) == ((15,), np.float64)
    wanted = [[0.5, 0.5, 0], [0.25, 0.25, 0.5], [1, 0, 0], [0, 0, 1], [1, 0, 0]]
    np.testing.assert_allclose(control.reshape(5, 3), wanted, atol=1e-6)


@pytest.mark.parametrize("empty", [None, [], np.array([])])
def test_an_empty_action_asks_for_the_default_algorithm(adapter, empty):
    assert adapter.encode_action(empty) is None


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (np.ones((5, 2)), "shape"), (np.ones((4, 3)), "shape"), (np.ones(15), "shape"),
        (np.full((5, 3), np.nan), "NaN"), (np.full((5, 3), np.inf), "NaN or infinity"),
        (np.full((5, 3), -0.1), "ranges from -0.1"), (np.full((5, 3), 1.5), "to 1.5"),
    ],
)  # fmt: skip
def test_an_action_outside_the_space_is_refused(adapter, action, message):
    with pytest.raises(ActionError, match=message):
        adapter.encode_action(action)


def test_a_dead_network_has_the_worst_utility():
    dead = utility(np.zeros(3), np.zeros(3))
    rates, owds = np.geomspace(0.001, 5000, 25), [0, *np.geomspace(0.01, 1e5, 25)]
    grid = [utility(np.full(3, rate), np.full(3, owd)) for rate in rates for owd in owds]
    assert dead == pytest.approx(-5.756, abs=1e-3)
    assert min(grid) >= dead
    assert max(grid) == pytest.approx(3.454, abs=1e-3)


def test_utility_rises_with_rate_and_falls_with_delay():
    by_rate = [utility(np.array([rate]), np.array([20.0])) for rate in np.geomspace(0.02, 999, 30)]
    by_owd = [utility(np.array([5.0]), np.array([owd])) for owd in np.geomspace(1, 999, 30)]
    assert (np.diff(by_rate) > 0).all()
    assert (np.diff(by_owd) < 0).all()
    idle = utility(np.array([5.0, 0.0]), np.array([20.0, 0.0]))
    assert idle == utility(np.array([2.5]), np.array([20.0]))  # an idle user's delay does not enter


@pytest.mark.parametrize(
    ("rate", "owd", "value"),
    [(0, -1, 0.0), (0, 500, 0.0), (5, 0, 5.80), (5, 20, -0.69), (1000, 1e-9, 10.0), (20, 20, 0.0)],
)
def test_utility_networkgym_is_the_originals_formula(rate, owd, value):
    assert utility_networkgym(np.array([float(rate)]), np.array([float(owd)])) == pytest.approx(value, abs=0.005)


def test_a_dead_network_has_the_worst_normalised_utility():
    dead = utility_normalized(np.zeros(3), np.full(3, 80.0), np.zeros(3))
    grid = [
        utility_normalized(np.full(3, rate), np.full(3, 80.0), np.full(3, owd))
        for rate in np.geomspace(0.001, 500, 20)
        for owd in (0, *np.geomspace(0.01, 1e5, 20))
    ]
    assert dead == pytest.approx(np.log(1e-4), abs=1e-3) and min(grid) >= dead
    assert max(grid) == pytest.approx(np.log(1000), abs=1e-3)
    half = utility_normalized(np.array([40.0, 5.0]), np.array([80.0, 0.0]), np.array([20.0, 20.0]))
    assert half == pytest.approx(np.log(0.25) - np.log(0.02))  # a user without any link uses nothing


# --- what every message holds


@pytest.mark.ns3
@pytest.mark.parametrize("users", [1, 3])
def test_every_measurement_is_in_every_message_aligned_by_id_and_never_nan(users):
    env = network(users=users, features=PER_USER, rate_mbps=20)
    observation, info = env.reset()
    rng = np.random.default_rng(1)
    for _ in range(10):
        frame = info["network_stats"]
        for key in PER_USER:
            (line,) = frame[frame["source"] + "::" + frame["name"] == key].itertuples()
            assert line.id == list(range(1, users + 1))
            assert len(line.value) == users
        assert {"dl::cell::max_rate", "dl::cell::rb_usage"} <= set(frame["name"])
        assert set(frame["ts"]) == {info["sim_time_ms"]}
        assert np.isfinite(env.stats.values).all()
        assert env.observation_space.contains(observation)
        observation, reward, _, _, info = env.step(rng.random((users, 3), np.float32))
        assert np.isfinite(reward)
    env.close()


@pytest.mark.ns3
def test_a_flow_without_packets_has_rate_0_and_no_delay():
    sparse = measured(WIFI, 12, rate_mbps=0.05)  # a packet every 224 ms
    rate, owd = series(sparse, RATE), series(sparse, OWD)
    assert (rate == 0).any()
    assert (rate > 0).any()
    assert (owd[rate == 0] == 0).all()
    assert (owd[rate > 0] > 0).all()


@pytest.mark.ns3
def test_where_nothing_arrives_delay_is_the_age_of_the_oldest_packet_up_to_a_second():
    far = measured(WIFI, 16, wifi_ap_locations=[{"x_m": 5000, "y_m": 0, "z_m": 3}])
    owd = series(far, OWD)[:, 0]
    assert (series(far, RATE)[2:] == 0).all()
    assert (np.diff(owd) >= 0).all()
    assert owd[4] - owd[3] == pytest.approx(100)
    assert owd[-1] == 1000
    assert (series(far, "wifi::dl::max_rate") == 0).all()


# --- links and weights


@pytest.mark.ns3
@pytest.mark.parametrize("link", LINKS)
def test_light_udp_on_one_good_link_is_delivered(link):
    light = measured(LINKS[link], 14)[4:]
    assert series(light, RATE).mean() == pytest.approx(offered(2), rel=0.05)
    assert series(light, "gma::dl::loss").max() == 0
    assert (series(light, OWD) < 50).all()
    assert (series(light, f"gma::{link}::dl::traffic_ratio") == 100).all()


@pytest.mark.ns3
def test_weights_hold_from_the_next_interval_on_and_traffic_follows():
    env = network(at=(10, 10), rate_mbps=10)
    env.reset()
    for weights in ([0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0, 1, 0]):
        first, *_, last = stepped(env, weights, 6)
        for link, share in zip(LINKS, weights, strict=True):
            assert first[f"gma::{link}::dl::split_ratio"] == pytest.approx(100 * share)
            assert last[f"gma::{link}::dl::traffic_ratio"] == pytest.approx(100 * share, abs=4)
    env.close()


@pytest.mark.ns3
@pytest.mark.parametrize(
    ("without", "weights", "left"),
    [
        (["wifi_ap_locations"], [0.5, 0.25, 0.25], [0, 50, 50]),
        (["wifi_ap_locations"], [1, 0, 0], [0, 100, 0]),
        (["nr_gnb_locations"], [0.25, 0.5, 0.25], [50, 0, 50]),
        (["wifi_ap_locations", "nr_gnb_locations"], [0.5, 0.5, 0], [0, 0, 100]),
    ],
)
def test_a_link_that_does_not_exist_takes_no_weight(without, weights, left):
    last = measured(weights, 5, **{key: [] for key in without})[-1]
    assert [last[f"gma::{link}::dl::split_ratio"][0] for link in LINKS] == pytest.approx(left)
    assert last[RATE] > 0
    for key in without:
        link = key.partition("_")[0]
        assert last[f"{link}::dl::max_rate"] == last[f"gma::{link}::dl::rate"] == 0
        assert last[f"{link}::cell_id"] == 255


@pytest.mark.ns3
def test_steering_sends_everything_over_the_heaviest_link():
    last = measured([0.3, 0.4, 0.3], 6, per_slice_config={"downlink_mode": ["steer", "steer"]})[-1]
    assert [last[f"gma::{link}::dl::split_ratio"][0] for link in LINKS] == [0, 100, 0]
    assert last["gma::nr::dl::traffic_ratio"] == 100


@pytest.mark.ns3
def test_guard_time_passes_unmeasured():
    guard = {"measurement_guard_interval_ms": 50}
    steps = measured(WIFI, 12, gma=guard, wifi=guard, lte=guard)
    assert np.diff([stats.ts_ms for stats in steps]) == pytest.approx(150)
    assert series(steps, RATE)[4:].mean() == pytest.approx(offered(2), rel=0.06)


@pytest.mark.ns3
def test_poisson_arrivals_vary_around_the_same_rate():
    regular, poisson = (
        series(measured(WIFI, 40, rate_mbps=5, per_slice_config={"udp_poisson_arrival": [p] * 2}), "gma::dl::tx_rate")
        for p in (False, True)
    )
    assert regular.std() < 0.1
    assert poisson.std() > 0.3
    assert poisson.mean() == pytest.approx(offered(5), rel=0.1)


# --- load


@pytest.mark.ns3
@pytest.mark.parametrize(("link", "rate_mbps", "most_ms"), [("wifi", 130, 300), ("nr", 150, 200), ("lte", 60, 700)])
def test_overload_shows_as_growing_delay_in_a_bounded_queue(link, rate_mbps, most_ms):
    over = measured(LINKS[link], 25, rate_mbps=rate_mbps)
    owd, rate = series(over, f"gma::{link}::dl::owd")[:, 0], series(over, f"gma::{link}::dl::rate")[:, 0]
    limit = series(over, f"{link}::dl::max_rate")[:, 0]
    assert owd[0] < owd[-5:].mean() < most_ms
    assert series(over, f"gma::{link}::dl::max_owd").max() < most_ms
    assert series(over, "gma::dl::loss")[-5:].mean() > 5
    assert 0.5 * limit[10:].mean() < rate[10:].mean() < limit[10:].mean()


@pytest.mark.ns3
def test_a_saturated_nr_cell_delivers_most_of_its_max_rate():
    over = measured(NR, 25, rate_mbps=150, at=(100, 40))[10:]
    share = series(over, "gma::nr::dl::rate").mean() / series(over, "nr::dl::max_rate").mean()
    assert 0.7 < share < 1


@pytest.mark.ns3
@pytest.mark.long
def test_tcp_over_two_links_beats_the_slower_alone():
    both, slower = (series(measured(weights, 30, **TCP), RATE)[15:].mean() for weights in ([0.5, 0, 0.5], LTE))
    assert both > 1.1 * slower > 5


@pytest.mark.ns3
@pytest.mark.parametrize("kind", ["tcp", "TcpBbr", *(pytest.param(kind, marks=pytest.mark.long) for kind in TCP_TYPES)])
def test_every_tcp_moves_data(kind):
    rate = series(measured(WIFI, 15, per_slice_config={"transport_protocol": [kind, kind]}), RATE)
    assert rate[5:].mean() > 0.5  # TcpLp yields to any delay


# --- the default map


@pytest.mark.ns3
def test_the_worst_spot_of_the_default_map_has_wifi():
    still = {"user_location_range": {"min_x_m": 50, "max_x_m": 50, "min_y_m": 50, "max_y_m": 50}}
    walk = {"min_speed_mps": 0, "max_speed_mps": 0}
    env = make_env("nqos_split_light", seed=1, user_random_walk=walk, per_slice_config={"num_users": [1, 0]}, **still)
    last = stepped(env, WIFI, 9)
    env.close()
    assert (series(last, "wifi::dl::max_rate")[2:] > 0).all()
    assert series(last, "gma::wifi::dl::rate")[2:].mean() == pytest.approx(offered(20), rel=0.1)


@pytest.mark.ns3
def test_lte_rates_differ_among_users_and_over_time():
    env = make_env("nqos_split_light", seed=1, wifi_ap_locations=[], nr_gnb_locations=[], steps_per_episode=100)
    rates = series(stepped(env, LTE, 20), "lte::dl::max_rate")
    env.close()
    assert len(set(rates[-1])) >= 3
    assert sum(len(set(user)) > 1 for user in rates.T) >= 3


@pytest.mark.ns3
def test_many_access_points_serve():
    points = [{"x_m": 20 * k, "y_m": 0, "z_m": 3} for k in range(12)]
    last = measured(WIFI, 5, users=2, wifi_ap_locations=points)[-1]
    assert (last["gma::wifi::dl::rate"] > 1).all()
    assert set(last["wifi::cell_id"]) <= set(range(1, 13))


@pytest.mark.ns3
def test_fifty_users_are_served():
    last = measured([0.4, 0.4, 0.2], 3, users=50, rate_mbps=0.5, at=None)[-1]
    assert last[RATE].shape == (50,)
    assert (last[RATE] > 0).mean() > 0.9
