"""Signatures that distinguish this user's files from others, made with a key that never leaves the state directory."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
import stat
from pathlib import Path

log = logging.getLogger(__name__)
KEY_BYTES = 32


class NoKey(Exception):
    """There is no key that only this user could have made; the message says why."""


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
        log.warning("%s: nothing counts as made here", error)
        return False


def _signature(content: bytes, key: bytes) -> str:
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def _path() -> Path:
    try:
        state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    except RuntimeError as error:  # no HOME, and no entry in the table of users
        raise NoKey(f"there is no home directory for a key ({error}); set XDG_STATE_HOME") from error
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
            log.warning("%s: a new key is made; what the old one signed needs trust from now on", error)
            path.unlink(missing_ok=True)
            _draw(path)
        return _read(path)
    except OSError as error:
        raise NoKey(str(error)) from error


def _draw(path: Path) -> None:
    # Linked into place complete, so that runs starting together agree on one key.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _read(path: Path) -> bytes:
    """The key. Raises `NoKey` for a file that others have made or can read, or that holds no key; `OSError`."""
    with path.open("rb") as file:
        about = os.fstat(file.fileno())
        if about.st_uid != os.geteuid():
            raise NoKey(f"'{path}' belongs to user {about.st_uid}, and not to {os.geteuid()}")
        if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise NoKey(f"'{path}' can be used by others (mode {stat.S_IMODE(about.st_mode):o}); chmod 600 it")
        key = file.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        raise _Damaged(f"'{path}' holds no key of {KEY_BYTES} bytes")
    return key


class _Damaged(NoKey):
    """The file was cut off, as by a full disk, or is another one."""
