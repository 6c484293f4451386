"""What a configuration of NetworkGym does not say is not guessed, and what is lost in it makes the exit code say so."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from netgym_cli import Env, load_config_file
from netgym_cli.cli.app import app
from netgym_cli.compat.networkgym import import_config
from netgym_cli.compat.networkgym.tolerant_json import read_json

pytestmark = pytest.mark.usefixtures("workdir")


def content(name):
    return read_json(Path(__file__).parent / "networkgym" / f"{name}.json")


def cli(*words):
    return CliRunner().invoke(app, ["import-config", *map(str, words)])


FOREIGN = [
    {"subscribed_network_stats": ["MultiBss::Cpp2Py::McsIndex"], "steps_per_episode": 100, "episodes_per_session": 1},
    {"num_users": 3, "measurement_interval_ms": 100, "steps_per_episode": 7},
    {"GMA": {"downlink_mode": "auto"}, "num_users": 3, "wifi_ap_locations": []},
    {"per_slice_config": {"num_users": [3]}, "wifi_ap_locations": [{"x": 1, "y": 0, "z": 3}]},
]


@pytest.mark.parametrize("keys", FOREIGN)
def test_what_names_no_environment_is_none_until_somebody_says_so(workdir, keys):
    (workdir / "multibss").mkdir()
    file = workdir / "multibss" / "config.json"
    file.write_text(json.dumps({"env_config": {"type": "env-start", **keys}, "rl_config": {"reward_type": "utility"}}))
    done = cli(file, "-o", "c/env/m.yaml")
    assert (done.exit_code, "say so by --env NAME" in done.stderr) == (2, True), done.output
    assert not (workdir / "c").exists()


def test_a_foreign_configuration_is_imported_as_what_somebody_says(workdir):
    file = workdir / "config.json"
    file.write_text(json.dumps({"env_config": FOREIGN[1]}))
    done = cli(file, "-o", "c/env/m.yaml", "--env", "custom")
    assert done.exit_code == 0, done.output
    assert "not in the file, as netgym's custom has it: episodes_per_session, " in done.stdout
    assert yaml.safe_load(Path("c/env/m.yaml").read_text())["steps_per_episode"] == 7


def test_a_reward_of_another_name_is_mapped_here_and_in_the_client(workdir):
    whole = content("gen3_nqos_split") | {"rl_config": {"agent": "", "reward_type": "normalized_utility"}}
    (workdir / "x.json").write_text(json.dumps(whole))
    assert cli("x.json", "-o", "c/env/m.yaml").exit_code == 0
    assert yaml.safe_load(Path("c/env/m.yaml").read_text())["reward"] == "utility_normalized"
    config = load_config_file("nqos_split")
    config["rl_config"]["reward_type"] = "normalized_utility"
    assert Env(0, config).config.reward == "utility_normalized"


LOST = {
    "a reward": ("gen3_nqos_split", {}, "throughput", "rl_config.reward_type"),
    "a value": ("gen3_nqos_split", {"downlink_traffic": False}, "utility", "downlink_traffic"),
    "a key": ("gen3_nqos_split", {"tcp_magic": 3}, "utility", "tcp_magic"),
    "a scheduler": ("gen1_qos_steer", {}, "", "LTE.qos_aware_scheduler"),
    "a trace": ("rmcat", {"bw_trace": None, "bw_trace_file": "gone.csv"}, "", "bw_trace_file"),
}


@pytest.mark.parametrize("what", LOST)
def test_the_exit_code_tells_what_is_left_out_and_changes_results(workdir, what):
    name, change, reward, key = LOST[what]
    whole = content(name)
    whole["env_config"].update(change)
    whole["env_config"] = {key: value for key, value in whole["env_config"].items() if value is not None}
    whole["rl_config"]["reward_type"] = reward
    (workdir / f"{name}.json").write_text(json.dumps(whole))
    done = cli(f"{name}.json", "-o", "c/env/m.yaml")
    assert done.exit_code == 3, done.output
    assert f"results differ from NetworkGym's (exit 3): {key}" in done.stderr and Path("c/env/m.yaml").is_file()


def test_a_refused_reward_is_told_with_the_one_that_pays_instead(workdir):
    whole = content("gen3_nqos_split") | {"rl_config": {"agent": "", "reward_type": "throughput"}}
    (workdir / "x.json").write_text(json.dumps(whole))
    (line,) = [line for line in import_config.import_file(workdir / "x.json").lines if line.outcome == "refused"]
    assert line.note.endswith('netgym\'s nqos_split has "utility" instead.')
