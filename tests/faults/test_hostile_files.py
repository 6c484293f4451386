"""Files that somebody made to break a reader: each is refused in a line, at once, and nothing unfolds or waits."""

import json
import os
import shutil

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.bounded import read_bytes, read_json, read_yaml
from netgym_cli.datasets import folder_of
from tests.conftest import REPO
from tests.support.collected import NAME, collect

DEEP = "[" * 100_000
TERABYTES = 2**39  # values of 8 bytes
EARLIER = REPO / "tests" / "compat" / "last_release" / "run"
BOMB = "b0: &b0 [x, x]\n" + "".join(f"b{k}: &b{k} [*b{k - 1}, *b{k - 1}, *b{k - 1}]\n" for k in range(1, 40))

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    return CliRunner().invoke(app, words)


def pipe(path):
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def told(done, *, code):
    return done.exit_code == code and len(done.stderr.splitlines()) == 1 and "Error:" not in done.stderr


@pytest.mark.parametrize("damage", [pipe, lambda path: path.write_text(DEEP)], ids=["a pipe", "deep"])
@pytest.mark.parametrize("verb", ["show", pytest.param("check", marks=pytest.mark.long), "list"])
def test_metadata_of_an_episode(damage, verb):
    collect()
    damage(folder_of(NAME) / "data/1/metadata.json")
    done = netgym("data", verb, *([] if verb == "list" else [NAME]))
    assert done.exit_code == (0 if verb == "list" else 1) and "Traceback" not in done.output
    assert verb != "show" or told(done, code=1)


@pytest.mark.parametrize(
    "verb", ["show", *(pytest.param(verb, marks=pytest.mark.long) for verb in ("check", "export"))]
)
def test_a_space_that_no_number_can_count(verb):
    collect()
    path = folder_of(NAME) / "data/metadata.json"
    metadata = json.loads(path.read_text())
    space = {"type": "Discrete", "dtype": "int64", "start": 0, "n": 10**30}
    path.write_text(json.dumps(metadata | {"action_space": json.dumps(space)}))
    done = netgym("data", verb, NAME, *(["--to", "csv"] if verb == "export" else []))
    assert "does not describe a dataset" in done.output
    assert verb == "check" or told(done, code=2)


@pytest.mark.parametrize("damage", [pipe, lambda path: path.write_text(DEEP)], ids=["a pipe", "deep"])
def test_metadata_of_a_dataset(damage):
    collect()
    damage(folder_of(NAME) / "data/metadata.json")
    assert told(netgym("data", "show", NAME), code=2)
    assert netgym("data", "list").exit_code == 0


def test_an_episode_of_terabytes_in_a_small_file():
    collect()
    folder = folder_of(NAME)
    path = folder / "data/metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"data_format": "hdf5", "total_episodes": 1}))
    with h5py.File(folder / "data/main_data.hdf5", "w") as file:
        episode = file.create_group("episode_0")
        episode.attrs.update({"id": 0, "total_steps": 1})
        for name in ("observations", "actions", "rewards", "terminations", "truncations"):
            episode.create_dataset(name, (TERABYTES,), np.float64, chunks=True)
    assert (folder / "data/main_data.hdf5").stat().st_size < 2**20
    done = netgym("data", "export", NAME, "--to", "csv")
    assert told(done, code=1) and "bytes, and this machine has" in done.stderr


@pytest.mark.parametrize("file", ["run.json", ".hydra/config.yaml", ".hydra/hydra.yaml", "manifest.json"])
@pytest.mark.parametrize(
    "damage",
    [pipe, lambda path: path.write_text(DEEP), lambda path: path.write_text(BOMB)],
    ids=["a pipe", "deep", "aliases"],
)
def test_files_of_a_run(workdir, file, damage):
    folder = shutil.copytree(EARLIER, workdir / "run")
    damage(folder / file)
    done = netgym("evaluate", "run", "env.num_users=0")  # 2 in any case
    assert told(done, code=2)


def test_a_configuration_of_networkgym_whose_comments_do_not_end(workdir):
    (workdir / "a.json").write_text('{"env": "custom"}\n\n' + "/* " * 200_000)
    done = netgym("import-config", "a.json")
    assert told(done, code=2) and "line 3: not JSON: the comment that begins there does not end" in done.stderr


def test_the_command_that_an_import_proposes_is_quoted(workdir):
    (workdir / "a.json").write_text('{"env_name": "custom", "random_seed": "1; touch PWNED #"}')
    done = netgym("import-config", "a.json", "--env", "custom")
    if done.exit_code == 0:
        command = done.stdout.splitlines()[-1]
        assert "touch" not in command or "'seed=1; touch PWNED #'" in command


def test_what_is_read_has_bounds(tmp_path):
    pipe(tmp_path / "pipe")
    (tmp_path / "deep.json").write_text(DEEP)
    (tmp_path / "deep.yaml").write_text(DEEP)
    (tmp_path / "bomb.yaml").write_text(BOMB)
    (tmp_path / "itself.yaml").write_text("a: &a [*a]\n")
    (tmp_path / "large").write_bytes(b"x" * 100)
    for read, name in (
        (read_bytes, "pipe"),
        (read_json, "deep.json"),
        (read_yaml, "deep.yaml"),
        (read_yaml, "bomb.yaml"),
        (read_yaml, "itself.yaml"),
        (lambda path: read_bytes(path, 99), "large"),
    ):
        with pytest.raises(ValueError, match=r"regular|deep|values|more than"):
            read(tmp_path / name)
    (tmp_path / "few.yaml").write_text("a: &a [1, 2]\nb: *a\n")
    assert read_yaml(tmp_path / "few.yaml") == {"a": [1, 2], "b": [1, 2]}
