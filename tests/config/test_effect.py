"""What is given and not read is told."""

import dataclasses
import logging
from typing import get_type_hints

import pytest
from typer.testing import CliRunner

from netgym_cli.agents.base import agent_registry
from netgym_cli.channels.base import channel_registry
from netgym_cli.cli.app import app
from netgym_cli.config.effect import READ
from netgym_cli.config.schema import known_keys
from netgym_cli.envs.base import env_registry
from netgym_cli.envs.make import make_env
from tests.conftest import REPO

CONF = str(REPO / "tests" / "support" / "conf")
TOY = ["--config-dir", CONF, "env=toy", "agent=random"]
LINKS = "env.per_slice_config"


@pytest.fixture
def told(caplog):
    """A command, in a process where nothing else has set the log up; returns what it says of keys without effect."""

    def run(*words):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "netgym_cli"):
            done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        return [line.removeprefix("note: ") for line in caplog.messages if "has no effect" in line]

    return run


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["seed=1", "seed=2"], "seed=1 has no effect: seed=2 comes after it"),
        (["agent=ppo", "agent=sac"], "agent=ppo has no effect: agent=sac comes after it"),
        (["agent=ppo", "agent.sde_sample_freq=3"], "agent.sde_sample_freq has no effect: agent.use_sde is false"),
        (["agent=ppo", "agent.sde_sample_freq=3", "agent.use_sde=true"], ""),
        (["agent=ppo", "agent.clip_reward=3"], "agent.clip_reward has no effect: agent.normalize_reward is false"),
        (["agent=cleanrl_ppo", "agent.clip_reward=3"],
         "agent.clip_reward has no effect: agent.normalize_reward is false"),
        (["agent=sac", "agent.ent_coef=0.3", "agent.target_entropy=-1"],
         "agent.target_entropy has no effect: agent.ent_coef is 0.3"),
        (["agent=sac", "agent.action_noise.sigma=1"],
         "agent.action_noise.sigma has no effect: agent.action_noise.kind is none"),
        (["agent=iql", "agent.policy_kwargs.clip_mean=1"],
         "agent.policy_kwargs.clip_mean has no effect: there is no agent.use_sde"),
        (["agent=bc", "env.episodes_per_session=4"],
         "env.episodes_per_session has no effect: a session of agent bc has agent.evaluation_episodes"),
        (["channel=link", "channel.action_hold=default"], "channel.action_hold has no effect: channel.action is null"),
        (["channel=link", "channel.action=link", "channel.action_hold=default"], ""),
        (["channel=link", "channel.jitter_distribution=none", "channel.jitter_ms=3"],
         "channel.jitter_ms has no effect: channel.jitter_distribution is none"),
        (["channel=link", "channel.action=ns3_wifi", "channel.action.interferer_rate_mbps=1"],
         "channel.action.interferer_rate_mbps has no effect: channel.action.interferers is 0"),
        (["channel=ns3_nr", "channel.fading_sigma_db=0", "channel.fading_coherence_ms=9"],
         "channel.fading_coherence_ms has no effect: channel.fading_sigma_db is 0.0"),
        (["channel=link", "channel.step_duration_ms=3"],
         "channel.step_duration_ms has no effect: env nqos_split tells the duration of a step, 100 ms"),
        (["env=gym", "channel=link", "channel.step_duration_ms=3"], ""),
        (["env=rmcat", "env.topo_default_bw_kbps=300"],
         "env.topo_default_bw_kbps has no effect: env.bw_trace_file is networkgym"),
        (["env=rmcat", "env.topo_default_bw_kbps=300", "env.bw_trace_file=null"], ""),
        (["env=rmcat", "env.tcp_congestion_control=TcpBbr"],
         "env.tcp_congestion_control has no effect: env.tcp_flows is 0"),
        (["env=rmcat", "env.tcp.min_rto_ms=300"], "env.tcp.min_rto_ms has no effect: env.tcp_flows is 0"),
        (["env=rmcat_competing", "env.tcp.min_rto_ms=300"], ""),
        (["env=nqos_split_light", "env.tcp.retries=9"],
         f"env.tcp.retries has no effect: {LINKS}.transport_protocol is ['udp', 'udp']"),
        (["env=rmcat", "env.reward_terms.loss_weight=0", "env.reward_terms.loss=1"],
         "env.reward_terms.loss has no effect: env.reward_terms.loss_weight is 0.0"),
        (["env.user_random_walk={min_speed_mps: 0, max_speed_mps: 0}", "env.user_random_walk.distance_m=3"],
         "env.user_random_walk.distance_m has no effect: env.user_random_walk.max_speed_mps is 0.0"),
        (["env=network_slicing", "env.wifi.rts_cts=true"],
         "env.wifi.rts_cts has no effect: env.wifi_ap_locations is []"),
        (["env=network_slicing", "env.wifi.idle_stations_overhear=false"],
         "env.wifi.idle_stations_overhear has no effect: env.wifi_ap_locations is []"),
        (["env=network_slicing", "env.wifi.measurement_interval_ms=100"], ""),
        (["env=network_slicing", "env.gma.tcp_buffer_bytes=5000"],
         f"env.gma.tcp_buffer_bytes has no effect: {LINKS}.transport_protocol is ['udp', 'udp']"),
        ([f"{LINKS}.udp_rate_period_ms=[9,9]"],
         f"{LINKS}.udp_rate_period_ms has no effect: {LINKS}.udp_rate_swing is [0.0, 0.0]"),
        ([f"{LINKS}.qos_test_duration_ms=[500,500]"],
         f"{LINKS}.qos_test_duration_ms has no effect: the default algorithm makes no link tests"),
        (["env.wifi.enable_rx_signal_based_handover=false", "env.wifi.handover_interval_ms=9"],
         "env.wifi.handover_interval_ms has no effect: env.wifi.enable_rx_signal_based_handover is false"),
        (["env.nr.fading_sigma_db=0", "env.nr.fading_coherence_ms=9"],
         "env.nr.fading_coherence_ms has no effect: env.nr.fading_sigma_db is 0.0"),
    ],
)  # fmt: skip
def test_a_key_that_nothing_reads_is_told_and_one_that_is_read_is_not(told, words, sentence):
    assert told("show", *words) == ([sentence] if sentence else [])


def test_keys_of_a_verb_count_once_too(told, workdir):
    words = [*TOY, "env.steps_per_episode=2", "episodes=1", "jobs=1"]
    assert told("evaluate", *words, "seeds=2", "seeds=1", "hydra.run.dir=x") == [
        "seeds=2 has no effect: seeds=1 comes after it",
        "hydra.run.dir has no effect on this verb",
    ]


def test_keys_of_grids_and_of_single_runs(told, workdir):
    assert told("train", *TOY, "env.steps_per_episode=2", "hydra.sweep.dir=x") == [
        "hydra.sweep.dir has no effect without -m"
    ]
    assert told("check", *TOY[:3], "seed=3", "--steps", "2") == ["seed has no effect on check"]


def test_keyword_arguments_count_as_given(caplog):
    env = make_env("rmcat", udp_flow_bw_kbps=300, **{"reward_terms.loss": 0.2})
    env.close()
    assert caplog.messages == ["note: env.udp_flow_bw_kbps has no effect: env.udp_flows is 0"]


def conditions(schema, place=""):
    hints = get_type_hints(schema)
    for field in dataclasses.fields(schema):
        for condition in field.metadata.get(READ) or ():
            yield f"{place}{field.name}", condition.key
        if dataclasses.is_dataclass(kind := hints[field.name]):
            yield from conditions(kind, f"{place}{field.name}.")


def test_every_condition_is_on_a_key_of_the_same_member():
    lacking, count = set(), 0
    for registry in (env_registry, agent_registry, channel_registry):
        for schema in (registry.load(name).config_schema for name in registry.names()):
            known = {"", *known_keys(schema)}
            for key, other in conditions(schema):
                count += 1
                lacking |= {(key.rpartition(".")[2], other)} - {(key.rpartition(".")[2], other) for other in known}
    assert count > 100
    sde = {"log_std_init", "use_expln", "clip_mean", "full_std"}  # the offline agents' networks explore nothing
    assert lacking == {(key, "use_sde") for key in sde}
