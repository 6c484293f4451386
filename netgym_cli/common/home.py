"""The user's home directory, which a user id of a container may not have."""

from __future__ import annotations

import errno
from pathlib import Path

from netgym_cli.common.errors import ConfigError


def home() -> Path:
    """The home directory. Raises `FileNotFoundError` for a user who has none: neither HOME nor an entry in passwd."""
    try:
        return Path.home()
    except RuntimeError as error:
        message = "this user has no home directory (HOME is not set, and passwd does not know the user id)"
        raise FileNotFoundError(errno.ENOENT, message) from error


def expanded(path: str | Path) -> Path:
    """`path` with `~` or `~name` replaced by the home directory. Raises `ConfigError` if that is not known."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ConfigError(
            f"'{path}' begins with a home directory that is not known; give the path without ~."
        ) from error
