"""`netgym data check` on metadata that was tampered with or damaged: told by key, and never a check less."""

import json
import shutil

import pytest

from netgym_cli.datasets import folder_of, open_dataset, write_dataset
from netgym_cli.datasets.tools.episode_files import list_episode_numbers
from tests.compat.test_import_data import load, trajectory, write
from tests.datasets.test_data_check import failed, verdicts
from tests.datasets.test_data_verbs import data, elsewhere
from tests.datasets.test_datasets import SPACES
from tests.support.collected import NAME, collect, with_about, with_metadata

pytestmark = pytest.mark.usefixtures("workdir")


def with_raw(dataset_id, **changes):
    """Changes Minari's own keys."""
    path = folder_of(dataset_id) / "data/metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("plan", "abc", "netgym.plan is 'abc' (allowed: pairs of a seed"),
        ("plan", [], "netgym.plan is []"),
        ("plan", [[0, True]], "netgym.plan is [[0, True]]"),
        ("env", [1, 2], "netgym.env is [1, 2] (allowed: a mapping with a name)"),
        ("env", None, "netgym.env is null"),
        ("env", {"_target_": "os.system"}, "netgym.env is {'_target_': 'os.system'}"),
        ("channel", {}, "netgym.channel is {}"),
        ("seeds", [10**30, -1, "x"], "netgym.seeds is [10000000"),
        ("seeds", [0, 1, 5], "netgym.seeds is [0, 1, 5] (allowed: the seeds of the plan)"),
        ("seeds", [0, 1], "netgym.seeds does not hold 2, the seed of an episode"),
        ("complete", "no", "netgym.complete is 'no' (allowed: true or false)"),
        ("layout", {"a": 1}, "netgym.layout is {'a': 1}"),
        ("layout", None, "netgym.layout is null"),
        ("format", "1", "netgym.format is '1'"),
        ("sources", [], "netgym.sources is []"),
        ("imported_from", ["a.pickle"], "netgym.plan is given beside imported_from"),
        ("label", "\x1b[2J" * 99, None),
        ("versions", "\x1b[2J" * 99, "netgym.versions is '\\x1b[2J"),
    ],
)
def test_a_key_of_the_wrong_kind_is_told_with_its_value_and_what_is_allowed(key, value, message):
    collect()
    with_metadata(NAME, **{key: value})
    told = failed().get("metadata")
    if message is None:
        assert told is None
        return
    assert message in told and "\x1b" not in told and len(told) < 400, told


@pytest.mark.parametrize("value", ["hi", [], None, {}])
def test_a_netgym_key_that_says_nothing_is_no_dataset_made_elsewhere(value):
    collect()
    with_raw(NAME, netgym=value)
    assert "metadata" in failed()
    elsewhere("other/thing-v0", "parquet")
    assert verdicts("other/thing-v0")["metadata"] == ("not checked", "it was not made by netgym")


def test_a_layout_taken_away_does_not_switch_the_measurements_off():
    collect()
    with_metadata(NAME, layout=[])
    told = "episode 0 holds measurements, and the metadata names none; "
    assert failed()["rewards from measurements"].startswith(told)


def test_seeds_of_merged_and_imported_datasets_are_compared_with_the_episodes(tmp_path):
    collect()
    collect("netgym/custom/b-v0", seeds=(7,))
    both = "netgym/custom/both-v0"
    assert data("merge", NAME, "netgym/custom/b-v0", "--name", both).exit_code == 0
    assert failed(both) == {}
    sources = open_dataset(both).netgym["sources"]
    with_metadata(both, sources=[sources[0] | {"seeds": [0]}, sources[1] | {"plan": "abc"}])
    assert "does not hold 1, the seed" in failed(both)["metadata"]
    assert "netgym.sources[1].plan is 'abc'" in failed(both)["metadata"]
    for source in sources:
        source.pop("plan")
    with_metadata(both, sources=sources)
    assert "'plan' is missing" in failed(both)["metadata"]
    assert load(write(tmp_path / "it_4.pickle", trajectory()), "--name", "a/b-v0").exit_code == 0
    assert failed("a/b-v0") == {}
    with_metadata("a/b-v0", seeds=[4, 5])
    assert failed("a/b-v0") == {"metadata": "netgym.seeds holds 5, and no episode is of it"}


def test_a_merge_of_what_was_made_elsewhere_and_of_merges_passes():
    for name in ("one", "two"):
        elsewhere(f"other/{name}-v0", "parquet")
    with_about("other/two-v0", 0, seed=8)
    for names, name in (("one two", "both"), ("both two", "all")):
        words = [f"other/{one}-v0" for one in names.split()]
        assert data("merge", *words, "--name", f"other/{name}-v0").exit_code == 0
        assert failed(f"other/{name}-v0") == {}


def test_a_huge_count_ends_at_the_episodes_that_are_there():
    collect()
    with_raw(NAME, total_episodes=10**15)
    told = f"the metadata says {10**15}, 6 are there: episodes 6, 7 and {10**15 - 8} more are missing"
    assert failed() == {"episodes": told}
    elsewhere("other/thing-v0", "hdf5")
    with_raw("other/thing-v0", total_episodes=10**15)
    assert "says 1000000000000000, 2 are there" in failed("other/thing-v0")["episodes"]


def test_a_folder_that_is_missing_is_told_as_missing_and_other_names_are_no_episodes():
    collect()
    shutil.rmtree(folder_of(NAME) / "data/3")
    for name in ("007", "²", "x"):
        (folder_of(NAME) / "data" / name).mkdir()
    assert list_episode_numbers(open_dataset(NAME)) == [0, 1, 2, 4, 5]
    assert failed()["episodes"] == "the metadata says 6, 5 are there: episode 3 is missing"


def test_the_same_failure_of_many_episodes_is_told_twice_and_counted():
    collect()
    for number in range(6):
        with_about(NAME, number, sha256="0" * 64)
    why = "its content is not what was written"
    assert failed() == {"hashes": f"episode 0: {why}; episode 1: {why}; and 4 more"}


def test_an_import_and_a_dataset_without_episodes_say_why_nothing_is_recomputed(tmp_path):
    assert load(write(tmp_path / "it_4.pickle", trajectory()), "--env", "nqos_split").exit_code == 0
    found = verdicts("networkgym/it_4-v0")
    assert found["rewards from measurements"] == ("not checked", "imported, holds no measurements")
    assert found["counts"] == ("ok", "1 episode, 12 steps")
    write_dataset("netgym/box-v0", *SPACES["box"], [])
    assert verdicts("netgym/box-v0")["rewards from measurements"] == ("not checked", "no episodes yet")


def test_a_data_format_that_minari_does_not_know_is_told_with_those_it_does():
    collect()
    with_raw(NAME, data_format="pickle")
    assert "data_format is 'pickle'; allowed: parquet, arrow, hdf5" in failed()["metadata"]
