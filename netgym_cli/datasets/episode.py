"""One episode: observations, effective actions, rewards, and how it ended."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Episode:
    """An episode of T steps.

    Attributes:
        observations: array of shape `(T + 1, ...)`, or a dict of such; the last is the final observation, as it was
            before any reset.
        actions: array of shape `(T, ...)`, or a dict of such: the effective actions.
        rewards: float64 of shape `(T,)`.
        terminations, truncations: bool of shape `(T,)`. A termination is a terminal state; the end of a network's
            session is a truncation.
        infos: name to array of T + 1 entries, the first one of the reset.
        about: the episode's own metadata: `seed` of the session, `episode` in it, `sha256`.
    """

    observations: Any
    actions: Any
    rewards: np.ndarray
    terminations: np.ndarray
    truncations: np.ndarray
    infos: dict[str, np.ndarray] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rewards)

    def digest(self) -> str:
        """SHA-256 of all that was recorded, the same wherever and however it is stored."""
        sha256 = hashlib.sha256()
        for part in (self.observations, self.actions, self.rewards, self.terminations, self.truncations, self.infos):
            _add(sha256, part)
        return sha256.hexdigest()


def stack(values: list[Any]) -> Any:
    """The values of consecutive steps as one array, entry by entry of a dict or a tuple."""
    first = values[0]
    if isinstance(first, dict):
        return {key: stack([value[key] for value in values]) for key in first}
    if isinstance(first, tuple):
        return tuple(stack([value[k] for value in values]) for k in range(len(first)))
    return np.stack([np.asarray(value) for value in values])


def _add(sha256: Any, part: Any) -> None:
    if isinstance(part, dict):
        for key in sorted(part):
            sha256.update(key.encode())
            _add(sha256, part[key])
    elif isinstance(part, tuple):
        for entry in part:
            _add(sha256, entry)
    else:
        array = np.ascontiguousarray(part)
        sha256.update(f"{array.dtype.str}{array.shape}".encode())
        sha256.update(array.tobytes())
