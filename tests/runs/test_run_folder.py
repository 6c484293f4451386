"""What a RunFolder says of a run, whatever of it is there."""

import json

import pytest
from omegaconf import OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.runs.below import runs_in
from netgym_cli.runs.folder import RunFolder


@pytest.fixture
def run(tmp_path):
    """A run folder as Hydra and a run make it, before any episode has ended."""
    folder = tmp_path / "run"
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "config.yaml").write_text("seed: 3\nenv: {name: toy, seed: '${seed}'}\n")
    choices = "{env: far, channel: null, hydra/launcher: basic}"
    (folder / ".hydra" / "hydra.yaml").write_text(f"hydra: {{runtime: {{choices: {choices}}}}}\n")
    (folder / ".hydra" / "overrides.yaml").write_text("- env=far\n- seed=3\n")
    (folder / "run.json").write_text(json.dumps({"status": "running", "seeds": [3, None, 4], "learnt_on": [9]}))
    return RunFolder(folder)


def test_a_run_tells_of_itself(run):
    assert run.holds_run and run.record()["status"] == "running"
    assert run.choices() == {"env": "far", "hydra/launcher": "basic"}
    assert run.overrides() == ["env=far", "seed=3"]
    assert run.seeds() == {3, 4, 9}
    assert run.config() == {"seed": 3, "env": {"name": "toy", "seed": "${seed}"}}
    assert run.episodes().empty


def test_a_saved_config_has_no_interpolations(run):
    run.save_config(OmegaConf.create(run.config()))
    assert run.config() == {"seed": 3, "env": {"name": "toy", "seed": 3}}


def test_a_run_of_an_older_netgym_tells_what_it_can(run):
    (run.path / ".hydra" / "hydra.yaml").unlink()
    (run.path / "run.json").write_text('{"status": "complete", "seeds": [5]}')
    assert (run.choices(), run.seeds()) == ({}, {5})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("run.json", None, "holds no run (run.json is missing)"),
        ("run.json", "{", "run.json cannot be read"),
        ("run.json", "[]", "run.json holds no record of a run"),
        (".hydra/config.yaml", None, "has no .hydra/config.yaml"),
        (".hydra/config.yaml", "a: [", "config.yaml cannot be read"),
        (".hydra/config.yaml", "[1, 2]", "config.yaml cannot be read: it is no mapping"),
    ],
)
def test_a_file_that_is_missing_or_damaged_is_named(run, name, content, message):
    (run.path / name).unlink()
    if content is not None:
        (run.path / name).write_text(content)
    with pytest.raises(ConfigError) as error:
        (run.record if name == "run.json" else run.config)()
    assert message in str(error.value)


def test_only_a_run_under_way_can_have_died(run):
    run.mark_dead("killed by SIGKILL")
    assert run.record()["error"] == {"type": "ProcessDied", "message": "killed by SIGKILL"}
    run.mark_dead("again")
    assert run.record()["error"]["message"] == "killed by SIGKILL"


def test_the_runs_of_a_grid_come_in_the_order_of_its_jobs(tmp_path):
    for name in ("10", "9", "extra"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
    assert [run.path.name for run in runs_in(tmp_path)] == ["extra", "9", "10"]
    assert [run.path for run in runs_in(tmp_path / "9")] == [tmp_path / "9"]
