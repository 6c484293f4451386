"""What a dataset's metadata says of its making, from whatever is written there: nothing in it is trusted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgym_cli.datasets import Dataset
from netgym_cli.datasets.writer import WAITING


@dataclass(frozen=True)
class Notes:
    """Who made a dataset, and in what.

    Attributes:
        env: name of the environment, or its Gymnasium id; empty if nothing tells.
        agent: label of what acted; those of a merged dataset joined by ` + `.
        complete: whether all planned episodes are there; None if it was made elsewhere.
    """

    env: str
    agent: str
    complete: bool | None


def notes_of(metadata: Mapping[str, Any]) -> Notes:
    """The notes in the content of a `data/metadata.json`, Minari's own keys where netgym's are missing."""
    noted = mapping(metadata.get("netgym"))
    labels = [noted.get("label"), *(mapping(one).get("label") for one in listed(noted.get("sources")))]
    known = list(dict.fromkeys(printable(one) for one in labels if one))
    complete = noted.get("complete")
    envs = [mapping(mapping(one).get("env")).get("name") for one in (noted, *listed(noted.get("sources")))]
    return Notes(
        env=printable(next(filter(None, envs), None) or _spec_id(metadata)),
        agent=" + ".join(known) or printable(metadata.get("algorithm_name") or ""),
        complete=complete if isinstance(complete, bool) else None,
    )


def notes_for(dataset: Dataset, source: str | None) -> dict[str, Any]:
    """What netgym noted for the episodes of one source of a merged dataset; for all episodes if it was not merged."""
    own = {}
    for one in listed(dataset.netgym.get("sources")):
        if source is not None and mapping(one).get("id") == source:
            own = mapping(one)
    return {**dataset.netgym, **own}


def waiting(folder: Path) -> tuple[int, int]:
    """How many whole episodes wait to be taken in, and how many half-written ones lie beside them."""
    names = [path.name for path in (folder / WAITING).glob("*")] if (folder / WAITING).is_dir() else []
    half = sum(name.startswith(".") for name in names)
    return len(names) - half, half


def counted(number: int, what: str) -> str:
    """`1 episode`, `2 episodes`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def mapping(value: Any) -> dict[str, Any]:
    """`value` if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def printable(value: Any) -> str:
    """`value` as text that cannot steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(value))


def _spec_id(metadata: Mapping[str, Any]) -> str:
    try:
        return str(mapping(json.loads(metadata["env_spec"])).get("id") or "")
    except (KeyError, TypeError, ValueError):
        return ""
