"""Checkpoints of a Stable-Baselines3 learner at the starts of rollouts, and its way back to one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import Logger, TensorBoardOutputFormat
from torch.utils.tensorboard import SummaryWriter

from netgym_cli.agents.base import ResumePoints
from netgym_cli.agents.sb3 import learner_state
from netgym_cli.agents.sb3.replay_rows import ReplayRows, place_of, refill


class LearnerCheckpoints:
    """Saves a learner whenever its run asks for it.

    Args:
        learner: not trained yet. If the run goes on, it is brought to where `learn` may be called, and by the first
            rollout to where it was.
        points: the run's.
    """

    def __init__(self, learner: BaseAlgorithm, points: ResumePoints) -> None:
        self._learner, self._points = learner, points
        self._buffer: Any = getattr(learner, "replay_buffer", None)
        saved = points.resumed
        self._resumed: Any = saved and saved.learner
        portions = saved.rows if saved else ()
        if self._resumed:
            learner_state.prepare(learner, self._resumed["learner"])
            if self._buffer is not None:
                refill(self._buffer, portions, self._resumed["replay"])
        self._rows = None if self._buffer is None else ReplayRows(self._buffer, self._added, portions)

    @property
    def _added(self) -> int:
        """Rows that the replay buffer has got so far."""
        assert self._learner.env is not None
        return self._learner.num_timesteps // self._learner.env.num_envs

    def rollout_starts(self) -> None:
        """The first one brings a learner that goes on to where it was; at later ones, checkpoints may be due."""
        if self._resumed:
            learner_state.restore(self._learner, self._resumed["learner"])
            self._resumed = None
        elif self._learner.num_timesteps and self._points.due:
            rows, whole = (None, True) if self._rows is None else self._rows.new(self._added)
            place = None if self._buffer is None else place_of(self._buffer)
            state = {"learner": learner_state.state_of(self._learner), "replay": place}
            self._points.save(self._learner.num_timesteps, state, rows, whole)


class _Board(TensorBoardOutputFormat):
    """TensorBoard's log of a run, in which what came after a step is void if the run goes on from there."""

    def __init__(self, folder: Path, purge_step: int | None) -> None:
        self.writer = SummaryWriter(log_dir=str(folder), purge_step=purge_step)
        self._is_closed = False


def board(folder: Path, from_step: int | None) -> Logger:
    """The learner's log in `folder`; with `from_step`, the log that is there goes on after that step."""
    folder.mkdir(parents=True, exist_ok=True)
    return Logger(str(folder), [_Board(folder, None if from_step is None else from_step + 1)])
