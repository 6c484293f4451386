import numpy as np
import pytest

from netgym_cli import make_env
from netgym_cli.common.errors import ActionError, ConfigError

NEAR = {
    "user_location_range": {"min_x_m": 5, "max_x_m": 15, "min_y_m": 0, "max_y_m": 5},
    "user_random_walk": {"min_speed_mps": 0, "max_speed_mps": 0},
}

ON_BOTH = pytest.mark.parametrize("simulator", [pytest.param("ns3", marks=pytest.mark.ns3), "fluid"])
AT_ONCE = {"measurement_start_time_ms": 1000, "traffic_lead_ms": 0}  # the first measured interval is the first of all


def steered(env, action, steps=3):
    if not env.running:
        env.reset()
    for _ in range(steps):
        _, reward, *_ = env.step(action)
    return reward, env.stats


def two_users(**keys):
    keys = {**NEAR, **AT_ONCE, **keys}
    return make_env("qos_steer", seed=1, steps_per_episode=200, per_slice_config={"num_users": [2]}, **keys)


def crowded(**keys):
    """Four users beside an access point of low power that cannot carry them all."""
    return make_env(
        "qos_steer",
        seed=1,
        steps_per_episode=200,
        gma={"measurement_interval_ms": 200},
        lte={"measurement_interval_ms": 200},
        wifi={"measurement_interval_ms": 200, "tx_power_dbm": 0},
        per_slice_config={"num_users": [4], "min_udp_rate_per_user_mbps": [18], "max_udp_rate_per_user_mbps": [18]},
        **{**NEAR, **AT_ONCE, **keys},
    )


def on_wifi(stats):
    return stats["gma::wifi::dl::split_ratio"] > 0


@pytest.mark.ns3
def test_each_user_takes_the_link_that_its_number_names():
    env = two_users()
    _, stats = steered(env, [0, 1])
    assert stats["gma::wifi::dl::split_ratio"].tolist() == [0, 100]
    assert stats["gma::lte::dl::split_ratio"].tolist() == [100, 0]
    assert stats["gma::lte::dl::traffic_ratio"].tolist() == [100, 0]
    env.close()


@pytest.mark.ns3
def test_the_original_reward_counts_met_targets_on_wifi_and_its_variants_the_others_too():
    counted = {}
    for name in ("wifi_qos_user_num", "qos_user_num", "qos_user_num_offloaded"):
        env = two_users(reward=name)
        counted[name], stats = steered(env, [0, 1])
        assert (stats["gma::dl::qos_rate"] > 1).all()
        env.close()
    assert counted == {"wifi_qos_user_num": 1, "qos_user_num": 2, "qos_user_num_offloaded": 1.5}


@pytest.mark.ns3
def test_a_user_that_wifi_does_not_reach_misses_its_target_there():
    env = two_users(user_location_range={"min_x_m": 140, "max_x_m": 150, "min_y_m": 0, "max_y_m": 5})
    met, _ = steered(env, [1, 1], 4)
    env.close()
    assert met == 0


@pytest.mark.ns3
def test_the_default_algorithm_brings_users_to_wifi_one_by_one_and_takes_back_who_suffers():
    env = two_users()
    counts = []
    for _ in range(3):
        _, stats = steered(env, None, 1)
        counts.append(int((stats["gma::wifi::dl::split_ratio"] > 0).sum()))
    assert counts == [1, 2, 2]
    env.close()
    far = two_users(user_location_range={"min_x_m": 140, "max_x_m": 150, "min_y_m": 0, "max_y_m": 5})
    tried = []
    for _ in range(6):
        _, stats = steered(far, None, 1)
        tried.append(int(on_wifi(stats).sum()))
    assert max(tried) >= 1 and tried[-1] == 0, "whoever missed its target stays away for five seconds"
    far.close()


@ON_BOTH
@pytest.mark.parametrize("back", ["costliest", "all"])
def test_the_default_algorithm_sends_back_the_costliest_user_or_everybody_who_missed(simulator, back):
    env = crowded(simulator=simulator, steer_back=back)
    _, before = steered(env, [1, 1, 1, 1], 6)
    missed = before["gma::dl::qos_rate"] == 0
    airtime = before["gma::dl::tx_rate"] / before["wifi::dl::max_rate"]
    _, after = steered(env, None, 1)
    left = ~on_wifi(after)
    env.close()
    assert missed.sum() > 1
    assert left.tolist() == (missed.tolist() if back == "all" else (np.arange(4) == airtime.argmax()).tolist())


@ON_BOTH
def test_the_default_algorithm_decides_before_measurement_starts_if_applications_do(simulator):
    env = two_users(simulator=simulator, measurement_start_time_ms=4000, traffic_lead_ms=3000)
    env.reset()
    assert on_wifi(env.stats).all()
    env.close()


@pytest.mark.ns3
def test_the_default_algorithm_takes_over_again_after_an_agent():
    env = two_users()
    steered(env, [1, 1])
    steered(env, [0, 0])
    _, stats = steered(env, None, 3)
    assert (stats["gma::wifi::dl::split_ratio"] == 100).all()
    assert (stats["gma::dl::missed_action"] == 1).all()
    env.close()


@pytest.mark.ns3
def test_three_links_and_several_access_points():
    env = make_env(
        "qos_steer",
        seed=1,
        **AT_ONCE,
        steer_links=["lte", "wifi", "nr"],
        nr_gnb_locations=[{"x_m": 50, "y_m": 0, "z_m": 15}],
        wifi_ap_locations=[{"x_m": 0, "y_m": 0, "z_m": 3}, {"x_m": 90, "y_m": 0, "z_m": 3}],
        per_slice_config={"num_users": [3]},
    )
    assert env.action_space.nvec.tolist() == [3, 3, 3]
    _, stats = steered(env, [0, 1, 2], 2)
    assert stats["gma::nr::dl::split_ratio"].tolist() == [0, 0, 100]
    assert set(stats["wifi::cell_id"]) <= {1, 2}
    env.close()


@pytest.mark.parametrize("action", [[0], [0, 2], [0, 0.5], [-1, 0], [np.nan, 0], [[[0, 1]]]])
def test_a_wrong_action_reaches_no_simulator(action):
    with pytest.raises(ActionError, match="allowed"):
        two_users().adapter.encode_action(action)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"steer_links": ["wifi"]}, ["env.steer_links", "two or three"]),
        ({"steer_links": ["wifi", "wifi"]}, ["env.steer_links"]),
        ({"steer_links": ["wifi", "wimax"]}, ["env.steer_links", "wimax"]),
        ({"steering_prohibit_ms": -1}, ["env.steering_prohibit_ms"]),
        ({"steer_back": "some"}, ["env.steer_back", "costliest, all"]),
        (
            {"measurement_start_time_ms": 1000},
            ["env.traffic_lead_ms is 8000", "env.measurement_start_time_ms is 1000", "at most 900"],
        ),
        ({"reward": "utility"}, ["env.reward", "wifi_qos_user_num"]),
    ],
)
def test_what_cannot_be_is_told_with_key_and_value(keys, words):
    with pytest.raises(ConfigError) as caught:
        make_env("qos_steer", **keys)
    assert all(word in str(caught.value) for word in words), caught.value
