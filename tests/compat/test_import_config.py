"""NetworkGym's configurations, written by hand after its documentation of each generation."""

import csv
import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.compat.networkgym import import_config
from netgym_cli.compat.networkgym.tolerant_json import read_json
from netgym_cli.config import conf_dirs
from netgym_cli.config.compose import compose
from netgym_cli.experiment.config import typed_run

FILES = sorted((Path(__file__).parent / "networkgym").glob("*.json"))
FOUND = {
    "custom": ("custom", "gen-2 or gen-3"),
    "gen0_nqos_split": ("nqos_split", "gen-0"),
    "gen1_qos_steer": ("qos_steer", "gen-1"),
    "gen2_network_slicing": ("network_slicing", "gen-2"),
    "gen2_nqos_split": ("nqos_split", "gen-2"),
    "gen2_qos_steer": ("qos_steer", "gen-2"),
    "gen3_nqos_split": ("nqos_split", "gen-3"),
    "netsim_llc_network_slicing": ("network_slicing", "netsim-llc"),
    "rmcat": ("rmcat", "gen-2 or gen-3"),
}

pytestmark = pytest.mark.usefixtures("workdir")


def content(name):
    return read_json(FILES[0].with_name(f"{name}.json"))


def imported(name, workdir, change=None, **options):
    """The file with `change` made to its env_config, imported: outcome of each old key, and the YAML's keys."""
    whole = content(name)
    section = whole.get("env_config") or whole["gmasim_config"]
    section.update(change or {})
    file = workdir / f"{name}_.json"
    file.write_text(json.dumps(whole))
    result = import_config.import_file(file, **options)
    return result, yaml.safe_load(next(iter(result.files.values())))


def outcomes(result):
    return {line.old: line.outcome for line in result.lines}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_generation_is_known_and_composes(workdir, file):
    result = import_config.import_file(file)
    env, generation = FOUND[file.stem]
    assert (result.source.env, result.source.generation) == (env, generation)
    result.write()
    assert result.checked == (env in conf_dirs.members("env"))
    if result.checked:
        config = typed_run(compose([f"env={next(iter(result.files)).stem}", "agent=random"], ["conf"])).env
        section = content(file.stem).get("env_config") or content(file.stem)["gmasim_config"]
        assert config.name == env
        assert config.steps_per_episode == section["steps_per_episode"]
        assert config.episodes_per_session == section["episodes_per_session"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_key_has_a_line(workdir, file):
    result = import_config.import_file(file)
    told = {line.old for line in result.lines}
    whole = read_json(file)
    section = "env_config" if "env_config" in whole else "gmasim_config"
    for key in whole.keys() - {section, "rl_config", "rl_agent_config"} | whole[section].keys():
        assert any(old.startswith(key) for old in told), key


def test_scalars_become_a_list_with_one_entry_per_slice(workdir):
    _, keys = imported("gen2_network_slicing", workdir, env="nqos_split")
    slices = keys["per_slice_config"]
    assert slices["num_users"] == [2, 3]
    assert slices["transport_protocol"] == ["udp", "udp"]
    assert slices["qos_delay_requirement_ms"] == [100, 100]


def test_applications_start_with_the_measurement_as_they_did(workdir):
    _, keys = imported("gen2_qos_steer", workdir)
    assert keys["traffic_lead_ms"] == 0


def test_only_what_differs_is_written(workdir):
    _, keys = imported("gen3_nqos_split", workdir)
    assert keys == {
        "defaults": ["nqos_split", "_self_"],
        "episodes_per_session": 100,
        "max_wait_time_for_action_ms": 100000,
        "per_slice_config": {"transport_protocol": ["udp", "TcpCubic"]},
    }


def test_the_oldest_names_arrive(workdir):
    result, keys = imported("gen0_nqos_split", workdir, {"app_and_measurement_start_time_ms": 2000})
    assert keys["measurement_start_time_ms"] == 2000
    assert keys["lte_enb_locations"] == {"x_m": 40, "y_m": 0, "z_m": 3}
    assert keys["nr_gnb_locations"] == []
    assert keys["user_location_range"] == {"max_x_m": 80, "max_y_m": 10}
    assert keys["user_random_walk"] == {"max_speed_mps": 1}
    assert result.options == ["seed=2"]


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("downlink_traffic", {"downlink_traffic": False}),
        ("gma.mx_algorithm", {"gma": {"mx_algorithm": "gma2", "measurement_interval_ms": 100}}),
    ],
)
def test_what_netgym_cannot_do_is_refused_by_name_and_the_rest_kept(workdir, key, change):
    result, keys = imported("gen3_nqos_split", workdir, change)
    (refused,) = [line for line in result.lines if line.outcome == "refused"]
    assert refused.old == key
    assert f"env.{key} is" in refused.note
    assert keys["per_slice_config"] == {"transport_protocol": ["udp", "TcpCubic"]}


def test_surplus_modes_are_cut_and_missing_lists_filled(workdir):
    result, keys = imported("netsim_llc_network_slicing", workdir)
    assert keys["per_slice_config"].get("downlink_mode", ["auto", "auto"]) == ["auto", "auto"]
    assert {"the first 2 of 4 entries"} == {line.note for line in result.lines if "_mode" in line.old}
    filled = {line.new for line in result.lines if line.outcome == "filled"}
    assert filled <= {line.new for line in result.lines}
    if not result.checked:
        assert "per_slice_config.qos_loss_target" in filled


def test_a_trace_becomes_a_file_beside_the_yaml(workdir):
    result, keys = imported("rmcat", workdir, output=workdir / "my" / "env" / "media.yaml")
    result.write()
    assert keys["bw_trace_file"] == str(workdir / "my" / "env" / "media_bw_trace.csv")
    with open(keys["bw_trace_file"]) as file:
        rows = list(csv.DictReader(file))
    assert [float(row["bw_kbps"]) for row in rows] == [1000, 2000, 500, 1000]
    assert keys["udp_flow_start_time_diff_ms"] == 30000  # from the misspelt key


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "x // y # z", // c\n "b": [1, 2,], # d\n}', {"a": "x // y # z", "b": [1, 2]}),
        ('{"a": "\\"#,]", "b": 1,}', {"a": '"#,]', "b": 1}),
        ('\ufeff{"a": ",}" /* over\nlines, } */ , }\n\n', {"a": ",}"}),
    ],
)
def test_comments_and_trailing_commas_are_read_and_texts_untouched(workdir, text, value):
    (workdir / "x.json").write_text(text, encoding="utf-8")
    assert read_json(workdir / "x.json") == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n  "env_config": // here\n    nothing\n}', "x.json, line 3, column 5: not JSON"),
        ("", "x.json, line 1, column 1: not JSON"),
        ('{"a": NaN}', "NaN is not a number"),
        ("[" * 100000, "not JSON"),
        ("[1]", "is not a NetworkGym configuration; looked for env_config or gmasim_config, or one of gma"),
        ('{"server": 1}', "is not a NetworkGym configuration"),
        ('{"env_config": {"env": "nqos_split"}}', "there are no users; looked for num_users"),
        ('{"env_config": {"env": "rmcat", "bw_trace": 3}}', "bw_trace is 3; allowed: equally long lists"),
        (
            '{"env_config": {"use_case": "qos_steer", "slice_list": [{"num_users": 1}, {}]}}',
            "slice_list is .*; allowed: records that all have",
        ),
        ('{"nada_flows": 1, "bw_trace": {"time_ms": [0]}}', "bw_trace is .*; allowed: equally long lists"),
    ],
)
def test_a_file_that_is_no_configuration(workdir, text, message):
    (workdir / "x.json").write_text(text)
    with pytest.raises(ConfigError, match=message):
        import_config.import_file(workdir / "x.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_users": 1000}, r"env\.per_slice_config\.num_users is \[1000\]; allowed: .*\(from 'num_users'\)"),
        ({"num_users": "many"}, r"per_slice_config\.num_users"),
        ({"transport_protocol": "smoke"}, r"env\.per_slice_config\.transport_protocol is 'smoke'"),
        ({"env": "bogus"}, r"'env' is 'bogus'; allowed: nqos_split"),
        ({"env": ["nqos_split"]}, r"'env' is \['nqos_split'\]"),
        ({"ap_locations": {"x": 1}}, r"'ap_locations' is .*; allowed: a list"),
        ({"GMA": 3}, r"'GMA' is 3; allowed: a mapping"),
        ({"steps_per_episode": 0}, r"env\.steps_per_episode is 0; allowed: 1 or more"),
    ],
)
def test_a_value_that_was_wrong_before_is_told_with_its_key(workdir, change, message):
    with pytest.raises(ConfigError, match=message):
        imported("gen2_nqos_split", workdir, change)


def test_a_list_of_the_wrong_length_is_told(workdir):
    slices = {**content("gen3_nqos_split")["env_config"]["per_slice_config"], "packet_size_bytes": [1400]}
    with pytest.raises(ConfigError, match=r"per_slice_config\.packet_size_bytes has 1 entries and .*num_users has 2"):
        imported("gen3_nqos_split", workdir, {"per_slice_config": slices})


def test_the_environment_can_be_forced_and_is_found_by_the_folder(workdir):
    assert imported("gen2_qos_steer", workdir, env="nqos_split")[0].source.env == "nqos_split"
    with pytest.raises(ConfigError, match="--env is 'nothing'; allowed: nqos_split"):
        imported("gen2_qos_steer", workdir, env="nothing")
    (workdir / "qos_steer").mkdir()
    file = workdir / "qos_steer" / "config.json"
    file.write_text(json.dumps(content("gen2_nqos_split")))
    result = import_config.import_file(file)
    assert (result.source.env, str(next(iter(result.files)))) == ("qos_steer", "conf/env/qos_steer_imported.yaml")


def test_the_command_writes_tells_and_overwrites_nothing(workdir):
    file = str(FILES[0].with_name("gen2_nqos_split.json"))
    done = CliRunner().invoke(app, ["import-config", file, "-o", "mine/env/split.yaml"])
    assert done.exit_code == 0, done.output
    for told in ("GMA.downlink_mode", "per_slice_config.downlink_mode", "seed=2", "wrote mine/env/split.yaml"):
        assert told in done.stdout
    before = Path("mine/env/split.yaml").read_text()
    assert before.startswith("# Imported from gen2_nqos_split.json (NetworkGym gen-2, nqos_split)\ndefaults: ")
    again = CliRunner().invoke(app, ["import-config", file, "-o", "mine/env/split.yaml"])
    assert (again.exit_code, "exists and is not overwritten" in again.stderr) == (2, True)
    assert Path("mine/env/split.yaml").read_text() == before


@pytest.mark.parametrize(
    "output", ["split.yaml", "conf/env/split.json", "conf/env/nqos_split.yaml", "conf/env/a b.yaml"]
)
def test_an_output_that_netgym_would_not_find_is_refused(workdir, output):
    with pytest.raises(ConfigError, match="-o is "):
        imported("custom", workdir, output=Path(output))


@pytest.mark.ns3
def test_an_imported_environment_trains(workdir):
    import_config.import_file(FILES[0].with_name("gen2_nqos_split.json")).write()
    words = ["train", "--config-dir", "conf", "env=gen2_nqos_split", "agent=random", "seed=2"]
    done = CliRunner().invoke(app, [*words, "env.steps_per_episode=2", "env.episodes_per_session=1", "sessions=1"])
    assert done.exit_code == 0, done.output
