"""Applications that start before the first measured step, and configs from before there were such keys."""

import pytest

from netgym_cli import make_env
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import compose
from netgym_cli.experiment.config import resolved, typed_run
from tests.support.network import network

BBR = {"transport_protocol": ["TcpBbr", "TcpBbr"]}


def first_rate_mbps(**keys):
    """What a TCP user receives in the first measured interval of 100 ms."""
    env = network(users=1, at=(5, 5), per_slice_config=BBR, **keys)
    env.reset()
    rate = env.stats["gma::dl::rate"][0]
    env.close()
    return rate


@pytest.mark.ns3
def test_tcp_has_found_its_rate_when_measurement_starts():
    assert first_rate_mbps(traffic_lead_ms=700, measurement_start_time_ms=1700) > 3 * first_rate_mbps()


@pytest.mark.ns3
def test_measurement_starts_when_it_did():
    env = network(users=1, at=(5, 5), traffic_lead_ms=250, measurement_start_time_ms=500)
    _, info = env.reset()
    assert info["sim_time_ms"] == 600
    env.close()


@pytest.mark.parametrize("env", ["nqos_split", "qos_steer", "dynamic_qos", "network_slicing"])
def test_a_config_without_the_keys_means_what_it_meant(env):
    values = resolved(compose([f"env={env}", "agent=random"]))
    for key in ("traffic_lead_ms", "user_order", "steer_back"):
        values["env"].pop(key, None)
    config = typed_run(values).env
    assert (config.traffic_lead_ms, config.user_order) == (0, "by_slice")
    assert getattr(config, "steer_back", "all") == "all"


@pytest.mark.parametrize("lead_ms", [901, -1])
def test_radios_have_time_to_connect(lead_ms):
    with pytest.raises(ConfigError, match=r"env\.traffic_lead_ms is -?\d+"):
        make_env("nqos_split", traffic_lead_ms=lead_ms)


def test_an_unknown_order_of_users_is_refused():
    with pytest.raises(ConfigError, match=r"env\.user_order.*by_slice, interleaved"):
        make_env("nqos_split", user_order="shuffled")
