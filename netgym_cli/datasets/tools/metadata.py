"""How a dataset was made, read from metadata that is not trusted: whatever is written there, nothing fails."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgym_cli.datasets import Dataset
from netgym_cli.datasets.writer import STAGING


@dataclass(frozen=True)
class Notes:
    """Origin of a dataset.

    Attributes:
        env: name of the environment, or its Gymnasium id; empty if unknown.
        agent: label of the agent that acted; those of a merged dataset joined by ` + `.
        complete: whether all planned episodes are present; None if it was made elsewhere.
    """

    env: str
    agent: str
    complete: bool | None


def notes_of(metadata: Mapping[str, Any]) -> Notes:
    """The notes in the content of a `data/metadata.json`, Minari's own keys where netgym's are missing."""
    noted = mapping(metadata.get("netgym"))
    labels = [noted.get("label"), *(mapping(source).get("label") for source in listed(noted.get("sources")))]
    known = list(dict.fromkeys(printable(label) for label in labels if label))
    complete = noted.get("complete")
    envs = [mapping(mapping(source).get("env")).get("name") for source in (noted, *listed(noted.get("sources")))]
    return Notes(
        env=printable(next(filter(None, envs), None) or _spec_id(metadata)),
        agent=" + ".join(known) or printable(metadata.get("algorithm_name") or ""),
        complete=complete if isinstance(complete, bool) else None,
    )


def notes_for(dataset: Dataset, source: str | None) -> dict[str, Any]:
    """netgym's metadata for the episodes of one source of a merged dataset; for all episodes if it was not merged."""
    own = {}
    for entry in listed(dataset.netgym.get("sources")):
        if source is not None and mapping(entry).get("id") == source:
            own = mapping(entry)
    return {**dataset.netgym, **own}


def staged(folder: Path) -> tuple[int, int]:
    """Number of complete episodes in the staging area, and of half-written ones."""
    names = [path.name for path in (folder / STAGING).glob("*")] if (folder / STAGING).is_dir() else []
    half = sum(name.startswith(".") for name in names)
    return len(names) - half, half


def counted(number: int, what: str) -> str:
    """`1 episode`, `2 episodes`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def mapping(value: Any) -> dict[str, Any]:
    """`value` if it is a mapping, else an empty mapping."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """`value` if it is a list, else an empty list."""
    return value if isinstance(value, list) else []


def printable(value: Any) -> str:
    """`value` as text without control characters of a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(value))


def _spec_id(metadata: Mapping[str, Any]) -> str:
    try:
        return str(mapping(json.loads(metadata["env_spec"])).get("id") or "")
    except (KeyError, TypeError, ValueError, RecursionError):
        return ""
