"""What `netgym data` says of datasets that are damaged, unknown or out of reach: why, and what to do next."""

import json
import shutil

import pytest

from netgym_cli.datasets import folder_of
from tests.datasets.test_data_verbs import data
from tests.support.collected import NAME, collect, with_metadata

COMMAND = ["netgym", "collect", "env=custom", "name=it is"]
AGAIN = "`netgym collect env=custom 'name=it is'` records"


pytestmark = pytest.mark.usefixtures("workdir")


def truncated(part):
    part.write_bytes(part.read_bytes()[:700])


def emptied(part):
    part.write_bytes(b"")


def lost(part):
    shutil.rmtree(part.parent)


@pytest.mark.parametrize("verb", ["show", "export", "merge"])
@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (truncated, "(its Parquet file is truncated or damaged)"),
        (emptied, "(its Parquet file is truncated or damaged)"),
        (lost, "(its folder or a file in it is missing)"),
    ],
)
def test_a_damaged_episode_is_told_shortly_and_ends_in_what_to_do(verb, damage, why):
    collect(command=COMMAND)
    other = collect("netgym/custom/other-v0", seeds=(5,))
    damage(folder_of(NAME) / "data/2/part-0.parquet")
    done = data(verb, NAME, *{"export": ["--to", "csv"], "merge": [other, "--name", "a/b-v0"]}.get(verb, []))
    assert done.exit_code == 1 and f"episode 2 of dataset '{NAME}' cannot be read {why}; " in done.stderr
    assert done.stderr.endswith(f"{AGAIN} it again.\n") and ".parquet" not in done.stderr


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"command": COMMAND}, AGAIN),
        ({"command": ["rm", "-r", "/"]}, "the command that collected it records"),
        ({"command": ["netgym", "collect", "\x1b[2J"]}, "`netgym collect '?[2J'` records"),
        ({"sources": []}, "and merge its sources again"),
        ({"imported_from": ["a.npz"]}, "and import its files again"),
    ],
)
def test_how_it_was_made_tells_how_to_repair_it(changes, told):
    collect(**changes)
    lost(folder_of(NAME) / "data/2/part-0.parquet")
    done = data("show", NAME)
    assert done.exit_code == 1 and told in done.stderr and "\x1b" not in done.stderr


def test_a_check_ends_in_what_to_do():
    collect(command=COMMAND)
    assert "next:" not in data("check", NAME).stdout
    path = folder_of(NAME) / "data/1/metadata.json"
    noted = path.read_text()
    path.write_text(json.dumps(json.loads(noted) | {"sha256": "0"}))
    done = data("check", NAME)
    wanted = f"next: delete the folders of these episodes in '{path.parents[1]}'; {AGAIN} them again"
    assert done.exit_code == 1 and done.stdout.splitlines()[-1] == wanted
    path.write_text(noted)
    truncated(path.with_name("part-0.parquet"))
    assert data("check", NAME).stdout.splitlines()[-1] == f"next: {AGAIN} them again"
    with_metadata(NAME, plan="none")  # who would continue it?
    assert "next:" not in data("check", NAME).stdout


def test_a_folder_that_may_not_be_written_to_is_the_users_to_mend():
    """Nobody makes a file in /sys, not even root."""
    collect()
    for kind in ("csv", "parquet", "hdf5"):
        done = data("export", NAME, "--to", kind, "-o", f"/sys/it.{kind}")
        assert done.exit_code == 2 and "cannot write to the folder '/sys'" in done.stderr
        assert "choose another file with -o" in done.stderr and "Errno" not in done.stderr


@pytest.mark.parametrize("words", [["list"], ["show", NAME]])
def test_a_root_that_is_a_file_is_named(words, root):
    root.write_text("")
    done = data(*words)
    assert (done.exit_code, done.stdout) == (
        2,
        "",
    ) and f"'{root}', the folder of datasets, is not a folder" in done.stderr


def test_metadata_that_cannot_be_read_says_which_folder_is_in_the_way():
    collect()
    (folder_of(NAME) / "data/metadata.json").write_text("{")
    done = data("show", NAME)
    assert done.exit_code == 2 and f"delete the folder '{folder_of(NAME)}' or move it elsewhere, and" in done.stderr


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        ("random", "netgym/custom/random-v0"),
        ("custom/random", "netgym/custom/random-v0"),
        ("random-v3", "netgym/custom/random-v0"),
        ("netgym/custom/randon-v0", "netgym/custom/random-v0"),
        ("netgym/nqos/random-v0", "netgym/custom/random-v0"),
        ("networkgym/buf-v0", None),
        ("netgym/custom/iql-v0", None),
        ("nobody", None),
    ],
)
def test_only_a_near_id_is_suggested(wanted, near):
    for name in ("ppo", "random", "constant"):
        collect(f"netgym/custom/{name}-v0", seeds=(0,), per_seed=1, steps=1)
    done = data("show", wanted)
    assert done.exit_code == 2 and ("Did you mean" in done.stderr) == (near is not None)
    assert near is None or f"Did you mean '{near}'?" in done.stderr
    assert "-v" not in wanted or "Known: netgym/custom/constant-v0, netgym/custom/ppo-v0" in done.stderr
