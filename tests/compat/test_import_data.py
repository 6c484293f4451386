"""`netgym data import`: arrays out of pickles, and nothing else out of them."""

import builtins
import io
import os
import pickle
import re
import subprocess
import zipfile

import numpy as np
import pytest
from gymnasium import spaces
from typer.testing import CliRunner

from netgym_cli.cli import data
from netgym_cli.cli.app import app
from netgym_cli.compat.networkgym import offline_files
from netgym_cli.datasets import ids, open_dataset
from netgym_cli.envs.base import env_registry

pytestmark = pytest.mark.usefixtures("workdir")


def load(*words):
    return CliRunner().invoke(app, ["data", "import", *map(str, words)])


def trajectory(seed=0, steps=12, features=56, links=4, breaks=()):
    """Transitions as the fork stores them; a new episode begins at each of `breaks`."""
    rng = np.random.default_rng(seed)
    states = rng.random((steps, features))
    after = np.concatenate([states[1:], rng.random((1, features))])
    for place in breaks:
        after[place - 1] = rng.random(features)
    return states, rng.random((steps, links)), rng.normal(size=steps), after


def write(path, content, protocol=pickle.DEFAULT_PROTOCOL):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content, protocol))
    return path


class Runs:
    """Pickles to a call."""

    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call[0], self.call[1:]


FINE = np.zeros(3)
HOSTILE = {
    "system": (Runs(os.system, "touch ran"), "'posix.system', which is no array"),
    "eval": (Runs(eval, "open('ran', 'w')"), "eval', which is no array"),
    "open": (Runs(builtins.open, "ran", "w"), "open', which is no array"),
    "popen": (Runs(subprocess.Popen, ["touch", "ran"]), "Popen', which is no array"),
    "numpy's own": (Runs(np.save, "ran", FINE), "save', which is no array"),
    "getattr": (Runs(getattr, FINE, "tofile"), "getattr', which is no array"),
    "in the tuple": ((FINE, FINE, FINE, Runs(os.system, "touch ran")), "'posix.system', which is no array"),
    "objects": (
        (np.array([Runs(os.system, "touch ran")], object),),
        "'posix.system', which is no array|array of objects",
    ),
    "plain objects": ((np.array([None, 3], object),), "an array of objects"),
    "records": ((np.zeros(3, [("a", "f8")]),), "dtype 'V8'|array of records"),
    "texts": ((np.array(["a"]),), "dtype 'U1'"),
    "complex": ((np.zeros(3, complex),), "dtype 'c16'"),
    "dates": ((np.zeros(3, "M8[s]"),), "dtype 'M8'"),
    "matrix": ((np.matrix([[1.0]]),), "matrix', which is no array"),
    "a dictionary": ({"states": FINE}, "DICT, which no array needs"),
    "a list": ([FINE], "LIST, which no array needs"),
    "one array": (FINE, "holds an array, no tuple"),
    "numbers": ((1, 2, 3, 4), "holds a int where an array should be"),
    "nested": (((FINE,),), "holds a tuple where an array should be"),
    "the class itself": ((np.ndarray,), "'numpy.ndarray' where an array should be"),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", HOSTILE)
def test_whatever_is_no_array_is_refused_by_name_and_nothing_runs(kind, protocol, tmp_path):
    content, message = HOSTILE[kind]
    path = write(tmp_path / "it_1.pickle", content, protocol)
    before = sorted(tmp_path.iterdir())
    done = load(path)
    assert done.exit_code == 2
    assert re.search(message, done.stderr), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before  # neither `ran` nor a dataset


def test_the_forks_folder_becomes_a_dataset_with_the_seeds_of_the_file_names(tmp_path):
    folder = tmp_path / "buffers/sys_default_norm_utility"
    given = {seed: trajectory(seed, breaks=(5,)) for seed in (0, 7)}
    for seed, content in given.items():
        write(folder / f"seed_{seed}.pickle", content)
    (folder / "notes.txt").write_text("no data")
    done = load(folder, "--env", "nqos_split")
    assert done.exit_code == 0, done.stderr
    assert "2 files, 4 episodes, 24 steps" in done.stdout
    dataset = open_dataset("networkgym/sys_default_norm_utility-v0")
    assert dataset.observation_space == spaces.Box(-np.inf, np.inf, (56,), np.float32)
    assert dataset.action_space == spaces.Box(0, 1, (4,), np.float32)
    episodes = list(dataset.episodes())
    assert [(one.about["seed"], one.about["episode"], len(one)) for one in episodes] == [
        (0, 0, 5), (0, 1, 7), (7, 0, 5), (7, 1, 7),
    ]  # fmt: skip
    states, actions, rewards, after = given[7]
    one = episodes[3]
    np.testing.assert_array_equal(one.observations, np.concatenate([states[5:], after[-1:]]).astype(np.float32))
    np.testing.assert_array_equal(episodes[2].observations[-1], after[4].astype(np.float32))
    np.testing.assert_array_equal(one.actions, actions[5:].astype(np.float32))
    np.testing.assert_array_equal(one.rewards, rewards[5:])
    assert not one.terminations.any() and np.flatnonzero(one.truncations).tolist() == [6]
    assert dataset.netgym["env"] == {"name": "nqos_split"} and dataset.netgym["seeds"] == [0, 7]
    for words in (["check"], ["show"], ["export", "--to", "hdf5", "-o", "it.hdf5"]):
        told = CliRunner().invoke(app, ["data", words[0], dataset.id, *words[1:]])
        assert told.exit_code == 0, told.stderr


def test_names_without_a_number_get_their_place_and_one_file_gives_its_name(tmp_path):
    assert load(write(tmp_path / "my data!.pickle", trajectory())).exit_code == 0
    assert open_dataset("networkgym/my_data_-v0").about(0)["seed"] == 0
    files = [write(tmp_path / f"{name}.pkl", trajectory(k)) for k, name in enumerate("ab")]
    assert load(*files, "--name", "mine/two-v1").exit_code == 0
    assert [open_dataset("mine/two-v1").about(k)["seed"] for k in range(2)] == [0, 1]


@pytest.mark.parametrize("protocol", [0, 5])
def test_a_trajectory_of_the_forks_size_is_read(protocol, tmp_path):
    path = write(tmp_path / "1.pickle", trajectory(steps=2000), protocol)
    assert len(offline_files.read(path).states) == 2000


def with_changed(which, change):
    parts = list(trajectory())
    parts[which] = change(parts[which])
    return tuple(parts)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (trajectory()[:3], "holds 3 arrays; it should hold four"),
        (with_changed(0, lambda one: one[:-1]), "do not fit together: states (11, 56), actions (12, 4)"),
        (with_changed(0, lambda one: one[:, :-1]), "next_states (12, 56)"),
        (with_changed(2, lambda one: one[:, None, None]), "rewards (12, 1, 1)"),
        (tuple(one[:0] for one in trajectory()), "with T at least 1"),
        (with_changed(1, lambda one: one + 1), "allowed: 0 to 1, shares of traffic"),
        (with_changed(1, lambda one: one - 1), "allowed: 0 to 1, shares of traffic"),
        (with_changed(0, lambda one: one * np.nan), "hold NaN, infinity"),
        (with_changed(3, lambda one: one + 1e300), "what float32 cannot hold"),
    ],
)
def test_contents_that_are_no_trajectory_are_refused(content, message, tmp_path):
    done = load(write(tmp_path / "it.pickle", content))
    assert done.exit_code == 2
    assert message in done.stderr
    assert ids() == [] and not (tmp_path / "datasets").exists() | any((tmp_path / "datasets").glob("*"))


def test_what_contradicts_between_files_is_refused_and_nothing_is_left(tmp_path):
    first = write(tmp_path / "a/r_1.pickle", trajectory())
    cases = [
        ([first, write(tmp_path / "a/s_1.pickle", trajectory())], "are both of seed 1"),
        ([first, write(tmp_path / "a/r_2.pickle", trajectory(features=28))], "56 entries in"),
        ([first, write(tmp_path / "b/r_3.pickle", trajectory())], "--name NAMESPACE/NAME-v0"),
        ([first, tmp_path / "nowhere.pickle"], "there is no file"),
        ([first, "--env", "nqos_spilt"], "Did you mean 'nqos_split'?"),
        ([first, "--name", "no version"], "is not an id of a dataset"),
    ]
    (tmp_path / "empty").mkdir()
    cases.append(([tmp_path / "empty"], "holds no file that ends in"))
    for words, message in cases:
        done = load(*words)
        assert (done.exit_code, message in done.stderr) == (2, True), done.stderr
        assert ids() == []


def test_an_import_does_not_overwrite(tmp_path):
    path = write(tmp_path / "it_1.pickle", trajectory())
    assert load(path).exit_code == 0
    done = load(path)
    assert (done.exit_code, "there is a dataset" in done.stderr) == (2, True)


def test_npz_is_read_and_objects_in_it_are_not(tmp_path):
    names = ("states", "actions", "rewards", "next_states")
    np.savez_compressed(tmp_path / "it_4.npz", **dict(zip(names, trajectory(), strict=True)))
    assert load("it_4.npz").exit_code == 0
    assert open_dataset("networkgym/it_4-v0").about(0)["seed"] == 4
    np.savez(tmp_path / "bad.npz", **dict.fromkeys(names, np.array([Runs(os.system, "touch ran")], object)))
    np.savez(tmp_path / "few.npz", states=np.zeros((2, 2)))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "it_4.npz").read_bytes()[:3000])
    for name, message in (("bad", "cannot be read as arrays"), ("few", "holds no array"), ("cut", "cannot be read")):
        done = load(f"{name}.npz")
        assert (done.exit_code, message in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "ran").exists()


def test_files_that_are_too_large_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(offline_files, "LARGEST_BYTES", 10_000)
    assert "allowed: up to 10000 bytes" in load(write(tmp_path / "it.pickle", trajectory(steps=100))).stderr
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (2**40,)})
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("states.npy", b"\0" * 10**6)
    assert "bytes unpacked" in load("bomb.npz").stderr
    with zipfile.ZipFile(tmp_path / "liar.npz", "w") as archive:
        for name in ("states", "actions", "rewards", "next_states"):
            archive.writestr(f"{name}.npy", header.getvalue())
    assert load("liar.npz").exit_code == 2


def test_a_variant_of_an_environment_is_refused_with_the_base_ones(tmp_path):
    path = write(tmp_path / "it_1.pickle", trajectory(steps=1))
    done = load(path, "--env", "nqos_split_light")
    assert done.exit_code == 2 and "unknown base environment 'nqos_split_light'" in done.stderr
    assert all(name in done.stderr and name in data.BASE_ENV for name in env_registry.names())
    assert "1 file, 1 episode, 1 step in" in load(path, "--env", "nqos_split").stdout


def test_seeds_that_no_name_tells_are_told_to_be_places(workdir):
    write(workdir / "runs" / "first.pickle", trajectory(1))
    write(workdir / "runs" / "run7.pickle", trajectory(2))
    done = load("runs")
    assert done.exit_code == 0, done.output
    assert "no seed in the name, noted by its place in the list: first.pickle" in done.stdout
    assert "of no known environment; --env NAME would say" in done.stdout
