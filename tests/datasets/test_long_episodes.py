"""Episodes longer than what Arrow reads at once, 131,072 rows: every verb reads them whole."""

import json

import h5py
import minari
import numpy as np
import pandas as pd
import pytest
from gymnasium import spaces
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.datasets import Episode, open_dataset, write_dataset
from tests.conftest import REPO

STEPS = 140_000
BOX, DICT = spaces.Box(-1, 1, (2,), np.float32), spaces.Dict({"a": spaces.Box(-1, 1, (1,)), "b": spaces.Discrete(3)})
TOY = ["--config-dir", str(REPO / "tests" / "support" / "conf"), "env=toy", "agent=random"]

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done.stdout


def episode(observations, actions, steps=STEPS, seed=0):
    return Episode(
        observations=observations,
        actions=actions,
        rewards=np.arange(steps, dtype=np.float64),
        terminations=np.zeros(steps, bool),
        truncations=np.arange(steps) == steps - 1,
        infos={
            "kpi_delay_ms": np.arange(steps + 1.0),
            "stats": np.ones((steps + 1, 2)) * np.arange(steps + 1)[:, None],
        },
        about={"seed": seed, "episode": 0},
    )


def numbers(steps, size, seed=0):
    return np.random.default_rng(seed).random((steps, size), np.float32)


def same(one, other):
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one.dtype == other.dtype and one.shape == other.shape and np.array_equal(one, other)


@pytest.fixture(scope="module")
def made():
    return [episode(numbers(STEPS + 1, 2), numbers(STEPS, 2)), episode(numbers(11, 2), numbers(10, 2), 10, 1)]


@pytest.fixture
def long(made):
    write_dataset("test/long-v0", BOX, BOX, made, {"algorithm_name": "drawn"})
    return "test/long-v0"


def test_what_was_written_is_read(long, made):
    read = list(open_dataset(long).episodes())
    assert [len(one) for one in read] == [STEPS, 10]
    for one, other in zip(read, made, strict=True):
        assert one.digest() == other.digest() and one.about["sha256"] == other.digest()


def test_parts_are_read_in_every_space():
    observations = {"a": numbers(STEPS + 1, 1), "b": np.arange(STEPS + 1) % 3}
    actions = (np.arange(STEPS) % 4, (numbers(STEPS, 3) > 0.5).astype(np.int8))
    space = spaces.Tuple([spaces.Discrete(4), spaces.MultiBinary(3)])
    write_dataset("test/parts-v0", DICT, space, [episode(observations, actions)])
    (read,) = open_dataset("test/parts-v0").episodes()
    assert same(read.observations, observations) and same(read.actions, actions)


def test_every_verb_takes_it(workdir, long):
    verdicts = {verdict["name"]: verdict for verdict in json.loads(netgym("data", "check", long, "--json"))}
    assert {verdicts[name]["outcome"] for name in ("episodes", "lengths and ends", "hashes", "counts")} == {"ok"}
    assert json.loads(netgym("data", "show", long, "--json"))["steps"] == STEPS + 10
    netgym("data", "export", long, "--to", "parquet", "-o", "out.parquet")
    table = pd.read_parquet(workdir / "out.parquet")
    assert len(table) == STEPS + 10 and table["reward"][STEPS - 1] == STEPS - 1
    netgym("data", "export", long, "--to", "hdf5", "-o", "out.hdf5")
    with h5py.File(workdir / "out.hdf5") as file:
        assert file["next_observations"].shape == (STEPS + 10, 2)
    write_dataset("test/other-v0", BOX, BOX, [episode(numbers(6, 2, 5), numbers(5, 2, 5), 5, 7)])
    netgym("data", "merge", long, "test/other-v0", "--name", "test/both-v0")
    assert [len(one) for one in open_dataset("test/both-v0").episodes()] == [STEPS, 10, 5]


def test_an_imported_one_is_read(workdir):
    states = numbers(STEPS + 1, 2)
    arrays = {"states": states[:-1], "actions": numbers(STEPS, 2), "next_states": states[1:]}
    np.savez(workdir / "long.npz", rewards=np.arange(STEPS, dtype=np.float64), **arrays)
    netgym("data", "import", "long.npz", "--name", "test/imported-v0")
    (read,) = open_dataset("test/imported-v0").episodes()
    assert same(read.observations, states) and len(read) == STEPS


def test_a_dataset_of_minari_itself_is_read_as_minari_reads_it():
    infos = [{"x": np.arange(2.0) * k, "y": float(k)} for k in range(4)]
    buffers = []
    for k in range(2):
        rows = {"observations": {"a": numbers(4, 1, k), "b": np.arange(4) % 3}, "actions": numbers(3, 2, k)}
        ends = {"rewards": [1.0, 2.0, 3.0], "terminations": [False] * 3, "truncations": [False, False, True]}
        columns = {"x": np.stack([info["x"] for info in infos]), "y": [info["y"] for info in infos]}
        buffers.append(minari.data_collector.EpisodeBuffer(id=k, infos=columns, **rows, **ends))
    spaces_of = {"observation_space": DICT, "action_space": BOX}
    minari.create_dataset_from_buffers("test/theirs-v0", buffers, data_format="parquet", **spaces_of)
    mine = list(open_dataset("test/theirs-v0").episodes())
    for one, other in zip(mine, minari.load_dataset("test/theirs-v0").iterate_episodes(), strict=True):
        assert same(one.observations["a"], other.observations["a"]) and same(one.actions, other.actions)
        assert one.observations["b"].tolist() == list(other.observations["b"])
        assert all(same(one.infos[name], np.asarray(other.infos[name])) for name in ("x", "y"))


@pytest.mark.long
def test_a_collected_one_teaches():
    words = [*TOY, f"env.steps_per_episode={STEPS}"]
    netgym("collect", *words, "episodes=1", "seeds=[3]", "jobs=1")
    assert "complete already" in netgym("collect", *words, "episodes=1", "seeds=[3]", "jobs=1")
    netgym("data", "check", "netgym/toy/random-v0")
    teach = [
        "agent=bc",
        "dataset=netgym/toy/random-v0",
        "steps=5",
        "env.steps_per_episode=4",
        "env.episodes_per_session=1",
    ]
    netgym("train", *TOY[:3], *teach, "hydra.run.dir=taught")
