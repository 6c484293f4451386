"""Signatures that distinguish this user's files from others, made with a key that never leaves the state directory."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from netgym_cli.common.files import creating
from netgym_cli.common.home import home

log = logging.getLogger(__name__)
KEY_BYTES = 32
_told: set[str] = set()  # one command asks for the key many times


class NoKey(Exception):
    """There is no key that only this user could have made; the message says why, and what to do."""


def signature(content: bytes) -> str:
    """The signature of `content`, made with the user's key, which is drawn at the first call. Raises `NoKey`."""
    return _signature(content, _own_key())


def verify(content: bytes, claimed: bytes) -> bool:
    """Whether `claimed` is this user's signature of `content`; a key that others could know signs nothing."""
    try:
        return hmac.compare_digest(claimed.strip(), _signature(content, _read(_path())).encode())
    except FileNotFoundError:
        return False
    except (OSError, NoKey) as error:
        _warn(f"{error}: nothing counts as made here")
        return False


def _warn(message: str) -> None:
    if message not in _told:
        _told.add(message)
        log.warning("%s", message)


def _signature(content: bytes, key: bytes) -> str:
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def _path() -> Path:
    try:
        state = Path(os.environ.get("XDG_STATE_HOME") or home() / ".local" / "state")
    except FileNotFoundError as error:
        raise NoKey(f"there is no home directory for a key ({error.strerror}); set XDG_STATE_HOME") from error
    return state / "netgym" / "model.key"


def _own_key() -> bytes:
    try:
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _read(path)
        except FileNotFoundError:
            _draw(path)
        except _Damaged as error:
            _warn(f"{error}: a new key is made; what the old one signed needs trust from now on")
            path.unlink(missing_ok=True)
            _draw(path)
        return _read(path)
    except OSError as error:
        raise NoKey(f"{error}; set XDG_STATE_HOME to a directory that can be written") from error


def _draw(path: Path) -> None:
    # Put into place complete, so that runs starting together agree on one key.
    with suppress(FileExistsError), creating(path) as draft, open(draft, "xb", opener=_for_oneself) as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())


def _for_oneself(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _read(path: Path) -> bytes:
    """The key. Raises `NoKey` for a file that others have made or can read, or that holds no key; `OSError`."""
    with path.open("rb") as file:
        about = os.fstat(file.fileno())
        if about.st_uid != os.geteuid():
            other = f"'{path}' belongs to user {about.st_uid}, and not to {os.geteuid()}"
            raise NoKey(f"{other}; set XDG_STATE_HOME to a directory of your own")
        if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise NoKey(f"'{path}' can be used by others (mode {stat.S_IMODE(about.st_mode):o}); chmod 600 it")
        key = file.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        raise _Damaged(f"'{path}' holds no key of {KEY_BYTES} bytes")
    return key


class _Damaged(NoKey):
    """The file was cut off, as by a full disk, or is another one."""
