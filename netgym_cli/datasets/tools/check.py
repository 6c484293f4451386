"""`netgym data check`: whether a dataset's files, entries and metadata agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from netgym_cli.common.errors import ConfigError, DatasetError
from netgym_cli.datasets import Dataset, Episode, open_dataset
from netgym_cli.datasets.paths import require_known
from netgym_cli.datasets.repair_hint import repair_hint
from netgym_cli.datasets.tools import check_recompute
from netgym_cli.datasets.tools.check_metadata import check_metadata
from netgym_cli.datasets.tools.check_plan import PLAN, EpisodeOrigin, check_plan
from netgym_cli.datasets.tools.check_recompute import Recomputed
from netgym_cli.datasets.tools.check_result import FAILED, NOT_CHECKED, OK, Verdict, verdict
from netgym_cli.datasets.tools.check_spaces import check_spaces
from netgym_cli.datasets.tools.episode_files import list_episode_numbers, missing_episodes
from netgym_cli.datasets.tools.metadata import counted, notes_for, staged

EPISODES, ENDS, MEMBERS, FINITE, HASHES = "episodes", "lengths and ends", "spaces", "finite", "hashes"


def check_dataset(dataset_id: str) -> list[Verdict]:
    """All verdicts on a dataset. Every episode is read once.

    Raises:
        ConfigError: there is no such dataset.
    """
    require_known(dataset_id)
    try:
        dataset = open_dataset(dataset_id)
    except ConfigError as error:
        return [Verdict("metadata", FAILED, str(error))]
    checks, numbers = _EpisodeChecks(dataset), list_episode_numbers(dataset)
    if gap := missing_episodes(dataset, numbers):
        checks.failures[EPISODES].append(gap)
    for number in numbers:
        if number < dataset.total_episodes:
            checks.add(number)
    return [
        check_metadata(dataset, checks.origins),
        *checks.verdicts(),
        _counts(dataset, numbers, checks.steps),
        _collection(dataset),
    ]


def advice(dataset_id: str, verdicts: Sequence[Verdict]) -> list[str]:
    """What to do next about the verdicts, in one line; nothing if no check failed or the verdict itself says it."""
    failed = {verdict.name for verdict in verdicts if verdict.outcome == FAILED}
    if not failed or "metadata" in failed:
        return []
    dataset = open_dataset(dataset_id)
    if not (hint := repair_hint(dataset.netgym, dataset.path, "them")):
        return []
    if (
        failed & {ENDS, MEMBERS, FINITE, HASHES} and "records" in hint
    ):  # a collection does not read the episodes that it keeps
        return [f"next: delete the folders of these episodes in '{dataset.path / 'data'}'; {hint}"]
    return [f"next: {hint}"] if failed <= {EPISODES, PLAN, "counts", "collection"} else []


class _EpisodeChecks:
    """One pass over the episodes: failures by the name of the check."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.failures: dict[str, list[str]] = {name: [] for name in (EPISODES, ENDS, MEMBERS, FINITE, HASHES)}
        self.steps = self.hashed = 0
        self.origins: list[EpisodeOrigin] = []
        self.recomputed: dict[str | None, Recomputed] = {}

    def add(self, number: int) -> None:
        """Reads an episode and makes every check of it."""
        try:
            episode = next(self.dataset.episodes([number]))
        except DatasetError as error:
            self.failures[EPISODES].append(str(error).partition("; ")[0])
            return
        self.steps += len(episode)
        about = episode.about
        source = str(about["source"]) if "source" in about else None
        self.origins.append(EpisodeOrigin(number, source, about.get("seed"), about.get("episode")))
        for name, why in (
            (ENDS, _end(episode)),
            (MEMBERS, self._check_spaces(episode)),
            (FINITE, _not_finite(episode)),
            (HASHES, _hash(episode)),
        ):
            if why:
                self.failures[name].append(f"episode {number}: {why}")
        self.hashed += "sha256" in about
        if source not in self.recomputed:
            self.recomputed[source] = Recomputed(notes_for(self.dataset, source))
        self.recomputed[source].add(number, episode)

    def verdicts(self) -> list[Verdict]:
        """The verdicts on the episodes."""
        total = self.dataset.total_episodes
        sources = dict.fromkeys(origin.source for origin in self.origins)
        noted = {source: notes_for(self.dataset, source) for source in sources}
        return [
            verdict(EPISODES, self.failures[EPISODES], f"{total} readable"),
            verdict(ENDS, self.failures[ENDS]),
            verdict(MEMBERS, self.failures[MEMBERS]),
            verdict(FINITE, self.failures[FINITE]),
            self._hashes(),
            check_plan(self.origins, noted or {None: self.dataset.netgym}),
            *self._recomputed(),
        ]

    def _recomputed(self) -> list[Verdict]:
        if self.origins:
            return check_recompute.verdicts(list(self.recomputed.values()))
        why = "no episode can be read" if self.dataset.total_episodes else "no episodes yet"
        return [Verdict(name, NOT_CHECKED, why) for name in check_recompute.NAMES]

    def _check_spaces(self, episode: Episode) -> str:
        for what, space, values, number in (
            ("observations", self.dataset.observation_space, episode.observations, len(episode) + 1),
            ("actions", self.dataset.action_space, episode.actions, len(episode)),
        ):
            if why := check_spaces(space, values, number):
                return f"{what}: {why}"
        return ""

    def _hashes(self) -> Verdict:
        if self.hashed < len(self.origins):
            without = len(self.origins) - self.hashed
            if not self.failures[HASHES]:
                if self.dataset.netgym and "format" in self.dataset.netgym:
                    return Verdict(HASHES, FAILED, f"{counted(without, 'episode')} without")
                return Verdict(HASHES, NOT_CHECKED, "they were not noted")
        return verdict(HASHES, self.failures[HASHES], f"{self.hashed} agree")


def _end(episode: Episode) -> str:
    lengths = {len(part) for part in (episode.rewards, episode.terminations, episode.truncations)}
    lengths |= {len(values) - 1 for values in episode.infos.values()}
    if len(lengths) > 1:
        return f"its columns are of {', '.join(map(str, sorted(lengths)))} steps"
    if not len(episode):
        return "it has no steps"
    ends = np.flatnonzero(episode.terminations | episode.truncations).tolist()
    if ends != [len(episode) - 1]:
        return f"it ends at steps {ends}" if ends else "it has no end"
    return ""


def _not_finite(episode: Episode) -> str:
    parts: list[tuple[str, Any]] = [("reward", episode.rewards)]
    parts += [("observation", part) for part in _leaves(episode.observations)]
    parts += [("action", part) for part in _leaves(episode.actions)]
    for name, values in parts:
        array = np.asarray(values)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            return f"{name} at step {int(np.argwhere(~np.isfinite(array))[0][0])}"
    return ""


def _leaves(values: Any) -> list[Any]:
    if isinstance(values, dict | tuple):
        inner = values.values() if isinstance(values, dict) else values
        return [leaf for part in inner for leaf in _leaves(part)]
    return [values]


def _hash(episode: Episode) -> str:
    recorded = episode.about.get("sha256")
    return "its content is not what was written" if recorded is not None and recorded != episode.digest() else ""


def _counts(dataset: Dataset, numbers: list[int], steps: int) -> Verdict:
    failures = []
    if steps != dataset.total_steps:
        failures.append(f"{counted(steps, 'step')} could be read, the metadata says {dataset.total_steps}")
    uncounted = sum(number >= dataset.total_episodes for number in numbers)
    if uncounted and dataset.netgym.get("complete") is not False:
        failures.append(f"{counted(uncounted, 'episode')} beyond what the metadata counts")
    later = f"; {uncounted} more to be counted when the collection goes on" if uncounted else ""
    return verdict(
        "counts", failures, f"{counted(len(numbers) - uncounted, 'episode')}, {counted(steps, 'step')}{later}"
    )


def _collection(dataset: Dataset) -> Verdict:
    whole, half = staged(dataset.path)
    complete = dataset.netgym.get("complete")
    merged = "sources" in dataset.netgym
    goes_on = "a dataset that it was merged from was not" if merged else "the command that collected it goes on"
    remarks = [] if complete is not False else [f"not complete; {goes_on}"]
    remarks += [f"not taken in yet: {counted(whole, 'whole episode')}"] if whole else []
    remarks += [f"never read: {half} half-written"] if half else []
    if whole and complete is True:
        return Verdict("collection", FAILED, "it calls itself complete; " + "; ".join(remarks))
    return Verdict("collection", OK, "; ".join(remarks) or ("complete" if complete else ""))
