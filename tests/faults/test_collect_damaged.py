"""Collecting to a dataset that something has happened to: what is damaged or missing is played again, nothing else."""

import ctypes
import json
import os
import shutil
from contextlib import contextmanager

import pytest

from netgym_cli.common import user_modules
from netgym_cli.datasets import DatasetWriter, folder_of, open_dataset
from tests.collection.test_collect import TOY, collected, digests, netgym
from tests.conftest import REPO, homes_in

NAME = "netgym/toy/random-v0"
WORDS = ["agent=random", "jobs=1"]
EIGHT = [*WORDS, "episodes=8", "seeds=0..3"]

pytestmark = pytest.mark.usefixtures("workdir")


@pytest.fixture(scope="module")
def eight_once(tmp_path_factory):
    """A root with the dataset of `EIGHT`, collected once."""
    with homes_in(tmp_path_factory.mktemp("eight")) as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(REPO), *user_modules.chosen_path()]))
        collected(*EIGHT)
        yield folder / "datasets"


@pytest.fixture
def eight(eight_once, root):
    """The test's own copy of it, as if it had just been collected."""
    shutil.copytree(eight_once, root)


def files():
    return {path: path.stat().st_mtime_ns for path in (folder_of(NAME) / "data").rglob("part-0.parquet")}


def truncate(number):
    part = folder_of(NAME) / "data" / str(number) / "part-0.parquet"
    part.write_bytes(part.read_bytes()[:700])


def forget(number):
    shutil.rmtree(folder_of(NAME) / "data" / str(number))


def lose_the_hash(number):
    (folder_of(NAME) / "data" / str(number) / "metadata.json").write_text('{"id": ')


def say_it_is_longer(number):
    path = folder_of(NAME) / "data" / str(number) / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"total_steps": 5}))


def put_another_there(number):
    forget(number)
    shutil.copytree(folder_of(NAME) / "data" / "0", folder_of(NAME) / "data" / str(number))


DAMAGE = [truncate, forget, lose_the_hash, say_it_is_longer, put_another_there]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_missing_episode_is_played_again_in_place(damage, eight):
    whole, before = digests(NAME), files()
    damage(2)
    why = "missing" if damage is forget else "damaged"
    told = collected(*EIGHT)
    assert f"note: episode 2 was {why} and has been played again\n{NAME}: 8 episodes, 32 steps (1 new in" in told
    assert digests(NAME) == whole and open_dataset(NAME).netgym["complete"]
    assert {path.parent.name for path, at in files().items() if before[path] != at} == {"2"}
    assert "complete already" in collected(*EIGHT)


def test_a_longer_plan_is_not_put_behind_a_gap(eight):
    truncate(1)
    forget(4)
    forget(7)
    told = collected(*WORDS, "episodes=10", "seeds=0..4")
    assert "note: episode 1 was damaged" in told and "note: episodes 4, 7 were missing" in told
    assert "10 episodes, 40 steps (5 new in" in told
    mended = digests(NAME)

    collected(*WORDS, "episodes=10", "seeds=0..4", "name=at_once")
    assert digests("netgym/toy/at_once-v0") == mended


def test_what_stands_behind_a_gap_is_kept_when_the_repair_goes_no_further(eight):
    whole = digests(NAME)
    truncate(0)
    forget(6)
    with DatasetWriter(folder_of(NAME)) as writer:
        assert (writer.damaged, writer.missing) == ([0], [6])
        assert [number for number in range(8) if writer.has(number)] == [1, 2, 3, 4, 5, 7]
    assert open_dataset(NAME).total_episodes == 0
    assert sorted(path.name for path in (folder_of(NAME) / ".waiting").iterdir()) == ["1", "2", "3", "4", "5", "7"]
    assert "(2 new in" in collected(*EIGHT)
    assert digests(NAME) == whole and not (folder_of(NAME) / ".waiting").exists()


@pytest.fixture
def lie_twice(eight):
    """Episodes 2 to 7 stand in the dataset and wait beside it, and 1 is missing; what it held, as digests."""
    whole = digests(NAME)
    for number in range(2, 8):
        shutil.copytree(folder_of(NAME) / "data" / str(number), folder_of(NAME) / ".waiting" / str(number))
    forget(1)
    return whole


def test_episodes_that_lie_there_twice_are_taken_once(lie_twice):
    told = collected(*EIGHT)
    assert "note: episode 1 was missing" in told and "8 episodes, 32 steps (1 new in" in told
    assert digests(NAME) == lie_twice and not (folder_of(NAME) / ".waiting").exists()


def test_one_that_waits_whole_replaces_a_damaged_one(lie_twice):
    truncate(3)
    (folder_of(NAME) / ".waiting/4/part-0.parquet").unlink()
    assert "(1 new in" in collected(*EIGHT)
    assert "complete already" in collected(*EIGHT)


def test_two_different_episodes_in_one_place_are_refused_and_kept(lie_twice):
    path = folder_of(NAME) / ".waiting/2/metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sha256": "other"}))
    before = sorted(folder_of(NAME).rglob("*"))
    done = netgym("collect", *TOY, *EIGHT)
    assert done.exit_code == 2 and "episode 2 exists twice" in done.stderr and "delete one" in done.stderr
    assert sorted(folder_of(NAME).rglob("*")) == before


def test_a_damaged_episode_that_comes_out_differently_is_an_error():
    collected(*WORDS, "episodes=2", "seeds=0..1")
    truncate(1)
    path = folder_of(NAME) / "data/1/metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sha256": "0"}))
    done = netgym("collect", *TOY, *WORDS, "episodes=2", "seeds=0..1")
    assert done.exit_code == 1 and "came out differently" in done.stderr and "seed 1" in done.stderr
    assert open_dataset(NAME).total_episodes == 1


@contextmanager
def obeying_modes():
    """Lets this thread obey the modes of files, even if it is root's: without CAP_DAC_OVERRIDE, see capabilities(7)."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, was = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()  # version 3, this thread
    assert libc.capget(header, was) == 0
    less = (ctypes.c_uint32 * 6)(*was)
    less[0] &= ~(1 << 1)  # effective, bit 1
    assert libc.capset(header, less) == 0
    try:
        yield
    finally:
        assert libc.capset(header, was) == 0


@pytest.fixture
def forbidden(root, eight):
    """A root with a complete dataset, to be read only."""
    folders = [path for path in (root, *root.rglob("*")) if path.is_dir()]
    for path in folders:
        path.chmod(0o555)
    (folder_of(NAME) / ".lock").chmod(0o444)
    with obeying_modes():
        yield
    for path in folders:
        path.chmod(0o755)


def test_where_nothing_can_be_written_a_complete_dataset_is_complete(forbidden):
    assert "8 episodes, 32 steps (complete already)" in collected(*EIGHT)
    done = netgym("collect", *TOY, *WORDS, "episodes=10", "seeds=0..4")
    assert done.exit_code == 2 and "Errno" not in done.stderr and "cannot write to the dataset in" in done.stderr
    assert "Permission denied" in done.stderr and "MINARI_DATASETS_PATH" in done.stderr
    done = netgym("collect", *TOY, *EIGHT, "name=new")
    assert done.exit_code == 2 and "Errno" not in done.stderr and "cannot make" in done.stderr
