"""`netgym data merge`: what belongs together becomes one, and nothing else does."""

import json

import minari
import pandas as pd
import pytest

from netgym_cli.datasets import folder_of, open_dataset, write_dataset
from tests.datasets.test_data_verbs import data, elsewhere, told
from tests.datasets.test_datasets import SPACES
from tests.datasets.test_datasets import episode as made_up
from tests.support.collected import NAME, collect, with_metadata

pytestmark = pytest.mark.usefixtures("workdir")


@pytest.mark.parametrize("data_format", ["hdf5", "arrow", "parquet"])
def test_a_dataset_that_was_made_elsewhere_is_shown_exported_and_merged(data_format, tmp_path):
    elsewhere("other/thing-v0", data_format)
    found = told("show", "other/thing-v0")
    assert (found["episodes"], found["steps"], found["seeds"]) == (2, 6, [0, 1])
    assert found["return"]["mean"] == 6 and found["default_action"] is None
    assert found["actions"] == [{"name": "action", "counts": {"0": 4, "1": 2}}]
    assert "share of steps per choice" in data("show", "other/thing-v0").stdout
    assert data("export", "other/thing-v0", "--to", "csv", "-o", "t.csv").exit_code == 0
    frame = pd.read_csv("t.csv")
    assert frame["action"].tolist() == [0, 1, 0, 0, 1, 0]
    assert frame["next_observation_1"].tolist() == [1, 2, 3, 2, 3, 4]
    assert "kpi_rate_mbps" not in frame and "default_action" not in frame
    elsewhere("other/more-v0", data_format)
    done = data("merge", "other/thing-v0", "other/more-v0", "--name", "other/both-v0")
    assert (done.exit_code, "dropped 2 episodes of other/more-v0" in done.stdout) == (0, True), done.stderr


def test_merged_datasets_keep_what_they_share_and_list_what_differs():
    collect()
    other = "netgym/custom/other-v0"
    collect(other, seeds=(7, 8), label="other", agent={"name": "constant"}, complete=False)
    done = data("merge", NAME, other, "--name", "netgym/custom/both-v0")
    assert done.exit_code == 0, done.stderr
    assert f"not complete: {other}" in done.stdout
    both = open_dataset("netgym/custom/both-v0")
    mine = [one.digest() for name in (NAME, other) for one in open_dataset(name).episodes()]
    assert [one.digest() for one in both.episodes()] == mine
    assert both.metadata["combined_datasets"] == [NAME, other]
    assert both.netgym["env"]["name"] == "custom" and both.netgym["licence"] == "CC-BY-4.0"
    assert "agent" not in both.netgym and both.netgym["complete"] is False
    assert [one["agent"]["name"] for one in both.netgym["sources"]] == ["system_default", "constant"]
    assert [both.about(number)["source"] for number in (0, 6)] == [NAME, other]
    assert both.netgym["seeds"] == [0, 1, 2, 7, 8]
    assert told("list")[0]["agent"] == "system_default + other"
    assert minari.load_dataset("netgym/custom/both-v0").total_episodes == 10
    assert data("check", "netgym/custom/both-v0").exit_code == 0


def test_merging_refuses_what_does_not_belong_together():
    collect()
    write_dataset("netgym/box-v0", *SPACES["box"], [made_up(*SPACES["box"])])
    done = data("merge", NAME, "netgym/box-v0", "--name", "a/b-v0")
    assert (done.exit_code, "is of environment 'custom'" in done.stderr) == (2, True)
    other = collect("netgym/custom/other-v0")
    path = folder_of(other) / "data/metadata.json"
    content = json.loads(path.read_text())
    content["action_space"] = content["action_space"].replace("1.0", "2.0")
    path.write_text(json.dumps(content))
    done = data("merge", NAME, other, "--name", "a/b-v0")
    assert done.exit_code == 2 and "Box(0.0, 1.0, (3,)" in done.stderr and "Box(0.0, 2.0, (3,)" in done.stderr
    assert data("merge", NAME, NAME, "--name", "a/b-v0").exit_code == 2
    assert data("merge", NAME, "--name", "a/b-v0").exit_code == 2
    assert [one["id"] for one in told("list")] == ["netgym/box-v0", other, NAME]


def test_a_merge_that_fails_leaves_nothing_and_one_that_was_killed_is_begun_anew(root):
    collect()
    damaged = collect("netgym/custom/damaged-v0", seeds=(5,))
    part = folder_of(damaged) / "data/1/part-0.parquet"
    whole = part.read_bytes()
    part.write_bytes(b"PAR1")
    assert data("merge", NAME, damaged, "--name", "some/new/both-v0").exit_code == 1
    assert not (root / "some").exists()
    part.write_bytes(whole)
    collect("some/new/both-v0", seeds=(9,), deriving=True)  # as a kill in the middle would leave it
    assert data("merge", NAME, damaged, "--name", "some/new/both-v0").exit_code == 0
    assert open_dataset("some/new/both-v0").total_episodes == 8
    assert data("merge", NAME, damaged, "--name", "some/new/both-v0").exit_code == 2


def test_sessions_of_another_length_are_of_the_same_environment():
    collect()
    env = open_dataset(NAME).netgym["env"]
    other = collect("netgym/custom/longer-v0", seeds=(7,))
    with_metadata(other, env=env | {"episodes_per_session": 99, "random_seed": 5})
    assert data("merge", NAME, other, "--name", "netgym/custom/both-v0").exit_code == 0
    both = open_dataset("netgym/custom/both-v0").netgym
    assert both["env"] == env | {"episodes_per_session": 99, "random_seed": None}
    assert [one["env"]["episodes_per_session"] for one in both["sources"]] == [env["episodes_per_session"], 99]
    assert {one["env"] for one in told("list")} == {"custom"}
    assert told("show", "netgym/custom/both-v0")["actions"][0]["name"] == "0 sending rate / max_rate_mbps"
    assert data("check", "netgym/custom/both-v0").exit_code == 0
    farther = collect("netgym/custom/farther-v0", seeds=(8,))
    with_metadata(farther, env=env | {"steps_per_episode": 77})
    assert data("merge", NAME, farther, "--name", "netgym/custom/mixed-v0").exit_code == 0
    assert "env" not in open_dataset("netgym/custom/mixed-v0").netgym
    assert {one["env"] for one in told("list")} == {"custom"}
