"""Files that a verb was told to write."""

from __future__ import annotations

from pathlib import Path

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import replacing


def write(path: Path, content: bytes, option: str) -> Path:
    """Replaces a file atomically. Raises `ConfigError` if it cannot be written; `option` chooses another place."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as draft:
            draft.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"cannot write '{path}': {error.strerror}; choose another place by {option}.") from error
    return path
