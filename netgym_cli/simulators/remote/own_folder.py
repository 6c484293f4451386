"""A folder for sockets that only this user can enter, checked each time it is used."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from netgym_cli.common.errors import ConfigError

OTHERS = 0o077
MOST_PATH_BYTES = 107  # of a socket, to the kernel
LONGEST_NAME_BYTES = 58  # of the sockets of ssh, which are the longest


def own_folder() -> Path:
    """`netgym` in $XDG_RUNTIME_DIR if that is this user's alone, else `netgym-UID` in the temporary folder; made now.

    Raises:
        ConfigError: somebody else may enter it, or it cannot be made, or its path is too long for a socket.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(tempfile.gettempdir()) / f"netgym-{os.geteuid()}"
    if runtime and fault(Path(runtime)) is None:
        folder = Path(runtime) / "netgym"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"cannot make {folder} for netgym's sockets: {error.strerror}; set XDG_RUNTIME_DIR."
        ) from error
    if found := fault(folder):
        raise ConfigError(
            f"{folder}, where netgym keeps its sockets, {found}; remove it, or set XDG_RUNTIME_DIR to a folder of mode "
            "700 of your own."
        )
    if len(os.fsencode(folder)) + 1 + LONGEST_NAME_BYTES > MOST_PATH_BYTES:
        raise ConfigError(f"{folder} is too long a path for sockets; set XDG_RUNTIME_DIR or TMPDIR to a shorter one.")
    return folder


def fault(folder: Path) -> str | None:
    """Why others could get at what is in `folder`, as the rest of a sentence; None if it is this user's alone."""
    try:
        state = folder.lstat()
    except OSError as error:
        return f"cannot be looked at ({error.strerror})"
    if not stat.S_ISDIR(state.st_mode):
        return "is no folder"
    if state.st_uid != os.geteuid():
        return f"belongs to user id {state.st_uid}"
    mode = stat.S_IMODE(state.st_mode)
    return f"is open to others (mode {mode:03o})" if mode & OTHERS else None
