"""Offline agents that are cut off and resumed equal those that nothing interrupted."""

import json

import pytest

from netgym_cli.experiment.resume import resume
from tests.agents.test_offline_agents import OFFLINE, configured, own_homes, place  # noqa: F401 - fixtures
from tests.experiment.test_loaded_agent import trained
from tests.support.interrupted import checkpoints_at, killed_at, outcome


@pytest.mark.long
@pytest.mark.parametrize("name", OFFLINE)
def test_killed_and_resumed_equals_uninterrupted(name, tmp_path):
    config = configured(name, "steps=40", "agent.evaluate_every_steps=15", "agent.evaluation_episodes=1")
    expected = outcome(trained(config, tmp_path / "whole"))
    for kill in (20, 33, 60):  # steps of evaluations, of which each has 25
        folder, left = tmp_path / f"run{kill}", tmp_path / f"left{kill}"
        with checkpoints_at(every=3):
            with killed_at(kill, folder, left):
                trained(config, folder)
            resume(left)
        assert outcome(left) == expected
        assert json.loads((left / "run.json").read_text())["resumed"][0]["from_step"] == kill // 25 * 25
