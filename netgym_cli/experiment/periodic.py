"""Evaluations on the way through a training, and the model that was best in them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

from netgym_cli.agents.base import Agent
from netgym_cli.common.seeds import FirstSeed, fresh_seeds
from netgym_cli.config.schema import RunConfig
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.record import RunRecord
from netgym_cli.runs.tables import CsvTable
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.wrappers.build import open_env


class PeriodicEvaluation:
    """Lets the policy of a training act on networks of its own, an episode on each; nothing is learnt from them.

    All evaluations of a run have the same networks, so what changes from one to the next is the policy. Their steps are
    in none of the run's tables but `evaluations.csv`, which has a row for each evaluation.

    Args:
        config: the run's; its agent has `evaluate_every_steps` and `evaluation_episodes`.
        folder: the run's.
        met: seeds that the training meets, or has met before.
        continued: whether the run goes on, with the evaluations that its table holds.

    Attributes:
        every: steps of the training between two evaluations.
        seeds: of the networks, one each.
    """

    def __init__(
        self, config: RunConfig, folder: RunFolder, met: Collection[int | None], continued: bool = False
    ) -> None:
        agent: Any = config.agent
        self.every: int = agent.evaluate_every_steps
        self.seeds = fresh_seeds(agent.evaluation_episodes, met, FirstSeed.ON_THE_WAY)
        self._plan = Plan((replace(config.env, episodes_per_session=1),) * len(self.seeds), self.seeds)
        self._env = open_env(config)
        self._best = max(_returns(folder), default=None) if continued else None
        self._table = CsvTable(folder.evaluations_path, continued)

    def measure(self, act: Callable[[Any], Any], steps: int) -> tuple[float, bool]:
        """The mean return of a policy, and whether it is above those of all evaluations before.

        Args:
            act: maps an observation of the run's environment to an action.
            steps: steps that the policy has been trained for.

        Raises:
            SimulatorError: a simulator failed.
        """
        sessions, total = SequentialSessions(self._env, self._plan), 0.0
        while not sessions.finished:
            observation, _ = sessions.reset()
            over = False
            while not over:
                observation, reward, terminal, truncated, _ = sessions.step(act(observation))
                total += reward
                over = terminal or truncated
        mean = total / len(self.seeds)
        best = self._best is None or mean > self._best
        if best:
            self._best = mean
        self._table.write({"step": steps, "return": mean, "best": best})
        return mean, best

    def close(self) -> None:
        """Releases the simulator and completes the table; harmless when called twice."""
        self._env.close()
        self._table.close()


def _returns(folder: RunFolder) -> list[float]:
    """Those in the table of a run's evaluations."""
    if not folder.evaluations_path.is_file():
        return []
    with folder.evaluations_path.open(newline="") as file:
        return [float(row["return"]) for row in csv.DictReader(file)]


@contextmanager
def evaluated_on_the_way(
    agent: Agent[Any], config: RunConfig, record: RunRecord, plan: Plan, continued: bool = False
) -> Iterator[None]:
    """Inside it the agent of a run has the evaluations that its config asks for; the record tells their seeds."""
    if agent.needs_dataset or not getattr(config.agent, "evaluate_every_steps", 0):
        yield
        return
    evaluations = PeriodicEvaluation(config, record.folder, {*plan.all_seeds, *agent.training_seeds()}, continued)
    record.content["selected_on"] = list(evaluations.seeds)
    with closing(evaluations):
        agent.evaluations = evaluations
        yield
