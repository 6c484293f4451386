"""The commands of docs/policies.md are understood; `make test-long` runs them, on the twin and shorter."""

import re
import shlex

import pytest
from typer.testing import CliRunner

from netgym_cli.agents.entities import axes_for
from netgym_cli.cli.app import app
from netgym_cli.config.compose import compose
from netgym_cli.envs.base import adapter_of, env_registry
from netgym_cli.experiment.config import typed_run
from tests.conftest import REPO

DOCUMENT = (REPO / "docs" / "policies.md").read_text()
TRAIN, EVALUATE = (shlex.split(line) for line in re.findall(r"^    netgym (.*)$", DOCUMENT, re.MULTILINE))


def composed(*more):
    """The run of the first command."""
    config = typed_run(compose([word for word in [*TRAIN[1:], *more] if not word.startswith("hydra.")]))
    config.validate()
    return config


def test_the_command_trains_one_policy_for_all_users_and_the_second_line_has_more_of_them():
    (users,) = [word for word in EVALUATE if "num_users" in word]
    five, eight = composed(), composed(users)
    assert (five.env.num_users, eight.env.num_users) == (5, 8)
    for config in (five, eight):
        adapter = adapter_of(config.env)
        axes_for(adapter, adapter.observation_space, adapter.action_space)


def test_the_table_names_the_environments_that_have_entities():
    for name in env_registry.names():
        if (entities := env_registry.load(name).entities) is not None:
            assert re.search(rf"`{name}`.*\| {entities} \|", DOCUMENT)


def test_the_table_of_rows_has_every_row_of_the_sets():
    rows = {
        name for kind in ("nqos_split", "dynamic_qos") for name in env_registry.load(kind).feature_sets["rich"].names
    }
    for name in rows:
        last = name.rpartition("::")[2]
        assert re.search(rf"^\| .*{last}`", DOCUMENT, re.MULTILINE), name


@pytest.mark.long
def test_a_policy_of_five_users_is_evaluated_on_eight(workdir):
    short = ["simulator=fluid", "sessions=2", "env.episodes_per_session=5", "evaluate_at_end=0"]
    done = CliRunner().invoke(app, [*TRAIN, *short])
    assert done.exit_code == 0, done.output
    told = CliRunner().invoke(app, [*EVALUATE, "episodes=1", "seeds=2"])
    assert told.exit_code == 0 and "throughput_argmax" in told.output, told.output
