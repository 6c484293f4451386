"""A run on ns-3 that was cut off and resumed has the same delays of packets as one that nothing interrupted."""

import pytest

from netgym_cli.config.compose import Composer
from netgym_cli.experiment.config import run_of
from netgym_cli.experiment.resume import resume
from tests.experiment.test_loaded_agent import trained
from tests.support.interrupted import checkpoints_at, killed_at, outcome


@pytest.mark.ns3
@pytest.mark.long
def test_killed_and_resumed_has_the_same_delays(tmp_path):
    words = ("env=custom", "agent=cleanrl_ppo", "agent.n_steps=10", "agent.batch_size=5", "sessions=3")
    config = run_of(Composer([*words, "evaluate_at_end=null"]))
    expected = outcome(trained(config, tmp_path / "whole"))
    assert int(expected["delays.parquet, rows"]) == 60 * 5
    folder, left = tmp_path / "run", tmp_path / "left"
    with checkpoints_at():
        with killed_at(34, folder, left):
            trained(config, folder)
        resume(left)
    assert outcome(left) == expected
