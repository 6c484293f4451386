"""A collection: from a request to a complete dataset, or to a part of one that the same command continues."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from netgym_cli.collection.metadata import about, require_same
from netgym_cli.collection.plan import require_continues
from netgym_cli.collection.request import DEFAULT_AGENT, Request
from netgym_cli.collection.worker import Job
from netgym_cli.common.errors import ConfigError, DatasetError
from netgym_cli.common.provenance import now
from netgym_cli.common.space_text import distinct_texts
from netgym_cli.datasets import Dataset, DatasetWriter, open_dataset
from netgym_cli.datasets.integrity import is_complete
from netgym_cli.datasets.paths import METADATA, require_place, writing
from netgym_cli.datasets.schema import as_stored, require_storable
from netgym_cli.datasets.writer import STAGING
from netgym_cli.envs.base import Adapter, env_registry
from netgym_cli.experiment.task import Task
from netgym_cli.jobs.pool import SessionFailed, run_all
from netgym_cli.jobs.progress import progress
from netgym_cli.wrappers.build import open_env
from netgym_cli.wrappers.required_simulators import check_simulators, prepare_simulators

WORKER = "netgym_cli.collection.worker"
NAMED = 5  # episodes that a note lists
PUBLISH_S = 1.0  # an episode that waits so long is not lost, and counting each at once would cost the workers' time


@dataclass(frozen=True)
class Collected:
    """The result of a collection.

    Attributes:
        dataset_id, folder: the dataset.
        episodes, steps: what it holds now.
        new_episodes: how many of them this collection played and stored.
        dropped: half-written episodes of an earlier one that were thrown away.
        damaged, missing: numbers of the new ones that had been there before, and why they were played again.
        wall_s, sim_s: seconds that passed on the clock and in the simulations.
    """

    dataset_id: str
    folder: Path
    episodes: int
    steps: int
    new_episodes: int = 0
    dropped: int = 0
    wall_s: float = 0.0
    sim_s: float = 0.0
    damaged: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()

    def lines(self) -> list[str]:
        """The same, human-readable."""
        speed = f", {self.sim_s / self.wall_s:.2f} simulated seconds per second" if self.sim_s else ""
        dropped = f"{self.dropped} half-written episode{'' if self.dropped == 1 else 's'} dropped"
        episodes = f"{self.episodes} episode{'' if self.episodes == 1 else 's'}"
        added = f"{self.new_episodes} new in {self.wall_s:.1f} s{speed}" if self.new_episodes else "complete already"
        return [
            *([f"note: {dropped}"] if self.dropped else []),
            *_replay_note(self.damaged, "damaged"),
            *_replay_note(self.missing, "missing"),
            f"{self.dataset_id}: {episodes}, {self.steps} steps ({added})",
            f"folder: {self.folder}",
            f"next: netgym data show {self.dataset_id}",
        ]


class Collection:
    """A request that was judged and found possible; nothing has been written yet.

    Raises:
        ConfigError: the agent cannot act there or needs training, the dataset exists and is another one, or its spaces
            cannot be stored.
    """

    def __init__(self, request: Request, command: Sequence[str], trust: bool = False) -> None:
        self.request, self.command = request, list(command)
        self._tasks = [
            Task.of(request.config, request.folder, trust, seed, episodes) for seed, episodes in request.plan
        ]
        self._tasks[0].check()
        _require_known_default(request)
        env = open_env(request.config)
        self.observation_space, self.action_space = env.observation_space, env.action_space
        require_storable(self.observation_space, "observations")
        require_storable(self.action_space, "actions")
        check_simulators(request.config)
        self.folder = require_place(request.dataset_id)
        self._existing = self._open_existing() if (self.folder / "data" / METADATA).exists() else None

    def run(self, console: bool | None = None) -> Collected:
        """Plays what is missing; `console`: whether to draw a progress bar on stderr; None: if it is a terminal.

        Raises:
            SessionFailed: a session failed, or the disk is full; what is complete stays.
            DatasetError: an episode played again came out differently, or an agent gave episodes up.
            KeyboardInterrupt: interrupted; what is complete stays.
        """
        config = self.request.config
        prepare_simulators(config)
        began, total = time.monotonic(), sum(episodes for _, episodes in self.request.plan)
        if self._existing is not None and self._is_complete(self._existing, total):
            return Collected(self.request.dataset_id, self.folder, total, self._existing.total_steps)
        with self._open_for_writing() as writer:
            before = self._count_stored(writer)
            replayed = [tuple(k for k in numbers if k < total) for numbers in (writer.damaged, writer.missing)]
            with progress("episodes", total, console, before) as count:
                events = _Events(writer, count)
                try:
                    jobs = self._jobs(writer)
                    run_all([job.line() for job in jobs.values()], WORKER, self.request.jobs, events.on_event)
                except (SessionFailed, KeyboardInterrupt) as error:
                    if isinstance(error, SessionFailed):
                        error.args = (f"seed {list(jobs)[error.number]}: {error}",)
                    error.add_note(f"complete episodes stay in {self.folder}; the same command continues")
                    raise
                finally:
                    writer.publish()
            if writer.total_episodes < total:
                raise DatasetError(
                    f"the agent gave up {total - writer.total_episodes} of {total} episodes; '{self.folder}' holds "
                    "the others."
                )
            writer.metadata["netgym"] |= {"complete": True}
            if total > before:
                writer.metadata["netgym"] |= {"ended_at": now()}
            writer.save()
            return Collected(
                self.request.dataset_id,
                self.folder,
                writer.total_episodes,
                writer.metadata["total_steps"],
                total - before,
                writer.dropped,
                time.monotonic() - began,
                events.sim_s,
                *replayed,
            )

    def _is_complete(self, dataset: Dataset, total: int) -> bool:
        """Whether there is nothing to do: then nothing is written, so that it may lie where nothing can be."""
        noted, plan = dataset.netgym, [list(session) for session in self.request.plan]
        finished = noted["complete"] is True and noted["plan"] == plan and noted["layout"] is not None
        if not finished or dataset.total_episodes != total or (self.folder / STAGING).exists():
            return False
        return all(is_complete(self.folder / "data" / str(number), number) for number in range(total))

    def _open_existing(self) -> Dataset:
        """The dataset that is there. Raises `ConfigError` unless this collection would continue it."""
        dataset, request = open_dataset(self.request.dataset_id), self.request
        noted = dataset.netgym
        if "sources" in noted or not {"plan", "complete", "layout", "dropped"} <= noted.keys():
            raise ConfigError(f"the dataset '{dataset.id}' was not collected by netgym; choose another name=.")
        for what, mine, existing in (
            ("observations", as_stored(self.observation_space), dataset.observation_space),
            ("actions", as_stored(self.action_space), dataset.action_space),
        ):
            if mine != existing:
                theirs, ours = distinct_texts(existing, mine)
                raise ConfigError(
                    f"the dataset '{dataset.id}' has the {what} {theirs}, and these would be {ours}; choose another "
                    "name=."
                )
        require_same(dataset.id, noted, about(request, self.command)["netgym"])
        require_continues(tuple((seed, episodes) for seed, episodes in noted["plan"]), request.plan)
        return dataset

    def _open_for_writing(self) -> DatasetWriter:
        fresh = about(self.request, self.command)
        if not (self.folder / "data" / METADATA).exists():
            return DatasetWriter.create(self.request.dataset_id, self.observation_space, self.action_space, fresh)
        writer = DatasetWriter(self.folder)
        try:
            self._open_existing()  # again: another process may have made or continued it since it was judged
        except BaseException:
            writer.close()
            raise
        noted = writer.metadata["netgym"]
        noted["dropped"] += writer.dropped
        if noted["plan"] != fresh["netgym"]["plan"]:
            noted |= {key: fresh["netgym"][key] for key in ("plan", "seeds", "command")}
        noted.setdefault("chosen", fresh["netgym"]["chosen"])
        noted["complete"] = False
        with writing(f"the dataset in '{self.folder}'"):
            writer.save()
        return writer

    def _count_stored(self, writer: DatasetWriter) -> int:
        return sum(writer.has(number) for number in range(sum(episodes for _, episodes in self.request.plan)))

    def _jobs(self, writer: DatasetWriter) -> dict[int, Job]:
        """The sessions of which an episode is missing, by their seed.

        A kill may have come between the first episodes and the note of what they measure: then the first session is
        played again to note it.
        """
        jobs: dict[int, Job] = {}
        noted = writer.metadata["netgym"]["layout"] is not None
        starts = [0, *accumulate(episodes for _, episodes in self.request.plan)]
        for task, first, (seed, episodes) in zip(self._tasks, starts, self.request.plan, strict=False):
            stored = {k for k in range(episodes) if writer.has(first + k)}
            if len(stored) < episodes or not (noted or jobs):
                known = {str(k): sha256 for k in range(episodes) if (sha256 := writer.digest(first + k))}
                missing = [k for k in range(episodes) if k not in stored]
                jobs[seed] = Job(task.line(), str(self.folder), first, missing, known)
        return jobs


class _Events:
    """The events of all workers: what they stored is taken into the dataset now and then."""

    def __init__(self, writer: DatasetWriter, count: Any) -> None:
        self._writer, self._count = writer, count
        self._lock = threading.Lock()
        self._published = time.monotonic()
        self.sim_s = 0.0

    def on_event(self, number: int, event: dict[str, Any]) -> None:
        """Called from any thread."""
        if "episode" not in event:
            return
        with self._lock:
            noted = self._writer.metadata["netgym"]
            if noted["layout"] is None:
                noted["layout"] = event["layout"]
            elif noted["layout"] != event["layout"]:
                raise DatasetError(
                    f"session {number} measures other things than the sessions before; a dataset needs the same ones."
                )
            self.sim_s += event["sim_s"]
            if event["new"]:
                if event["machine"] not in (machines := noted.setdefault("machines", [])):
                    machines.append(event["machine"])
                self._count(event["sim_s"])
            if time.monotonic() - self._published > PUBLISH_S:
                self._writer.publish()
                self._published = time.monotonic()


def _replay_note(episodes: Sequence[int], why: str) -> list[str]:
    """The note on episodes that were played again, if there are any."""
    if not episodes:
        return []
    if len(episodes) == 1:
        return [f"note: episode {episodes[0]} was {why} and has been played again"]
    more = f" and {len(episodes) - NAMED} more" if len(episodes) > NAMED else ""
    return [f"note: episodes {', '.join(map(str, episodes[:NAMED]))}{more} were {why} and have been played again"]


def _require_known_default(request: Request) -> None:
    """Raises `ConfigError` if the adapter does not say what its default algorithm did."""
    kind = env_registry.load(request.config.env.name)
    if request.config.agent.name == DEFAULT_AGENT and kind.effective_action is Adapter.effective_action:
        raise ConfigError(
            f"env '{request.config.name_of('env')}' does not say what its default algorithm did, so its actions cannot "
            "be stored; let its adapter override effective_action(), or choose an agent=NAME."
        )
