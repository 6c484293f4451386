"""`sweep.json`: written once, read only as it was written, and compared with what is asked for."""

import json

import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.jobs import sweep_file
from netgym_cli.jobs.sweep_file import Point, SweepFile, differences

POINTS = [Point(number, str(number), ("env=toy", f"seed={number}"), "0" * 64) for number in range(3)]


@pytest.fixture
def described():
    said = {"command": ["netgym", "sweep"], "config_dirs": ["conf"], "overrides": ["env=toy", "seed=0,1,2"]}
    return SweepFile.new(POINTS, **said, hydra=[], n_jobs=None, retries=1)


def test_what_was_written_is_read(tmp_path, described):
    described.create(tmp_path)
    assert SweepFile.read(tmp_path) == SweepFile.read(tmp_path, trust=False) == described
    with pytest.raises(FileExistsError):
        described.create(tmp_path)


@pytest.mark.parametrize(
    ("old", "new"), [('"seed=1"', '"seed=7"'), ('"retries": 1', '"retries": 2'), ('"format": 1', '"format": 9')]
)
def test_a_changed_file_is_refused(tmp_path, described, old, new):
    described.create(tmp_path)
    path = tmp_path / "sweep.json"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ConfigError, match=r"was changed since it was written .* hydra.sweep.dir=PATH"):
        SweepFile.read(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"sha256": 1, "signature": 2}'])
def test_what_is_no_sweep_is_refused(tmp_path, text):
    (tmp_path / "sweep.json").write_text(text)
    with pytest.raises(ConfigError, match=r"cannot be read|was changed"):
        SweepFile.read(tmp_path)


def test_a_folder_without_a_sweep_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"holds no sweep \(sweep.json is missing\)"):
        SweepFile.read(tmp_path / "nope")


def test_a_sweep_of_somebody_else_needs_trust(tmp_path, described, another_user):
    described.create(tmp_path)
    another_user()
    assert SweepFile.read(tmp_path) == described
    with pytest.raises(ConfigError, match="does not bear your signature"):
        SweepFile.read(tmp_path, trust=False)


def test_another_version_goes_on_only_by_force(tmp_path, described, monkeypatch):
    monkeypatch.setattr(sweep_file, "__version__", "9.9")
    with pytest.raises(ConfigError, match=r"was begun by netgym .*, and this is 9.9, .* --force"):
        described.require_version(tmp_path, force=False)
    described.require_version(tmp_path, force=True)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ([["env=toy", "seed=0"]], "seed was 0,1,2, is 0"),
        ([["env=toy", f"seed={seed}", "steps=5"] for seed in range(3)], "steps was not given, is 5"),
        ([[f"seed={seed}"] for seed in range(3)], "env was toy, is not given"),
        ([[f"seed={seed}", "env=toy"] for seed in range(3)], "the same keys and values make other points, or come in"),
    ],
)
def test_another_grid_is_told_by_what_differs(described, now, told):
    (difference,) = differences([point.overrides for point in POINTS], now)
    assert difference.startswith(told)
    with pytest.raises(ConfigError, match="a sweep of another grid of 3 jobs"):
        described.require_same("there", now, [])


def test_the_same_grid_is_taken_and_other_words_for_hydra_are_not(tmp_path, described):
    grid = [list(point.overrides) for point in POINTS]
    described.require_same(tmp_path, grid, [])
    described.require_same(tmp_path, grid[::-1], [])  # as shuffle() makes it
    with pytest.raises(ConfigError, match=r"Hydra's own part was not given, is hydra.job.chdir=true"):
        described.require_same(tmp_path, grid, ["hydra.job.chdir=true"])


def test_what_is_written_is_plain_json(tmp_path, described):
    described.create(tmp_path)
    content = json.loads((tmp_path / "sweep.json").read_text())
    assert content["points"][2] == {"number": 2, "folder": "2", "overrides": ["env=toy", "seed=2"], "config": "0" * 64}
    assert {"netgym", "created_at", "command", "cwd", "git", "n_jobs", "retries", "sha256"} <= content.keys()
