import copy

import pytest

from netgym_cli import Env, load_config_file
from netgym_cli.common.errors import ConfigError
from netgym_cli.compat.networkgym.client import NETGYM_NAMES, NETWORKGYM_NAMES, SystemDefaultEnv


@pytest.fixture
def config_json():
    return load_config_file("nqos_split")


def test_the_layout_is_networkgyms(config_json):
    env_config = config_json["env_config"]
    assert (env_config["type"], env_config["env"]) == ("env-start", "nqos_split")
    assert set(env_config["lte_enb_locations"]) == {"x", "y", "z"}
    assert set(env_config["wifi_ap_locations"][0]) == {"x", "y", "z"}
    assert set(env_config["user_location_range"]) == {"min_x", "max_x", "min_y", "max_y", "z"}
    walk = {"min_speed_m/s", "max_speed_m/s", "min_direction_gradients", "max_direction_gradients", "distance_m"}
    assert set(env_config["user_random_walk"]) == walk
    assert config_json["rl_config"] == {"agent": "", "reward_type": "utility"}
    assert "name" not in env_config
    assert "session_name" in config_json


def test_aliases_are_one_to_one():
    assert {netgym: networkgym for networkgym, netgym in NETGYM_NAMES.items()} == NETWORKGYM_NAMES


def test_changes_reach_the_environment(config_json):
    config_json["env_config"]["episodes_per_session"] = 3
    config_json["env_config"]["user_random_walk"]["max_speed_m/s"] = 5
    config_json["env_config"]["wifi_ap_locations"] = [{"x": 1, "y": 2, "z": 3}]
    config_json["env_config"]["random_seed"] = 30
    config_json["rl_config"]["reward_type"] = "utility_networkgym"
    config = Env(0, config_json).config
    assert config.episodes_per_session == 3
    assert config.user_random_walk.max_speed_mps == 5
    assert [(site.x_m, site.y_m, site.z_m) for site in config.wifi_ap_locations] == [(1, 2, 3)]
    assert config.random_seed == 30
    assert config.reward == "utility_networkgym"


def test_computed_keys_are_ignored_and_the_config_is_untouched(config_json):
    config_json["env_config"] |= {"num_users": 5, "env_end_time_ms": 1, "measurement_interval_ms": 100}
    before = copy.deepcopy(config_json)
    env = Env(3, config_json)
    assert config_json == before
    config_json["env_config"]["steps_per_episode"] = 99
    assert env.config.steps_per_episode == before["env_config"]["steps_per_episode"]


def test_the_system_default_gives_every_action_up(config_json):
    config_json["rl_config"]["agent"] = "system_default"
    assert isinstance(Env(0, config_json), SystemDefaultEnv)


@pytest.mark.parametrize("client_id", [-1, "0", None, True, 1.0])
def test_a_wrong_client_id(config_json, client_id):
    with pytest.raises(ConfigError, match="client_id"):
        Env(client_id, config_json)


def test_wrong_configs(config_json):
    with pytest.raises(ConfigError, match="env_config"):
        Env(0, {"rl_config": {}})
    for nothing in (None, {"env_config": None}):
        with pytest.raises(ConfigError, match="env_config"):
            Env(0, nothing)
    with pytest.raises(ConfigError, match="unknown env 'nqos'"):
        load_config_file("nqos")
    config_json["env_config"]["step_per_episode"] = 3
    with pytest.raises(ConfigError, match=r"Did you mean 'env\.steps_per_episode'\?"):
        Env(0, config_json)
