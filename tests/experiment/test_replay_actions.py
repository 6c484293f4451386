"""Recorded actions, done once more, lead to the same; one that was changed is found at its step."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.experiment.replay_actions import replay_actions
from tests.experiment.test_loaded_agent import trained
from tests.runs.test_recorded_table import recording
from tests.support.engine import run_config


def netgym(*words):
    return CliRunner().invoke(app, words)


def change(run, row, action):
    """Replaces the action of a row."""
    path = run / "metrics" / "recorded.parquet"
    table = pq.read_table(path)
    actions = table["action"].to_pylist()
    actions[row] = action
    place = table.column_names.index("action")
    pq.write_table(table.set_column(place, "action", pa.array(actions, table.schema.field("action").type)), path)
    return table.slice(row, 1).to_pylist()[0]


@pytest.mark.parametrize(
    ("agent", "keys"),
    [
        ("system_default", {}),
        ("cleanrl_ppo", {"n_envs": 3, "n_steps": 2, "adapter": "tests.support.many_toys:ManyToys"}),
        pytest.param("ppo", {"n_envs": 3, "n_steps": 2}, marks=pytest.mark.long),
        pytest.param("random", {"adapter": "tests.support.toy:ToyChoices"}, marks=pytest.mark.long),
    ],
)
def test_recorded_actions_lead_to_the_same(agent, keys, tmp_path):
    done = replay_actions(trained(recording(agent, **keys), tmp_path / "run"))
    assert done.equal and done.found.rows.keys() == {
        *("steps.parquet", "recorded.parquet", "stats.parquet", "episodes.csv", "sessions.csv")
    }
    assert done.found.rows["recorded.parquet"] == 16 * keys.get("n_envs", 1)


def test_an_action_that_was_changed_is_found_at_its_step(tmp_path):
    run = trained(recording(), tmp_path / "run")
    row = change(run, 5, [0.0, 0.0, 1.0])
    done = netgym("replay", str(run), "--actions", "--json")
    told = json.loads(done.stdout)
    where = f"session {row['session']}, env 0, episode {row['episode']}, step {row['step']}"
    assert done.exit_code == 1 and (row["episode"], row["step"]) == (1, 1)
    assert told["differences"][0]["file"] == "metrics/steps.parquet" and told["differences"][0]["where"] == where


def test_an_action_that_cannot_be_is_found_at_its_step(tmp_path):
    run = trained(recording(), tmp_path / "run")
    change(run, 6, [np.nan, 0.0, 1.0])
    done = netgym("replay", str(run), "--actions")
    first = done.stdout.splitlines()[0]
    assert done.exit_code == 1 and "recorded.parquet: session 0, env 0, episode 1, step 2: action array" in first


def test_a_run_that_recorded_nothing_is_told_how_to(tmp_path):
    run = trained(run_config(), tmp_path / "run")
    with pytest.raises(ConfigError, match="train with record=true"):
        replay_actions(run)
    assert netgym("replay", str(run), "--actions", "-o", str(tmp_path / "new")).exit_code == 2
