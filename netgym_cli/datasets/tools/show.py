"""What `netgym data show` reports of a dataset: origin, returns and covered actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from netgym_cli.common.statistics import estimate
from netgym_cli.datasets import Dataset
from netgym_cli.datasets.tools.action_coverage import coverage
from netgym_cli.datasets.tools.columns import steps_of
from netgym_cli.datasets.tools.known_env import NoAdapter, adapter_of
from netgym_cli.datasets.tools.metadata import chosen_name, listed, mapping, notes_of, staged

HISTOGRAM_BINS = 10
ALIKE = 1e-9  # returns that are relatively nearer are in one bin


def describe(dataset: Dataset) -> dict[str, Any]:
    """All that is shown, as plain values; see docs/datasets.md. Raises `DatasetError` for a damaged episode."""
    noted, notes = dataset.netgym, notes_of(dataset.metadata)
    whole, half = staged(dataset.path)
    return {
        "id": dataset.id,
        "path": str(dataset.path),
        "data_format": str(dataset.metadata["data_format"]),
        "env": notes.env,
        "agent": notes.agent,
        "base": notes.base,
        "channel": chosen_name(noted, "channel"),
        "action_source": noted.get("action_source"),
        "complete": notes.complete,
        "waiting": whole,
        "half_written": half,
        "episodes": dataset.total_episodes,
        "steps": dataset.total_steps,
        "size_mb": dataset.metadata.get("dataset_size"),
        "licence": noted.get("licence"),
        "versions": mapping(noted.get("versions")),
        "command": listed(noted.get("command")),
        "started_at": noted.get("started_at"),
        "ended_at": noted.get("ended_at"),
        "sources": [str(source) for source in listed(dataset.metadata.get("combined_datasets"))],
        "observation_space": " ".join(str(dataset.observation_space).split()),
        "action_space": " ".join(str(dataset.action_space).split()),
        **(_measured(dataset) if dataset.total_episodes else {}),
    }


def _measured(dataset: Dataset) -> dict[str, Any]:
    episodes = list(steps_of(dataset))
    returns = [float(episode.rewards.sum()) for episode in episodes]
    means = [float(episode.rewards.mean()) if len(episode.rewards) else 0.0 for episode in episodes]
    seeds = [episode.about.get("seed") for episode in episodes]
    dimensions = coverage(dataset.action_space, [episode.actions for episode in episodes], _labels(dataset))
    known = [episode.default_action for episode in episodes if episode.default_action is not None]
    return {
        "seeds": sorted({seed for seed in seeds if isinstance(seed, int)}),
        "samples": "episodes" if None in seeds else "seeds",
        "return": _over_seeds(returns, seeds),
        "reward": _over_seeds(means, seeds),
        "returns": _histogram(returns),
        "default_action": float(np.concatenate(known).mean()) if known else None,
        "actions": [asdict(dimension) for dimension in dimensions],
    }


def _over_seeds(values: Sequence[float], seeds: Sequence[Any]) -> dict[str, Any] | None:
    """Mean and interval over the seeds' means; over episodes, if any of them has no seed."""
    if not np.isfinite(values).all():
        return None
    groups: dict[Any, list[float]] = {}
    for k, (value, seed) in enumerate(zip(values, seeds, strict=True)):
        groups.setdefault(k if None in seeds else str(seed), []).append(value)
    return estimate([float(np.mean(group)) for group in groups.values()])._asdict()


def _histogram(values: Sequence[float]) -> dict[str, list[float]]:
    finite = np.asarray(values)[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    if high - low <= ALIKE * max(abs(low), abs(high)):  # what differs is rounding
        return {"edges": [low, high], "counts": [len(finite)]}
    counts, edges = np.histogram(finite, HISTOGRAM_BINS)
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def _labels(dataset: Dataset) -> Sequence[str]:
    try:
        return adapter_of(dataset.netgym).action_labels
    except NoAdapter:
        return ()
