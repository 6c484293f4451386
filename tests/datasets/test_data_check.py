"""`netgym data check`: a whole dataset passes, and every kind of damage is told by its own check."""

import json
import shutil
import sys
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.datasets import folder_of, open_dataset
from netgym_cli.datasets.schema import encode
from tests.datasets.test_data_verbs import elsewhere
from tests.support.collected import NAME, collect, layout, rewarded, with_about, with_metadata

NAMES = [
    "metadata", "episodes", "lengths and ends", "spaces", "finite", "hashes", "seeds and plan",
    "rewards from measurements", "observations from measurements", "counts", "collection",
]  # fmt: skip


pytestmark = pytest.mark.usefixtures("workdir")


def verdicts(dataset_id=NAME):
    done = CliRunner().invoke(app, ["data", "check", dataset_id, "--json"])
    found = {one["name"]: (one["outcome"], one["message"]) for one in json.loads(done.stdout)}
    assert done.exit_code == (1 if any(outcome == "FAILED" for outcome, _ in found.values()) else 0)
    return found


def failed(dataset_id=NAME):
    return {name: message for name, (outcome, message) in verdicts(dataset_id).items() if outcome == "FAILED"}


def rewrite(number, change):
    """Changes an episode's content and leaves its metadata, hash included, as it was."""
    dataset = open_dataset(NAME)
    changed = change(next(dataset.episodes([number])))
    table = encode(changed, dataset.observation_space, dataset.action_space)
    pq.write_table(table, folder_of(NAME) / f"data/{number}/part-0.parquet", compression="zstd")


def test_a_whole_dataset_passes_every_check():
    collect()
    assert [(name, outcome) for name, (outcome, _) in verdicts().items()] == [(name, "ok") for name in NAMES]
    assert verdicts()["rewards from measurements"] == ("ok", "60 steps")
    assert "not checked" not in CliRunner().invoke(app, ["data", "check", NAME]).stdout


def test_a_reward_that_was_changed_afterwards_is_found_twice():
    collect()
    rewrite(4, lambda one: rewarded(one, 2, 0.5))
    assert failed().keys() == {"hashes", "rewards from measurements"}
    assert "episode 4, step 2: stored 0.5" in failed()["rewards from measurements"]


def test_a_reward_that_was_wrong_from_the_start_is_found_by_the_measurements():
    collect(change=lambda one: rewarded(one, 9, 0.5) if one.about["seed"] == 2 else one)
    assert failed().keys() == {"rewards from measurements"}


def test_an_observation_of_another_step_is_found():
    def shifted(one):
        return replace(one, observations=np.roll(one.observations, 1, axis=0))

    collect(change=shifted)
    assert failed().keys() == {"observations from measurements"}
    collect("netgym/custom/far-v0", change=shifted, channel={"name": "link", "reward": "immediate"})
    outcome, message = verdicts("netgym/custom/far-v0")["observations from measurements"]
    assert (outcome, message) == ("not checked", "the agent got them through a channel")
    assert verdicts("netgym/custom/far-v0")["rewards from measurements"][0] == "ok"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"channel": {"name": "link", "reward": "with_observation"}}, "they were delayed"),
        ({"layout": None, "complete": False}, "the measurements were not stored"),
        ({"layout": [["custom", "rate"]]}, "the layout of the measurements holds"),
        ({"env": {"name": "antigravity:fly"}}, "an environment of your own"),
        ({"env": {"name": "gym", "id": "antigravity:Fly-v0"}}, "third-party environment"),
        ({"env": {"name": "../custom"}}, "none of netgym's"),
        ({"env": {"name": "custom", "num_users": 3}}, "does not know the stored config"),
        ({"env": None}, "names no environment"),
    ],
)
def test_what_cannot_be_recomputed_says_why_and_runs_nothing_of_others(changes, reason):
    collect()
    with_metadata(NAME, **changes)
    outcome, message = verdicts()["rewards from measurements"]
    assert (outcome, reason in message) == ("not checked", True), message
    assert "antigravity" not in sys.modules


def test_a_config_with_interpolations_is_not_resolved():
    collect()
    with_metadata(NAME, env={**open_dataset(NAME).netgym["env"], "num_users": "${oc.env:USER}"})
    assert "interpolations" in verdicts()["rewards from measurements"][1]


def test_a_measurement_that_was_not_stored_is_no_failure():
    size = layout().rows[0].ids
    kept = [["custom", "rate", "Mbit/s", list(size)]]
    collect(change=lambda one: replace(one, infos={"stats": one.infos["stats"][:, :3]}), layout=kept)
    outcome, message = verdicts()["rewards from measurements"]
    assert outcome == "not checked" and "custom::owd" in message and "subscribed_network_stats" in message


def test_measurements_that_do_not_fit_their_layout_fail():
    collect(layout=[["custom", "rate", "Mbit/s", [1, 2, 3]]])
    assert "measurements of shape (11, 12), 3 are named" in failed()["rewards from measurements"]


def test_a_flipped_byte_anywhere_in_an_episode_is_found():
    collect(seeds=(0,), per_seed=1)
    part = folder_of(NAME) / "data/0/part-0.parquet"
    whole = part.read_bytes()
    rng = np.random.default_rng(0)
    data_ends = int.from_bytes(whole[-8:-4], "little") + 8  # behind it stand names and statistics
    for place in rng.integers(4, len(whole) - data_ends, 40):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        part.write_bytes(damaged)
        assert failed().keys() & {"episodes", "hashes"} or _same(part, whole), place


def _same(part, whole):
    """Whether the damage hit a byte that says nothing, such as a page's count that no reader needs."""
    damaged = pq.read_table(part)
    part.write_bytes(whole)
    return damaged.equals(pq.read_table(part))


@pytest.mark.parametrize("name", ["part-0.parquet", "metadata.json"])
def test_a_file_that_is_gone_is_found(name):
    collect()
    (folder_of(NAME) / "data/3" / name).unlink()
    found = failed()
    assert found.keys() == {"episodes", "seeds and plan", "counts"}
    assert found["episodes"].startswith("episode 3 of dataset")
    assert found["seeds and plan"] == "5 of 6 planned episodes are present"


def test_an_episode_that_is_there_twice_is_found():
    collect()
    shutil.rmtree(folder_of(NAME) / "data/5")
    shutil.copytree(folder_of(NAME) / "data/1", folder_of(NAME) / "data/5")
    assert failed() == {"seeds and plan": "episodes 1 and 5 are both of seed 0, 1"}


def test_seeds_that_were_not_planned_and_episodes_that_are_missing_are_found():
    collect()
    with_about(NAME, 2, seed=77)
    assert "episode 2 is of seed 77, 0, which was not planned" in failed()["seeds and plan"]
    with_about(NAME, 2, seed=1, episode=2)
    assert "episode 2 is of seed 1, 2" in failed()["seeds and plan"]
    with_about(NAME, 2, seed=1, episode=0)
    with_metadata(NAME, plan=[[0, 2], [1, 2], [2, 3]])
    assert failed() == {"seeds and plan": "6 of 7 planned episodes are present"}
    with_metadata(NAME, complete=False)
    assert failed() == {}
    with_metadata(NAME, plan=[[0, 10**15], ["x"]])
    assert verdicts()["seeds and plan"] == ("not checked", "the metadata holds no plan")


@pytest.mark.parametrize(
    ("change", "check", "message"),
    [
        (lambda one: replace(one, truncations=one.truncations[::-1]), "lengths and ends", "it ends at steps [0]"),
        (lambda one: replace(one, truncations=~one.truncations), "lengths and ends", "it ends at steps [0, 1"),
        (lambda one: replace(one, truncations=one.terminations), "lengths and ends", "it has no end"),
        (lambda one: replace(one, actions=one.actions + 2), "spaces", "actions: 2."),
        (lambda one: replace(one, observations=-one.observations), "spaces", "at step 0 is outside"),
        (lambda one: replace(one, observations=one.observations * np.nan), "spaces", "observations: NaN at step 0"),
        (lambda one: rewarded(one, 3, np.inf), "finite", "reward at step 3"),
    ],
)
def test_an_impossible_episode_is_found(change, check, message):
    collect(change=lambda one: change(one) if one.about["seed"] == 1 else one)
    assert message in failed()[check] and "episode 2: " in failed()[check]


def test_counts_that_do_not_agree_are_found():
    collect()
    path = folder_of(NAME) / "data/metadata.json"
    whole = json.loads(path.read_text())
    path.write_text(json.dumps(whole | {"total_steps": 61}))
    assert failed() == {"counts": "60 steps could be read, the metadata says 61"}
    path.write_text(json.dumps(whole | {"total_episodes": 5, "total_steps": 50}))
    assert "1 episode beyond what the metadata counts" in failed()["counts"]
    with_metadata(NAME, complete=False)  # a kill between an episode's arrival and the count
    assert "counts" not in failed()
    with_about(NAME, 0, total_steps=11)
    assert "it has 10 steps, its metadata says 11" in failed()["episodes"]


def test_missing_hashes_and_notes_are_found():
    collect()
    with_about(NAME, 1, sha256="0" * 64)
    assert failed() == {"hashes": "episode 1: its content is not what was written"}
    path = folder_of(NAME) / "data/1/metadata.json"
    content = json.loads(path.read_text())
    del content["sha256"]
    path.write_text(json.dumps(content))
    assert failed() == {"hashes": "1 episode without"}
    collect("netgym/custom/b-v0")
    path = folder_of("netgym/custom/b-v0") / "data/metadata.json"
    content = json.loads(path.read_text())
    del content["netgym"]["plan"], content["netgym"]["agent"]
    path.write_text(json.dumps(content))
    assert failed("netgym/custom/b-v0") == {"metadata": "'agent' is missing; 'plan' is missing"}


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"observation_space": 3}', '{"total_episodes": -1}'])
def test_metadata_that_describes_nothing_fails(text):
    collect()
    (folder_of(NAME) / "data/metadata.json").write_text(text)
    assert failed().keys() == {"metadata"}


def test_waiting_and_half_written_episodes_are_counted():
    collect(complete=False)
    for name in ("6", "8", ".7.123"):
        (folder_of(NAME) / ".waiting" / name).mkdir(parents=True)
    outcome, message = verdicts()["collection"]
    assert outcome == "ok" and "2 whole episodes" in message and "1 half-written" in message
    with_metadata(NAME, complete=True)
    assert "it calls itself complete" in failed()["collection"]


@pytest.mark.parametrize("data_format", ["hdf5", "arrow", "parquet"])
def test_a_dataset_made_elsewhere_is_checked_as_far_as_that_goes(data_format):
    elsewhere("other/thing-v0", data_format)
    found = verdicts("other/thing-v0")
    assert {name for name, (outcome, _) in found.items() if outcome == "not checked"} == {
        "metadata", "hashes", "seeds and plan", "rewards from measurements", "observations from measurements",
    }  # fmt: skip
    assert failed("other/thing-v0") == {}
