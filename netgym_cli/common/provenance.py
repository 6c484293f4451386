"""Where a result came from: the time, versions, the state of the working directory's repository."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

# A repository's own settings name programs, for its files and to watch them, that a look at its state would start.
HARMLESS_GIT = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false")
PACKAGES = ("netgym", "ns3", "cppyy", "torch", "stable-baselines3", "gymnasium", "numpy")


def now() -> str:
    """The time in UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str | None]:
    """Versions of what a result depends on; None for a package that is not installed."""
    return {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def git_state() -> dict[str, Any] | None:
    """Commit of the working directory and whether tracked files differ from it; None outside a repository."""
    if (commit := _git("rev-parse", "HEAD")) is None:
        return None
    names = (
        _git("config", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process|required)$") or ""
    ).splitlines()
    filters = [word for name in names for word in ("-c", f"{name}={'false' if name.endswith('.required') else ''}")]
    changes = _git(*filters, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=dirty")
    return {"commit": commit, "dirty": bool(changes)}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run([*HARMLESS_GIT, *arguments], capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
