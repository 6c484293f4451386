"""Everything that a run wrote, by its hashes: what `run.json` notes at the end, and what has become of it since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from netgym_cli.common.errors import ConfigError
from netgym_cli.runs.checkpoints import FOLDER as CHECKPOINTS
from netgym_cli.runs.folder import MANIFEST, RECORD, RESERVE, RunFolder

FILES = "files"  # in the record


class Change(NamedTuple):
    """What happened to a file of a run after its end.

    Attributes:
        file: its path in the folder.
        how: `changed`, `missing`, or `added`.
    """

    file: str
    how: str


@dataclass(frozen=True)
class Verification:
    """Whether a run's folder still holds what the run wrote.

    Attributes:
        files: number of files that the record names.
        changes: those that are no longer as they were, and files that the run did not write; empty if all is well.
        doubt: why the record itself may not be the run's, as a phrase; None if this user's run signed it.
    """

    files: int
    changes: tuple[Change, ...]
    doubt: str | None

    @property
    def whole(self) -> bool:
        """Whether everything that the run wrote is there, unchanged; files that were added do no harm."""
        return all(change.how == "added" for change in self.changes)


def sums(folder: RunFolder) -> dict[str, str]:
    """Path in the run's folder to SHA-256, of all files but record, manifest, reserve and resume."""
    return {name: _sum(path) for name, path in _files(folder)}


def verify(folder: RunFolder) -> Verification:
    """Compares the files of a run with what it noted of them at its end.

    Raises `ConfigError` if no run lies there, it still goes on or was killed, or it noted nothing, as earlier releases.
    """
    record = folder.record()
    if record.get("status") == "running":
        raise ConfigError(f"'{folder.path}' has not ended, or was killed: its files are noted at the end of a run.")
    noted = record.get(FILES)
    if not isinstance(noted, dict):
        raise ConfigError(f"the record of '{folder.path}' notes no files; runs of earlier releases cannot be verified.")
    there = sums(folder)
    changes = [
        Change(name, "missing" if name not in there else "changed")
        for name, known in noted.items()
        if there.get(name) != known
    ]
    changes += [Change(name, "added") for name in there if name not in noted]
    return Verification(len(noted), tuple(sorted(changes)), folder.doubt())


def _files(folder: RunFolder) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.path.rglob("*")):
        name = path.relative_to(folder.path).as_posix()
        if path.is_file() and name not in (RECORD, MANIFEST, RESERVE) and not name.startswith(f"{CHECKPOINTS}/"):
            yield name, path


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
