"""Files written atomically: a reader sees the old content or the new one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netgym_cli.common.errors import ConfigError


def write_json(path: Path, content: Any) -> None:
    """Replaces the file atomically: a reader sees the old text or the new one."""
    hidden = path.with_name(f".{path.name}.tmp")
    try:
        hidden.write_text(json.dumps(content, indent=2) + "\n")
        hidden.replace(path)
    except OSError:
        hidden.unlink(missing_ok=True)
        raise


def write(files: Mapping[Path, str], advice: str) -> None:
    """Writes the texts to their paths, folders included. Raises `ConfigError` that ends in `advice` if it cannot."""
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"cannot write '{path}': {error.strerror}; {advice}.") from error
