"""Datasets on disk: what goes in comes out, Minari reads it, and a kill leaves a prefix."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import minari
import numpy as np
import pandas as pd
import pytest
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError, DatasetError
from netgym_cli.datasets import DatasetWriter, Episode, ids, open_dataset, write_dataset
from netgym_cli.datasets.episode import stack
from netgym_cli.datasets.writer import add

SPACES = {
    "box": (spaces.Box(0, 1000, (3, 5), np.float32), spaces.Box(0, 1, (5, 3), np.float32)),
    "dict": (spaces.Dict(x=spaces.Box(0, 1, (2,)), y=spaces.Discrete(4)), spaces.Discrete(3, start=1)),
    "image": (spaces.Box(0, 255, (64, 64, 3), np.uint8), spaces.MultiDiscrete([2, 3])),
    "tuple": (spaces.Tuple((spaces.Box(0, 1, ()), spaces.MultiBinary(3))), spaces.MultiBinary(4)),
}
BOX = SPACES["box"]


def episode(observation_space, action_space, seed=0, steps=6):
    rng = np.random.default_rng(seed)
    observation_space.seed(seed)
    action_space.seed(seed)
    return Episode(
        observations=stack([observation_space.sample() for _ in range(steps + 1)]),
        actions=stack([action_space.sample() for _ in range(steps)]),
        rewards=rng.random(steps),
        terminations=np.arange(steps) == (steps - 1 if seed % 2 else -1),
        truncations=np.arange(steps) == (-1 if seed % 2 else steps - 1),
        infos={"stats": rng.random((steps + 1, 20)), "default_action": np.arange(steps + 1) % 2 == 0},
        about={"seed": seed},
    )


@pytest.mark.parametrize("kind", SPACES)
def test_what_goes_in_comes_out_and_minari_reads_the_same(kind):
    given = [episode(*SPACES[kind], seed=seed) for seed in range(3)]
    write_dataset(f"netgym/{kind}-v0", *SPACES[kind], given)
    dataset = open_dataset(f"netgym/{kind}-v0")
    assert (dataset.observation_space, dataset.action_space) == SPACES[kind]
    assert (dataset.total_episodes, dataset.total_steps) == (3, 18)
    found = list(dataset.episodes())
    assert [one.digest() for one in found] == [one.digest() for one in given]
    assert [one.about["sha256"] for one in found] == [one.digest() for one in given]
    assert [one.about["seed"] for one in found] == [0, 1, 2]
    theirs = minari.load_dataset(f"netgym/{kind}-v0")
    assert (theirs.total_episodes, theirs.total_steps, theirs.observation_space) == (3, 18, SPACES[kind][0])
    for mine, other in zip(given, theirs.iterate_episodes(), strict=True):
        np.testing.assert_array_equal(mine.rewards, other.rewards)
        np.testing.assert_array_equal(mine.truncations, other.truncations)
        np.testing.assert_array_equal(mine.infos["stats"], other.infos["stats"])


def test_pandas_opens_an_episode(root):
    write_dataset("netgym/box-v0", *BOX, [episode(*BOX)])
    frame = pd.read_parquet(root / "netgym/box-v0/data/0/part-0.parquet")
    assert len(frame) == 7 and len(frame["observations"][0]) == 15


def test_episodes_that_arrive_out_of_order_are_read_in_order(root):
    given = [episode(*BOX, seed=seed) for seed in range(4)]
    with DatasetWriter.create("netgym/box-v0", *BOX, {}) as writer:
        for number in (2, 0):
            add(writer.folder, number, given[number], *BOX)
        assert writer.publish() == 1
        assert [writer.has(number) for number in range(4)] == [True, False, True, False]
    assert open_dataset("netgym/box-v0").total_episodes == 1
    with DatasetWriter(root / "netgym/box-v0") as writer:
        add(writer.folder, 1, given[1], *BOX)
        assert writer.publish() == 3
    assert [one.digest() for one in open_dataset("netgym/box-v0").episodes()] == [one.digest() for one in given[:3]]
    assert not (root / "netgym/box-v0/.waiting").exists()


WRITE_AND_DIE = """
import os, signal
from netgym_cli.datasets import writer
from tests.datasets.test_datasets import BOX, episode

with writer.DatasetWriter.create("netgym/box-v0", *BOX, {}) as mine:
    writer.add(mine.folder, 0, episode(*BOX), *BOX)
    mine.publish()
    writer.json.dumps = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # in the middle of the next episode
    writer.add(mine.folder, 1, episode(*BOX), *BOX)
"""


def test_a_killed_writer_leaves_whole_episodes_and_its_half_one_is_dropped_and_counted(root, workdir):
    done = subprocess.run([sys.executable, "-c", WRITE_AND_DIE], env=os.environ, capture_output=True)
    assert done.returncode == -9, done.stderr
    assert open_dataset("netgym/box-v0").total_episodes == 1
    with DatasetWriter(root / "netgym/box-v0") as writer:
        assert writer.dropped == 1
        assert not writer.has(1)
    assert next(minari.load_dataset("netgym/box-v0").iterate_episodes()).rewards.shape == (6,)


def test_a_kill_between_arrival_and_count_is_noticed(root):
    write_dataset("netgym/box-v0", *BOX, [episode(*BOX)])
    path = root / "netgym/box-v0/data/metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"total_episodes": 0, "total_steps": 0}))
    with DatasetWriter(root / "netgym/box-v0") as writer:
        assert (writer.total_episodes, writer.metadata["total_steps"]) == (1, 6)


def test_two_processes_do_not_write_to_one_dataset(root):
    with DatasetWriter.create("netgym/box-v0", *BOX, {}), pytest.raises(ConfigError, match="another process"):
        DatasetWriter(root / "netgym/box-v0")


def test_a_dataset_that_could_not_be_begun_leaves_nothing(root, monkeypatch):
    def refused(self, *args, original=Path.mkdir, **kwargs):
        if self.name == "data":
            raise OSError(errno.ENOSPC, "No space left on device")
        original(self, *args, **kwargs)

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(OSError, match="No space left"):
        DatasetWriter.create("netgym/box-v0", *BOX, {})
    assert (root / "netgym").is_dir() and not list((root / "netgym").iterdir())


def test_unknown_and_impossible_ids_say_what_there_is():
    write_dataset("netgym/box-v0", *BOX, [episode(*BOX)])
    assert ids() == ["netgym/box-v0"]
    with pytest.raises(ConfigError, match="Did you mean 'netgym/box-v0'"):
        open_dataset("netgym/bax-v0")
    with pytest.raises(ConfigError, match="not an id of a dataset"):
        open_dataset("../box-v0")
    with pytest.raises(ConfigError, match="there is a dataset"):
        write_dataset("netgym/box-v0", *BOX, [])


def test_opening_makes_no_environment_that_the_metadata_names(root, monkeypatch):
    write_dataset("netgym/box-v0", *BOX, [episode(*BOX)], {"env_spec": json.dumps({"entry_point": "antigravity:fly"})})
    path = root / "netgym/box-v0/data/metadata.json"
    metadata = json.loads(path.read_text())
    del metadata["action_space"]
    path.write_text(json.dumps(metadata))
    with pytest.raises(ConfigError, match="'action_space' is missing"):
        open_dataset("netgym/box-v0")
    assert "antigravity" not in sys.modules


def test_a_damaged_episode_is_named(root):
    write_dataset("netgym/box-v0", *BOX, [episode(*BOX)])
    (root / "netgym/box-v0/data/0/part-0.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match=r"episode 0 .*data check"):
        next(open_dataset("netgym/box-v0").episodes())


def test_a_space_that_cannot_be_stored_is_refused():
    with pytest.raises(ConfigError, match="cannot be stored"):
        write_dataset("netgym/text-v0", spaces.Text(5), BOX[1], [])
