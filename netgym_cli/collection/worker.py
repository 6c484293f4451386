"""The program of a process that collects sessions: it stores each episode as it ends, and tells of it."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from netgym_cli.collection.changes import why_different
from netgym_cli.collection.episode_recorder import EpisodeRecorder
from netgym_cli.common.errors import DatasetError
from netgym_cli.common.machine import machine
from netgym_cli.datasets import Episode
from netgym_cli.datasets.writer import add
from netgym_cli.experiment.task import Task
from netgym_cli.jobs.worker import Emit, serve
from netgym_cli.simulators.stats import Layout


@dataclass(frozen=True)
class Job:
    """One session to collect.

    Attributes:
        task: the line of a `Task`: environment, agent, seed and number of episodes.
        folder: the dataset's folder.
        first: number of the session's first episode in the dataset.
        missing: numbers in the session of the episodes that are to be stored.
        known: SHA-256 of episodes that were stored before, damaged ones too, by their number in the session.
    """

    task: str
    folder: str
    first: int
    missing: list[int]
    known: dict[str, str]

    def line(self) -> str:
        """The job as one line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Self:
        """The job that `line` wrote."""
        return cls(**json.loads(line))


def collect(line: str, emit: Emit) -> dict[str, Any]:
    """Plays the session of the job in `line` and stores what is missing.

    Raises:
        DatasetError: an episode that was stored before came out differently.
        SimulatorError, OSError: the simulator failed, or the disk refused an episode; those before it are kept.
    """
    job = Job.from_line(line)
    task = Task.from_line(job.task)

    def store(session: int, k: int, episode: Episode, layout: Layout) -> None:
        if job.known.get(str(k)) not in (None, episode.digest()):
            raise DatasetError(
                f"episode {k} of seed {task.config.seed} is stored in '{job.folder}', and played again it came out "
                f"differently: {why_different(Path(job.folder))}"
            )
        if k in job.missing:
            about = {"seed": task.config.seed, "episode": k}
            stored = Episode(**{**vars(episode), "about": about})
            add(Path(job.folder), job.first + k, stored, env.observation_space, env.action_space)
        sim_s = (episode.infos["sim_time_ms"][-1] - episode.infos["sim_time_ms"][0]) / 1e3
        rows = [[row.source, row.name, row.unit, list(row.ids)] for row in layout.rows]
        emit({"episode": job.first + k, "new": k in job.missing, "sim_s": sim_s, "layout": rows, "machine": machine()})

    with closing(task.sessions(EpisodeRecorder(store))) as env:
        task.agent().rollout(env, task.config.seed)
    return {}


if __name__ == "__main__":
    serve(collect)
