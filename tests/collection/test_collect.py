"""Collections: what is stored, that a killed one continues to the same dataset, and what bad requests get."""

import json
import os
import signal
import subprocess
import sys
import time

import minari
import numpy as np
import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.collection.plan import plan_of, require_continues
from netgym_cli.collection.request import parse
from netgym_cli.common.errors import ConfigError
from netgym_cli.datasets import folder_of, open_dataset
from tests.conftest import REPO
from tests.support.network import eventually, marked

CONF = ["--config-dir", str(REPO / "tests" / "support" / "conf")]
TOY = [*CONF, "env=toy", "env.steps_per_episode=4"]
SMALL_PPO = ["agent=ppo", "agent.n_envs=1", "agent.n_steps=4", "agent.batch_size=4", "sessions=1"]
DEFAULT = "netgym/toy/system_default-v0"

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    return CliRunner().invoke(app, words)


def collected(*words):
    done = netgym("collect", *TOY, *words)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def digests(dataset_id):
    return [episode.digest() for episode in open_dataset(dataset_id).episodes()]


def test_what_the_default_algorithm_did_is_stored():
    told = collected("--default-action", "episodes=5", "seeds=[3,9]", "jobs=2")
    assert "5 episodes, 20 steps (5 new" in told
    dataset = open_dataset(DEFAULT)
    episodes = list(dataset.episodes())
    assert [(one.about["seed"], one.about["episode"]) for one in episodes] == [(3, 0), (3, 1), (3, 2), (9, 0), (9, 1)]
    for one in episodes:
        assert (one.actions == 0.5).all() and one.infos["default_action"].tolist() == [True] * 4 + [False]
        assert not one.terminations.any() and one.truncations.tolist() == [False, False, False, True]
        np.testing.assert_array_equal(one.infos["stats"].astype(np.float32), one.observations[:, 0])
        np.testing.assert_allclose(one.rewards, one.infos["stats"][1:].mean(axis=1))
        assert np.diff(one.infos["sim_time_ms"]).tolist() == [100] * 4
    np.testing.assert_array_equal(episodes[0].observations[-1], episodes[1].observations[0])  # a session runs on
    noted = dataset.netgym
    assert noted["complete"] and noted["seeds"] == [3, 9] and noted["plan"] == [[3, 3], [9, 2]]
    assert noted["env"]["steps_per_episode"] == 4 and noted["licence"] == "CC-BY-4.0"
    assert noted["layout"] == [["toy", "dl::rate", "Mbit/s", [1, 2, 3]]]
    assert noted["versions"]["netgym"] and noted["command"][0] == "netgym" and noted["ended_at"]


def test_the_actions_of_another_agent_are_stored_and_flagged_as_not_empty():
    collected("agent=random", "episodes=2", "jobs=1", "name=noise")
    one, _ = open_dataset("netgym/toy/noise-v0").episodes()
    assert not one.infos["default_action"].any() and len(np.unique(one.actions)) == 12
    weights = one.infos["stats"][1:] - 10 * one.actions
    assert (weights >= 0).all() and (weights < 1).all()  # the toy measures ten times the action plus noise below 1


@pytest.mark.parametrize("agent", ["random", pytest.param("ppo", marks=pytest.mark.long)])
def test_workers_change_nothing(agent):
    words = ["agent=random"]
    if agent == "ppo":
        done = netgym("train", *TOY, *SMALL_PPO, "hydra.run.dir=trained")
        assert done.exit_code == 0, done.stderr
        words = ["trained"]
    told = [
        netgym("collect", *CONF, *(TOY[2:] if agent == "random" else []), *words, "episodes=4", "seeds=2",
               f"jobs={jobs}", f"name=with_{jobs}")
        for jobs in (1, 2)
    ]  # fmt: skip
    assert [done.exit_code for done in told] == [0, 0], [done.stderr for done in told]
    assert digests("netgym/toy/with_1-v0") == digests("netgym/toy/with_2-v0")
    if agent == "ppo":
        assert open_dataset("netgym/toy/with_1-v0").netgym["run"].endswith("trained")
        assert parse(["trained"], [CONF[1]]).dataset_id == "netgym/toy/ppo-v0"


def test_the_same_command_again_does_nothing_and_a_longer_one_goes_on():
    collected("--default-action", "episodes=12")
    path = folder_of(DEFAULT) / "data"
    before = {file: file.stat().st_mtime_ns for file in path.rglob("part-0.parquet")}
    first = digests(DEFAULT)
    assert "complete already" in collected("--default-action", "episodes=12")
    assert "8 new" in collected("--default-action", "episodes=20")
    assert all(file.stat().st_mtime_ns == at for file, at in before.items())
    longer = digests(DEFAULT)
    assert len(longer) == 20 and longer[:12] == first
    collected("--default-action", "episodes=20", "name=at_once")
    assert digests("netgym/toy/at_once-v0") == longer


@pytest.mark.ns3
@pytest.mark.parametrize(
    "episodes", [[4], pytest.param([3, 8, 14], marks=pytest.mark.long)], ids=["once", "three times"]
)
def test_killed_it_continues_to_the_same_dataset(root, episodes):
    total = episodes[-1] + 6
    words = ["env=custom", "--default-action", f"episodes={total}", "jobs=2"]
    command = [sys.executable, "-m", "netgym_cli", "collect", *words]
    env = os.environ | {"NETGYM_TEST_MARK": "killed-three-times"}
    dataset_id = "netgym/custom/system_default-v0"
    folder = folder_of(dataset_id)

    def there():
        found = [*folder.glob("data/[0-9]*"), *folder.glob(".waiting/[0-9]*")]
        return len(found)

    kills = 0
    for wanted in episodes:
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            while process.poll() is None and there() < wanted:
                time.sleep(0.01)
            kills += process.poll() is None
            process.kill()
            process.communicate()
        assert eventually(lambda: not marked("NETGYM_TEST_MARK=killed-three-times"))
        if (folder / "data/metadata.json").exists():
            read = open_dataset(dataset_id)
            assert len(list(read.episodes())) == read.total_episodes < total
            assert not read.netgym["complete"]
    assert kills == len(episodes)
    before = there()
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0 and f"{total - before} new" in done.stdout, done.stderr
    assert minari.load_dataset(dataset_id).total_episodes == total == there()
    assert netgym("collect", *words, "name=at_once").exit_code == 0
    assert digests("netgym/custom/at_once-v0") == digests(dataset_id)


def test_ctrl_c_keeps_what_is_complete_and_exits_130(root):
    words = [*TOY, "env.steps_per_episode=2000", "--default-action", "episodes=1000", "jobs=1"]
    command = [sys.executable, "-m", "netgym_cli", "collect", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert eventually(lambda: (folder_of(DEFAULT) / "data" / "0").exists())
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130 and "netgym collect: interrupted\ncomplete episodes stay in" in told
    dataset = open_dataset(DEFAULT)
    assert 1 <= dataset.total_episodes == len(list(dataset.episodes())) < 1000


def test_what_was_measured_is_noted_although_a_kill_came_before():
    collected("--default-action", "episodes=3")
    path = folder_of(DEFAULT) / "data" / "metadata.json"
    whole = json.loads(path.read_text())
    path.write_text(json.dumps(whole | {"netgym": whole["netgym"] | {"layout": None, "complete": False}}))
    collected("--default-action", "episodes=3")
    again = open_dataset(DEFAULT).netgym
    assert again["layout"] == whole["netgym"]["layout"] and again["complete"]


def test_an_episode_that_comes_out_differently_is_an_error():
    collected("--default-action", "episodes=3")
    path = folder_of(DEFAULT) / "data" / "0" / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sha256": "0"}))
    done = netgym("collect", *TOY, "--default-action", "episodes=4")
    assert done.exit_code == 1 and "came out differently" in done.stderr and "seed 0" in done.stderr


def test_a_failing_session_is_named_and_costs_no_other_episode():
    done = netgym("collect", *TOY, "env.fail_at_step=10", "--default-action", "episodes=4", "jobs=1")
    assert done.exit_code == 1
    assert "seed 0: toy simulator failed at step 10" in done.stderr and "the same command continues" in done.stderr
    assert open_dataset(DEFAULT).total_episodes == 2


def test_a_full_disk_leaves_whole_episodes():
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000));"
        "from netgym_cli.cli.app import main; main()"
    )
    words = [*TOY, "env.steps_per_episode=500", "--default-action", "episodes=2", "jobs=1"]
    done = subprocess.run([sys.executable, "-c", program, "collect", *words], capture_output=True, text=True)
    assert done.returncode == 1 and "File too large" in done.stderr and "Traceback" not in done.stderr
    assert open_dataset(DEFAULT).total_episodes == 0
    assert not list((folder_of(DEFAULT)).rglob("part-0.parquet"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["env=gym", "--default-action"], "needs an environment with a default algorithm"),
        (["env=toy"], "there is no agent to collect with"),
        (["env=toy", "--default-action", "agent=random"], "there are 2 agents"),
        (["env=toy", "agent=ppo"], "has to be trained"),
        (["env=toy", "agent=random", "episodes=0"], "episodes is '0'; allowed: 1 or more, up to 1000000"),
        (["env=toy", "agent=random", f"episodes={'9' * 20}"], "allowed: 1 or more, up to 1000000"),
        (["env=toy", "agent=random", "epsiodes=2"], "unknown key 'epsiodes'. Did you mean 'episodes'?"),
        (["env=toy", "agent=random", "license=MIT"], "Did you mean 'licence'?"),
        (["env=toy", "agent=random", "steps_per_episod=2"], "Did you mean 'env.steps_per_episode'?"),
        (["env=toy", "agent=random", "episodes=2", "seeds=0..4"], "one for each of the seeds"),
        (["env=toy", "agent=random", "seeds=[1,1]"], "each once"),
        (["env=toy", "agent=random", "seed=3"], "write seeds=... instead"),
        (["env=toy", "agent=random", "env.episodes_per_session=3"], "write episodes=... instead"),
        (["env=toy", "agent=random", "name=a b"], "is not an id of a dataset"),
        (["env=toy", "agent=randem"], "Did you mean 'random'"),
        (["env=toy", "agent=random", "seeds=2147483648"], "how many, such as 10"),
        (["env=toy", "agent=random", "seeds=0..9999999999"], "numbers from 0 to 2147483647"),
        (["env=toy", "agent=random", "seeds=0..2147483647"], "1000000 or fewer"),
        (["env=toy", "agent=random", "seeds=1e9"], "or which: [3,5] or 3..5"),
        (["env=toy", "agent=random", f"name={'x' * 300}"], "has 303 letters"),
        (["env=toy", "agent=outputs/ppo"], "give the folder of a run by itself: netgym collect outputs/ppo"),
        (["nowhere"], "neither the folder of a run nor KEY=VALUE"),
    ],
)
def test_what_the_user_can_mend_exits_2_and_writes_nothing(words, told, root):
    done = netgym("collect", *CONF, *words)
    assert (done.exit_code, done.stdout) == (2, "") and told in done.stderr and "Traceback" not in done.stderr
    assert not root.exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (["env.steps_per_episode=5"], "env.steps_per_episode=4, not 5"),
        (["env.num_users=2"], "has the observations"),
        (["seeds=[1,0]"], "would not continue it"),
        (["episodes=2"], "would not continue it"),
    ],
)
def test_a_dataset_is_not_mixed_with_another(change, told):
    collected("--default-action", "episodes=3")
    done = netgym("collect", *TOY, "--default-action", *([] if "episodes" in change[0] else ["episodes=3"]), *change)
    assert done.exit_code == 2 and told in done.stderr and "another name=" in done.stderr
    assert open_dataset(DEFAULT).total_episodes == 3


def test_a_dataset_is_not_put_inside_another():
    collected("agent=random", "episodes=1", "name=a/outer")
    done = netgym("collect", *TOY, "agent=random", "episodes=1", "name=a/outer-v0/data")
    assert done.exit_code == 2 and "inside the dataset 'a/outer-v0'" in done.stderr


def test_a_root_that_is_a_file_is_named(root):
    root.write_text("")
    done = netgym("collect", *TOY, "agent=random", "episodes=1")
    assert done.exit_code == 2 and "MINARI_DATASETS_PATH chooses another folder" in done.stderr


def test_an_environment_that_hides_its_default_is_refused(monkeypatch):
    from netgym_cli.envs.base import Adapter
    from tests.support.toy import ToyAdapter

    monkeypatch.setattr(ToyAdapter, "effective_action", Adapter.effective_action)
    done = netgym("collect", *TOY, "--default-action")
    assert done.exit_code == 2 and "let its adapter override effective_action()" in done.stderr


def test_plans_share_episodes_among_seeds():
    assert plan_of(None, None) == tuple((seed, 10) for seed in range(10))
    assert plan_of(25, None) == ((0, 10), (1, 10), (2, 5))
    assert plan_of(7, (5, 3, 4)) == ((5, 3), (3, 2), (4, 2))
    assert plan_of(None, (8,)) == ((8, 10),)
    require_continues(plan_of(6, range(3)), plan_of(8, range(4)))
    require_continues(plan_of(6, (4,)), plan_of(7, (4,)))
    with pytest.raises(ConfigError, match="would not continue it"):
        require_continues(plan_of(6, range(3)), plan_of(9, range(3)))


def test_names_are_completed():
    asked = [*TOY[2:], "agent=random"]
    for name, dataset_id in (
        ("mine", "netgym/toy/mine-v0"),
        ("mine-v2", "netgym/toy/mine-v2"),
        ("lab/a/mine", "lab/a/mine-v0"),
    ):
        assert parse([*asked, f"name={name}"], [CONF[1]]).dataset_id == dataset_id
    assert parse([*asked, "channel=poor"], [CONF[1]]).dataset_id == "netgym/toy/random-poor-v0"
    with pytest.raises(ConfigError, match="jobs is '0'"):
        parse([*asked, "jobs=0"], [CONF[1]])


def test_behind_channels_the_agents_view_and_the_networks_action_are_stored():
    words = ["channel=gilbert_elliott", "channel.action=gilbert_elliott", "agent=random", "episodes=2", "jobs=1"]
    collected(*words, "name=lossy")
    dataset = open_dataset("netgym/toy/lossy-v0")
    first = next(dataset.episodes())
    assert dataset.observation_space.contains({key: value[0] for key, value in first.observations.items()})
    assert first.actions.shape == (4, 3) and np.isnan(first.infos["kpi_channel_sent"][0])
    assert "env_spec" not in dataset.metadata
