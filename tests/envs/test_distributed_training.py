"""env=distributed_training: what is measured and paid for, what ends a training, and what bad keys get."""

from contextlib import closing

import numpy as np
import pytest

from netgym_cli import make_env
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import compose
from netgym_cli.envs.builtin.distributed_training import REWARDS
from netgym_cli.envs.distributed.features import FEATURES
from netgym_cli.experiment.config import typed_run
from netgym_cli.federation.strategy import strategy_registry
from netgym_cli.federation.workload import workload_registry
from netgym_cli.messages.collective import collective_registry
from netgym_cli.messages.network import network_registry
from netgym_cli.messages.topology import topology_registry

SMALL = {"nodes": 3, "workload.training_examples": 300, "workload.validation_examples": 100, "batch_size": 8}


def played(rounds=3, seed=1, actions=(None,), **keys):
    """Statistics, rewards and ends of some rounds."""
    found = []
    with closing(make_env("distributed_training", seed, **{**SMALL, **keys})) as env:
        env.reset()
        for step in range(rounds):
            _, reward, _, truncated, info = env.step(actions[step % len(actions)])
            found.append((env.stats, reward, env.terminal, truncated, info["kpis"]))
            if env.episode_over:
                break
    return found


def losses(found):
    return [stats["train::loss"][0] for stats, *_ in found]


def test_times_add_up_and_never_run_backwards():
    found = played(6, **{"compute.sigma": 1.0, "compute.step_ms": [5, 50], "link": "mobile"})
    kpis = [kpi for *_, kpi in found]
    for kpi in kpis:
        assert kpi["compute_s"] + kpi["wait_s"] + kpi["comm_s"] == pytest.approx(kpi["round_s"], abs=1e-9)
        assert min(kpi["compute_s"], kpi["wait_s"], kpi["comm_s"]) >= 0
    assert sum(kpi["round_s"] for kpi in kpis) == pytest.approx(kpis[-1]["time_s"], abs=1e-9)
    assert (np.diff([stats.ts_ms for stats, *_ in found]) > 0).all()


def test_network_topology_and_collective_change_times_and_bytes_but_not_what_is_learnt():
    plain = played()
    for keys in (
        {"network": "none"},
        {"topology": "star"},
        {"link": "poor"},
        {"collective": "tree"},
        {"handshakes": 2},
    ):
        other = played(**keys)
        assert losses(other) == losses(plain)
        assert [kpi["round_s"] for *_, kpi in other] != [kpi["round_s"] for *_, kpi in plain]


@pytest.mark.parametrize("topology", topology_registry.names())
@pytest.mark.parametrize("network", network_registry.names())
def test_every_topology_and_network_goes_together(topology, network):
    (stats, *_, kpi) = played(1, topology=topology, network=network)[0]
    assert kpi["wire_mb"] == 2 * 2 * 3274 * 4 / 1e6 and kpi["payload_mb"] == 3274 * 4 / 1e6
    assert (kpi["comm_s"] > 0) == (network != "none") and stats["link::bytes"].sum() >= 1e6 * kpi["wire_mb"]


@pytest.mark.parametrize("collective", collective_registry.names())
def test_every_collective_can_be_chosen(collective):
    assert played(1, collective=collective, topology="ring")[0][-1]["comm_s"] > 0


@pytest.mark.parametrize("workload", workload_registry.names())
@pytest.mark.parametrize("strategy", strategy_registry.names())
def test_every_strategy_learns_every_workload(strategy, workload):
    accurate = workload_registry.load(workload).measures_accuracy
    keys = {"strategy": strategy, "workload": workload, "target_accuracy": 0.9 if accurate else None}
    with closing(make_env("distributed_training", 1, nodes=3, network="none", **keys)) as env:
        assert (env.config.strategy["name"], env.config.workload["name"]) == (strategy, workload)
        env.reset()
        first = env.stats["train::loss"][0]
        for _ in range(5):
            env.step([0.5])
        assert env.stats["train::loss"][0] < first and ("accuracy" in env.adapter.kpis(env.stats)) == accurate


def test_wire_parameters_count_as_if_the_model_were_larger():
    (*_, kpi) = played(1, wire_parameters=1_200_000)[0]
    assert kpi["payload_mb"] == 4.8 and kpi["wire_mb"] == 2 * 2 * 4.8


def test_actions_are_numbers_of_steps_by_their_logarithm():
    found = played(4, actions=([0.0], [1.0], [0.5], None), local_steps_range=[1, 16])
    assert [stats["train::local_steps"][0] for stats, *_ in found] == [1, 16, 4, 10]
    assert [stats["train::examples"][0] for stats, *_ in found] == [24, 408, 504, 744]
    with closing(make_env("distributed_training", 1, **SMALL, local_steps_range=[1, 16])) as env:
        assert env.adapter.action_for(4) == np.float32(0.5)
        assert env.adapter.effective_action(None, found[3][0]) == env.adapter.action_for(10)


def test_the_return_is_minus_the_time_to_the_target_and_the_target_is_a_terminal_state():
    found = played(50, target_accuracy=0.3, **{"reward_terms.time_scale_s": 2.0})
    *earlier, last = found
    assert last[2] and not any(ended for _, _, ended, _, _ in earlier)
    assert sum(reward for _, reward, *_ in found) == pytest.approx(-last[4]["time_s"] / 2)
    assert last[4]["accuracy"] >= 0.3 > max(kpi["accuracy"] for *_, kpi in earlier)


def test_a_training_that_is_cut_off_costs_extra():
    scale = {"reward_terms.time_scale_s": 1.0}
    late = played(9, time_budget_s=0.3, **scale)[-1]
    assert late[3] and not late[2] and late[1] == pytest.approx(-late[4]["round_s"] - 50)
    last = played(3, steps_per_episode=3, **scale)[-1]
    assert last[3] and last[1] == pytest.approx(-last[4]["round_s"] - 50)
    free = played(3, steps_per_episode=3, target_accuracy=None, **scale)[-1]
    assert free[1] == pytest.approx(-free[4]["round_s"])


def test_a_training_that_diverges_ends_in_finite_numbers():
    stats, reward, ended, _, kpi = played(20, **{"strategy.lr": 1e6, "strategy.local_steps": 50})[-1]
    assert ended and kpi["loss"] == 1e9 and np.isfinite(reward) and np.isfinite(stats.values).all()


def test_progress_telescopes():
    keys = {"reward": "progress", "reward_terms.bytes_scale_mb": 0.5, "reward_terms.time_scale_s": 10.0}
    found = played(4, **keys)
    expected = np.log(found[0][0]["train::loss_before"][0] / losses(found)[-1])
    expected -= found[-1][4]["time_s"] / 10 + sum(kpi["wire_mb"] for *_, kpi in found) / 0.5
    assert sum(reward for _, reward, *_ in found) == pytest.approx(expected) and set(REWARDS) == {"time", "progress"}


def test_trainings_of_a_session_share_network_and_data_and_begin_anew():
    with closing(make_env("distributed_training", 1, **SMALL, steps_per_episode=2, episodes_per_session=2)) as env:
        first = env.reset()[1].stats
        env.step(None)
        last = env.step(None)[4].stats
        second = env.reset()[1].stats
        same = ("link::rate", "link::delay", "node::examples")
        assert all(np.array_equal(first[key], second[key]) for key in same)
        assert second["train::loss"] != first["train::loss"] and second["train::rounds"] == 0
        assert second.ts_ms == last.ts_ms > 0 and second["time::training"] == 0


def test_every_feature_is_in_its_bounds_and_has_a_label():
    with closing(make_env("distributed_training", 1, **SMALL, features=list(FEATURES), link="none")) as env:
        observation = env.reset()[0]
        assert observation in env.observation_space and observation in env.observation_space
        assert len(set(env.adapter.observation_labels)) == len(FEATURES)
        assert env.step([1.0])[0] in env.observation_space


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["env.nodes=0"], r"env\.nodes is 0; allowed: 1 to 64"),
        (["env.nodes=65"], r"env\.nodes is 65; allowed: 1 to 64"),
        (["env.batch_size=0"], r"env\.batch_size is 0; allowed: 1 to 4096"),
        (["env.link=ns3_wifi"], r"env\.link is 'ns3_wifi', which has no rate; allowed: "),
        (["env.topology=tree"], r"env\.topology is 'tree'; allowed: dedicated, full, ring, star"),
        (["env.network=ns2"], r"env\.network is 'ns2'; allowed: alpha_beta, none, tcp"),
        (["env.local_steps_range=[50,1]"], r"env\.local_steps_range is \[50, 1\]; allowed: \[low, high\]"),
        (["env.local_steps_range=[0,5]"], r"env\.local_steps_range is \[0, 5\]; allowed: 1 to 100000"),
        (
            ["env/workload=quadratic"],
            r"env\.target_accuracy is 0\.95; allowed: null, because workload 'quadratic'",
        ),
        (["env.strategy.lr=0"], r"env\.strategy\.lr is 0.*; allowed: above 0"),
        (["env.strategy.optimizer=adam"], r"env\.strategy\.optimizer is 'adam'; allowed: sgd, momentum, adamw"),
        (["env.strategy.name=fedsgd"], "unknown strategy 'fedsgd'"),
        (["env.workload.split=even"], r"env\.workload\.split is 'even'; allowed: iid, dirichlet, labels, sizes"),
        (["env.features=[los]"], r"env\.features .*los"),
        (["env.compute.sigma=4"], r"env\.compute\.sigma is 4.*; allowed: 0 to 3"),
    ],
)
def test_bad_keys_are_refused_before_a_run(words, message):
    with pytest.raises(ConfigError, match=message):
        typed_run(compose(["env=distributed_training", *words]))
