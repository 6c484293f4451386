"""The run that has to be at a path, the runs in a folder, and those anywhere below it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from netgym_cli.common.errors import ConfigError
from netgym_cli.runs.folder import RECORD, RunFolder

SET_ASIDE = re.compile(r"\.attempt\d+$")  # ends the name of a folder with a run that was begun again


def run_at(path: Path) -> RunFolder:
    """The folder of a run at a path where there has to be one. Raises `ConfigError` if there is none."""
    if not path.is_dir():
        raise ConfigError(f"there is no folder '{path}'; give that of a run, such as `netgym runs` lists.")
    return RunFolder(path)


def runs_in(folder: Path) -> list[RunFolder]:
    """The run in `folder` and those directly below it; the jobs of a grid in their order.

    Attempts that were set aside are none of them.
    """
    records = [*folder.glob(RECORD), *folder.glob(f"*/{RECORD}")]
    counted = [record for record in records if record.parent == folder or not SET_ASIDE.search(record.parent.name)]
    return [RunFolder(record.parent) for record in sorted(counted, key=_job_number)]


def runs_below(folder: Path) -> Iterator[RunFolder]:
    """Every run in `folder` or below it, folder by folder, names with numbers in their order.

    Attempts that were set aside and hidden folders are left out, links are not followed, and no run holds others.
    """
    for path, folders, files in os.walk(folder):
        if RECORD in files:
            folders.clear()
            yield RunFolder(Path(path))
        folders[:] = [name for name in folders if not name.startswith(".") and not SET_ASIDE.search(name)]
        folders.sort(key=_by_numbers)


def _job_number(record: Path) -> tuple[int, str]:
    name = record.parent.name
    return (int(name), "") if name.isdecimal() else (-1, name)


def _by_numbers(name: str) -> list[tuple[int, str]]:
    """Sorts `job 9` before `job 10`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
