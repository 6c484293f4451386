"""Trainings in four simulators on ns-3, behind a channel and of Gymnasium: equal on one core and on all."""

import os

import pandas as pd
import pytest

from tests.faults.outcome import Tables
from tests.faults.program import Program
from tests.sessions.test_parallel_sessions import weights

SIZE = ["agent.n_envs=4", "sessions=[{},{}]", "env.episodes_per_session=2", "evaluate_at_end=0"]
SMALL = {
    "ppo": ["agent.n_steps=10", "agent.batch_size=10"],
    "sac": ["agent.learning_starts=20", "agent.batch_size=16"],
    "td3": ["agent.learning_starts=20", "agent.batch_size=16"],
}
CASES = [
    *((agent, ["env=rmcat", "env.steps_per_episode=20"]) for agent in SMALL),
    ("ppo", ["env=rmcat", "env.steps_per_episode=20", "channel=mobile"]),
    ("sac", ["env=rmcat", "env.steps_per_episode=20", "channel.action=ns3_wifi"]),
    ("ppo", ["env=gym", "env.id=CartPole-v1", "env.steps_per_episode=20"]),
    ("td3", ["env=gym", "env.id=Pendulum-v1", "env.steps_per_episode=20"]),
]


@pytest.mark.ns3
@pytest.mark.long
@pytest.mark.parametrize(
    ("agent", "words"), CASES, ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_one_core_and_all_cores_give_the_same(agent, words, workdir):
    for name, cores in (("one", {min(os.sched_getaffinity(0))}), ("all", os.sched_getaffinity(0))):
        pinned = {"preexec_fn": lambda cores=cores: os.sched_setaffinity(0, cores)}
        command = ["train", *words, f"agent={agent}", *SMALL[agent], *SIZE, f"hydra.run.dir={name}"]
        with Program(command, workdir, **pinned) as program:
            assert program.end(600) == 0, program.errors
            assert program.orphans() == []
    one, several = Tables.of(workdir / "one"), Tables.of(workdir / "all")
    for name in ("steps", "stats", "episodes", "sessions"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(several, name), check_exact=True)
    assert weights(workdir / "one") == weights(workdir / "all")
    if "env=rmcat" in words:
        assert len(one.steps) == 2 * 2 * 20 * 4
