"""`netgym verify`: whether the folders of runs still hold what the runs wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.runs.below import runs_in
from netgym_cli.runs.contents import Verification, verify


def verified(folders: Sequence[Path]) -> dict[Path, Verification]:
    """Every run in `folders` and directly below. Raises `ConfigError` if one holds no run, or cannot be verified."""
    found: dict[Path, Verification] = {}
    for folder in folders:
        runs = runs_in(folder)
        if not runs:
            raise ConfigError(f"'{folder}' holds no run; give the folder of a run or of a grid (train -m).")
        found |= {run.path: verify(run) for run in runs}
    return found


def told(folder: Path, found: Verification) -> list[str]:
    """What to say of a run, a line for each thing."""
    lines = [f"{folder}: {change.file} {_WORDS[change.how]}" for change in found.changes]
    if found.doubt is not None:
        lines.append(f"{folder}: its record may not be the run's own: {found.doubt}")
    if found.whole:
        lines.append(f"{folder}: {found.files} files as the run wrote them")
    return lines


def as_json(found: Verification) -> dict[str, Any]:
    """The same as plain values."""
    changes = [change._asdict() for change in found.changes]
    return {"whole": found.whole, "files": found.files, "changes": changes, "doubt": found.doubt}


_WORDS = {"changed": "was changed", "missing": "is missing", "added": "was added (the run did not write it)"}
