"""Signatures that distinguish models written by this user's runs from others.

A model file may hold pickles, which run code when loaded. A file written here gets a signature beside it, made with a
key that never leaves the user's state directory; a run folder from another machine cannot carry a valid one.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
from pathlib import Path

from netgym_cli.common.home import home

log = logging.getLogger(__name__)


def sign(path: Path) -> None:
    """Writes the signature of the file at `path` beside it; without it the file is not trusted."""
    try:
        _signature_file(path).write_text(_signature(path.read_bytes(), _key()) + "\n")
    except OSError as error:
        log.warning("'%s' could not be signed (%s); loading it will need trust", path, error)


def is_signed(path: Path, content: bytes) -> bool:
    """Whether `content`, read from `path`, has this user's signature."""
    signature_file = _signature_file(path)
    try:
        return hmac.compare_digest(signature_file.read_bytes().strip(), _signature(content, _key()).encode())
    except OSError:
        return False


def _signature_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sig")


def _signature(content: bytes, key: bytes) -> str:
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def _key() -> bytes:
    state = Path(os.environ.get("XDG_STATE_HOME") or home() / ".local" / "state")
    path = state / "netgym" / "model.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Linked into place complete, so that runs starting together agree on one key.
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
