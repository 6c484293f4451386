"""`netgym data list`, `show`, `export` and `merge` on datasets as they lie on the disk."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import h5py
import minari
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from gymnasium import spaces
from minari.data_collector import EpisodeBuffer
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.datasets import Episode, folder_of, open_dataset, write_dataset
from netgym_cli.datasets.tools.action_coverage import coverage
from netgym_cli.datasets.tools.show_text import histogram, ranges
from tests.datasets.test_datasets import SPACES
from tests.datasets.test_datasets import episode as made_up
from tests.support.collected import NAME, collect, rewarded, with_metadata

pytestmark = pytest.mark.usefixtures("workdir")


def data(*words):
    return CliRunner().invoke(app, ["data", *words])


def told(*words):
    done = data(*words, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def elsewhere(dataset_id, data_format):
    """A dataset that Minari alone has made."""
    buffers = [
        EpisodeBuffer(
            seed=seed,
            observations=[np.full(2, seed + k, np.float32) for k in range(4)],
            actions=[np.int64(k % 2) for k in range(3)],
            rewards=[1.0, 2.0, 3.0],
            terminations=[False] * 3,
            truncations=[False, False, True],
        )
        for seed in range(2)
    ]
    minari.create_dataset_from_buffers(
        dataset_id,
        buffers,
        observation_space=spaces.Box(-10, 10, (2,), np.float32),
        action_space=spaces.Discrete(2),
        algorithm_name="somebody",
        data_format=data_format,
    )


def test_an_empty_folder_says_where_it_looked_and_what_to_do(root):
    done = data("list")
    assert done.exit_code == 0
    assert str(root) in done.stdout and "netgym collect" in done.stdout
    assert told("list") == []


def test_the_list_tells_who_collected_what_and_whether_it_is_complete():
    collect()
    collect("netgym/custom/half-v0", seeds=(1,), complete=False)
    elsewhere("other/thing-v0", "hdf5")
    half, mine, other = told("list")
    assert (mine["id"], mine["env"], mine["agent"], mine["episodes"], mine["steps"]) == (
        NAME, "custom", "system_default", 6, 60,
    )  # fmt: skip
    assert mine["size_mb"] > 0
    assert [half["complete"], mine["complete"], other["complete"]] == [False, True, None]
    assert other["agent"] == "somebody"
    rows = data("list").stdout.splitlines()
    assert [row.split()[-1] for row in rows[1:3]] == ["no", "yes"]


def test_the_list_survives_metadata_that_cannot_be_read():
    collect()
    (folder_of(NAME) / "data" / "metadata.json").write_text("{")
    (one,) = told("list")
    assert one["episodes"] is None
    (folder_of(NAME) / "data" / "metadata.json").write_text(
        '{"netgym": 3, "dataset_id": "\\u001b[2J", "env_spec": "["}'
    )
    assert data("list").exit_code == 0


def test_show_averages_the_episodes_of_a_seed_before_it_estimates():
    collect(seeds=range(5), per_seed=3, change=lambda one: replace(one, rewards=np.full(10, float(one.about["seed"]))))
    found = told("show", NAME)
    assert found["return"]["mean"] == pytest.approx(20)
    assert found["return"]["seeds"] == 5  # not 15: episodes of a session share a network
    assert found["reward"]["mean"] == pytest.approx(2)
    assert 0 <= found["return"]["low"] < 20 < found["return"]["high"] <= 40
    assert found["seeds"] == [0, 1, 2, 3, 4] and found["samples"] == "seeds"
    assert sum(found["returns"]["counts"]) == 15
    assert found["default_action"] == 0.5
    text = data("show", NAME).stdout
    assert "over 5 seeds, each averaged first" in text and "CC-BY-4.0" in text and "█" in text


def test_show_tells_which_part_of_a_box_the_actions_cover():
    collect(seeds=(0,), per_seed=1, steps=400, change=lambda one: replace(one, actions=one.actions * np.float32(0.5)))
    first, *_ = told("show", NAME)["actions"]
    assert first["name"] == "0 sending rate / max_rate_mbps"
    low, _, middle, _, high = first["quantiles"]
    assert 0 <= low < 0.05 < 0.2 < middle < 0.3 < 0.45 < high <= 0.5
    assert first["visited"] == 0.5


def test_show_does_not_read_what_it_does_not_need(root):
    """A measurement column that cannot be decoded does not stop it."""
    collect(seeds=(0,), per_seed=1)
    part = folder_of(NAME) / "data/0/part-0.parquet"
    place = pq.ParquetFile(part).metadata.row_group(0)
    columns = {place.column(k).path_in_schema: place.column(k) for k in range(place.num_columns)}
    stats = next(column for name, column in columns.items() if "stats" in name)
    content = bytearray(part.read_bytes())
    begin = stats.dictionary_page_offset or stats.data_page_offset
    content[begin : begin + stats.total_compressed_size] = b"\xff" * stats.total_compressed_size
    part.write_bytes(content)
    assert told("show", NAME)["return"]["mean"] < 0
    assert data("export", NAME, "--to", "csv").exit_code == 1


def test_what_stands_in_the_metadata_cannot_steer_the_terminal():
    collect(label="\x1b[2Jagent", licence="\x1b]0;x\x07")
    assert "\x1b" not in data("show", NAME).stdout + data("list").stdout


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_flat_table_holds_every_step(kind):
    collect()
    done = data("export", NAME, "--to", kind, "-o", "flat")
    assert done.exit_code == 0, done.stderr
    frame = pd.read_parquet("flat") if kind == "parquet" else pd.read_csv("flat")
    episodes = list(open_dataset(NAME).episodes())
    assert len(frame) == 60
    for number, one in enumerate(episodes):
        rows = frame[frame["episode"] == number]
        assert rows["step"].tolist() == list(range(10)) and set(rows["seed"]) == {one.about["seed"]}
        flat = one.observations.reshape(11, -1)
        for k in range(9):
            np.testing.assert_allclose(rows[f"observation_{k}"], flat[:-1, k], rtol=1e-6)
            np.testing.assert_allclose(rows[f"next_observation_{k}"], flat[1:, k], rtol=1e-6)
        np.testing.assert_allclose(rows["action_2"], one.actions[:, 2], rtol=1e-6)
        np.testing.assert_array_equal(rows["reward"], one.rewards)
        np.testing.assert_array_equal(rows["truncation"], one.truncations)
        np.testing.assert_array_equal(rows["default_action"], one.infos["default_action"][:10])
        np.testing.assert_array_equal(rows["kpi_rate_mbps"], one.infos["kpi_rate_mbps"][1:])  # of the step's interval


@pytest.mark.parametrize("kind", SPACES)
def test_every_space_has_its_columns_and_arrays(kind):
    one = made_up(*SPACES[kind])
    write_dataset("netgym/it-v0", *SPACES[kind], [one])
    for target in ("hdf5",) if kind == "image" else ("parquet", "hdf5"):  # 24 thousand columns are slow
        done = data("export", "netgym/it-v0", "--to", target, "-o", f"it.{target}")
        assert done.exit_code == 0, done.stderr
    frame = None if kind == "image" else pd.read_parquet("it.parquet")
    with h5py.File("it.hdf5") as file:
        if kind == "dict":
            np.testing.assert_array_equal(frame["observation_x_1"], one.observations["x"][:-1, 1])
            np.testing.assert_array_equal(frame["next_observation_y"], one.observations["y"][1:])
            np.testing.assert_array_equal(file["observations/x"], one.observations["x"][:-1])
        elif kind == "tuple":
            np.testing.assert_array_equal(frame["observation_0_0"], one.observations[0][:-1])
            np.testing.assert_array_equal(file["next_observations/1"], one.observations[1][1:])
        else:
            flat = one.observations.reshape(len(one) + 1, -1)
            if frame is not None:
                np.testing.assert_array_equal(frame[f"observation_{flat.shape[1] - 1}"], flat[:-1, -1])
            np.testing.assert_array_equal(file["observations"], one.observations[:-1])
            np.testing.assert_array_equal(file["actions"], one.actions)


def test_hdf5_is_d4rls_layout_with_all_the_metadata():
    collect(plan=[[seed, 2] for seed in range(20_000)])  # longer than the 64 KiB of a compact attribute
    assert data("export", NAME, "--to", "hdf5", "-o", "it.hdf5").exit_code == 0
    episodes = list(open_dataset(NAME).episodes())
    with h5py.File("it.hdf5") as file:
        for name, dtype in (("rewards", np.float32), ("terminals", bool), ("timeouts", bool)):
            assert file[name].shape == (60,) and file[name].dtype == dtype
        np.testing.assert_array_equal(file["observations"], np.concatenate([one.observations[:-1] for one in episodes]))
        np.testing.assert_array_equal(file["next_observations"][9], episodes[0].observations[-1])
        assert np.flatnonzero(file["timeouts"]).tolist() == [9, 19, 29, 39, 49, 59]
        assert len(json.loads(file.attrs["metadata"])["netgym"]["plan"]) == 20_000


def test_an_export_overwrites_nothing_and_leaves_no_half_file(tmp_path):
    collect()
    (tmp_path / "there.csv").write_text("mine")
    done = data("export", NAME, "--to", "csv", "-o", "there.csv")
    assert (done.exit_code, (tmp_path / "there.csv").read_text()) == (2, "mine")
    assert "exists already" in done.stderr
    done = data("export", NAME, "--to", "csv", "-o", "nowhere/it.csv")
    assert (done.exit_code, "no folder 'nowhere'" in done.stderr) == (2, True)
    before = sorted(tmp_path.iterdir())
    (folder_of(NAME) / "data/5/part-0.parquet").write_bytes(b"PAR1")
    for kind in ("csv", "parquet", "hdf5"):
        done = data("export", NAME, "--to", kind)
        assert (done.exit_code, "episode 5" in done.stderr) == (1, True)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("kind", ["csv", "parquet", "hdf5"])
def test_a_full_disk_is_one_message_and_leaves_nothing(kind, tmp_path):
    collect(seeds=range(20), steps=100)
    limited = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)); "
        f"from netgym_cli.cli.app import app; app(['data', 'export', '{NAME}', '--to', '{kind}', '-o', 'it'])"
    )
    done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True)
    assert (done.returncode, len(done.stderr.splitlines()), "too large" in done.stderr) == (1, 1, True), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["datasets"]


def test_a_dataset_without_episodes_is_shown_and_not_exported():
    collect(seeds=())
    assert told("show", NAME)["episodes"] == 0
    assert data("show", NAME).exit_code == 0
    assert data("export", NAME, "--to", "csv").exit_code == 2


@pytest.mark.parametrize("verb", ["show", "check", "export", "merge"])
def test_an_unknown_dataset_gets_the_nearest_id(verb):
    collect()
    more = {"export": ["--to", "csv"], "merge": [NAME, "--name", "a/b-v0"]}.get(verb, [])
    done = data(verb, "netgym/custom/system_defualt-v0", *more)
    assert done.exit_code == 2
    assert f"Did you mean '{NAME}'?" in done.stderr and len(done.stderr.splitlines()) == 1


def test_waiting_and_half_written_episodes_are_told():
    collect(complete=False)
    (folder_of(NAME) / ".waiting/7").mkdir(parents=True)
    (folder_of(NAME) / ".waiting/.8.123").mkdir()
    assert "1 whole episode; half-written, never read: 1" in data("show", NAME).stdout


def test_a_metadata_that_names_code_runs_none(monkeypatch):
    collect()
    with_metadata(NAME, env={"name": "antigravity:fly"})
    assert told("show", NAME)["actions"][0]["name"] == "0"
    with_metadata(NAME, env={"name": "gym", "id": "antigravity:Fly-v0", "kwargs": None})
    assert told("show", NAME)["actions"][0]["name"] == "0"
    assert "antigravity" not in sys.modules


def test_coverage_counts_choices():
    found = coverage(spaces.MultiDiscrete([3, 2], start=[1, 0]), [np.array([[1, 0], [3, 0]]), np.array([[1, 1]])])
    assert [one.counts for one in found] == [{1: 2, 2: 0, 3: 1}, {0: 2, 1: 1}]


def test_the_longest_bar_is_the_largest_count():
    lines = list(histogram([0.0, 1.0, 2.0], [1, 4]))
    assert [line.count("█") for line in lines] == [10, 40]


def test_seeds_are_told_as_ranges():
    assert ranges([0, 1, 2, 5, 7, 8]) == "0..2, 5, 7..8"


def test_rewards_that_are_not_finite_are_told_and_not_averaged():
    collect(change=lambda one: rewarded(one, 3, np.nan))
    assert "not finite" in data("show", NAME).stdout
    assert isinstance(next(open_dataset(NAME).episodes()), Episode)


def test_edges_of_a_histogram_can_be_told_apart():
    near = [3.5600001 + k * 1e-7 for k in range(11)]
    ends = [line.split()[0] for line in histogram(near, [1] * 10)]
    assert len(set(ends)) == 10
    for rewards in ([3.56] * 4, [3.56, 3.56 + 1e-15]):
        collect("netgym/custom/even-v0", seeds=tuple(range(len(rewards))), per_seed=1, steps=1,
                change=lambda one, rewards=rewards: rewarded(one, 0, rewards[one.about["seed"]]))  # fmt: skip
        assert told("show", "netgym/custom/even-v0")["returns"]["counts"] == [len(rewards)]
        lines = data("show", "netgym/custom/even-v0").stdout.splitlines()
        assert lines[lines.index("episodes by return") + 1].split()[::2] == ["3.56", f"{len(rewards)}"]
        shutil.rmtree(folder_of("netgym/custom/even-v0"))
