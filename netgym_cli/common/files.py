"""Files written atomically: a reader sees the old content or the new one; and files that must not replace others."""

from __future__ import annotations

import errno
import json
import math
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from netgym_cli.common.errors import ConfigError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a hidden path of its own to write to, which replaces `path` if nothing fails; otherwise it is gone."""
    with _draft(path) as hidden:
        yield hidden
        hidden.replace(path)


@contextmanager
def creating(path: Path) -> Iterator[Path]:
    """The same for a file that must not exist yet, not even when it is complete. Raises `FileExistsError`."""
    with _draft(path) as hidden:
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        yield hidden
        try:
            os.link(hidden, path)  # unlike a rename it replaces nothing
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            with path.open("x"):
                hidden.replace(path)


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    hidden = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        yield hidden
    finally:
        with suppress(OSError):
            hidden.unlink(missing_ok=True)


def plain_json(value: Any) -> Any:
    """`value` with null in place of NaN and infinity, which JSON has no words for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: plain_json(inner) for key, inner in value.items()}
    return [plain_json(inner) for inner in value] if isinstance(value, list | tuple) else value


def write_json(path: Path, content: Any) -> None:
    """Replaces the file atomically: a reader sees the old text or the new one."""
    with replacing(path) as hidden:
        hidden.write_text(json.dumps(plain_json(content), indent=2) + "\n")


def create_json(path: Path, content: Any) -> None:
    """Makes the file, complete from the first moment. Raises `FileExistsError` if it exists already."""
    with creating(path) as hidden:
        hidden.write_text(json.dumps(plain_json(content), indent=2) + "\n")


def write(files: Mapping[Path, str], advice: str) -> None:
    """Writes new files, folders included, all of them or none.

    Raises:
        ConfigError: one exists already or cannot be written; the message ends in `advice`.
    """
    written: list[Path] = []
    try:
        for path, text in files.items():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with creating(path) as hidden:
                    hidden.write_text(text, encoding="utf-8")
            except FileExistsError as error:
                raise ConfigError(f"{path} exists and is not overwritten; {advice}.") from error
            except OSError as error:
                raise ConfigError(f"cannot write '{path}': {error.strerror}; {advice}.") from error
            written.append(path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
