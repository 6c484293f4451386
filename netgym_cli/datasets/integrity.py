"""Which episode folders are complete, judged by their metadata and file footers without reading the content."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from netgym_cli.common.bounded import read_json
from netgym_cli.datasets.paths import METADATA

PART = "part-0.parquet"
ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


def episode_numbers(folder: Path) -> list[int]:
    """Numbers of the episodes that have a folder in `folder`, ascending, whatever is in it."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(int(name) for name in names if name.isdecimal() and name == str(int(name)))


def episode_metadata(folder: Path, number: int) -> dict[str, Any] | None:
    """The episode's own metadata; None if it is missing, damaged, or of another episode. Raises `OSError`."""
    try:
        about = read_json(folder / METADATA)
    except (*ABSENT, ValueError):
        return None
    kinds = {"id": int, "total_steps": int, "sha256": str}
    valid = isinstance(about, dict) and all(type(about.get(key)) is kind for key, kind in kinds.items())
    return about if valid and about["id"] == number else None


def is_complete(folder: Path, number: int) -> bool:
    """Whether `folder` holds all of episode `number`: its metadata, and a Parquet file with a row per observation.

    Only the file's footer is read; a truncated file has none. Raises `OSError` if the disk cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if (about := episode_metadata(folder, number)) is None:
        return False
    try:
        with (folder / PART).open("rb") as file:
            return bool(pq.read_metadata(file).num_rows == about["total_steps"] + 1)
    except ABSENT:
        return False
    except (pa.ArrowException, OSError) as error:
        if getattr(error, "errno", None) is not None:
            raise
        return False


def remove(path: Path) -> None:
    """Removes an episode's folder, or a file in its place, if there is any. Raises `OSError`."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
