"""Where compiled files are kept: each one with its size and SHA-256 in its folder's manifest, and used only if sound.

Sound is what only this user or root may change, and what is still as it was when it was kept. Whatever else is found
under its name is replaced.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from uuid import uuid4

from netgym_cli.common.errors import BuildError
from netgym_cli.common.home import home
from netgym_cli.common.locks import NoLocks, take

MANIFEST, LOCK = "manifest.json", "build.lock"
SCRATCH, DISCARDED = "building-", "discarded-"
FOLDER_MODE, FILE_MODE = 0o755, 0o644
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
WRITABLE = "set NETGYM_CACHE to a writable folder"
OWN = "set NETGYM_CACHE to a folder that only you may write to"

log = logging.getLogger(__name__)


def cache_dir() -> Path:
    """$NETGYM_CACHE, or netgym in the user's cache directory; for a user without a home, in the temporary one."""
    if own := os.environ.get("NETGYM_CACHE"):
        return Path(own).absolute()
    if caches := os.environ.get("XDG_CACHE_HOME"):
        return Path(caches).absolute() / "netgym"
    try:
        return home() / ".cache" / "netgym"
    except FileNotFoundError:
        return Path(tempfile.gettempdir()) / f"netgym-{os.geteuid()}"


def make_cache() -> Path:
    """The cache directory, made now if need be. Raises `BuildError` if it cannot be written, or others may do so."""
    folder = cache_dir()
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        fault = _danger(folder.stat())
        if fault and _holds_only_the_cache(folder):
            folder.chmod(stat.S_IMODE(folder.stat().st_mode) & ~OTHERS_MAY_WRITE)
            log.warning("the cache %s %s; now only its owner may", folder, fault)
            fault = _danger(folder.stat())
        if not fault:
            tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise BuildError(f"cannot write the cache {folder}: {error.strerror}; {WRITABLE}.") from error
    if fault:
        raise BuildError(f"the cache {folder} {fault}, who could have their code run as yours; {OWN}.")
    return folder


def defect(file: Path) -> str | None:
    """Why the kept `file` cannot be used: the rest of a sentence about it; None if it is sound."""
    try:
        for folder in (cache_dir(), file.parent):
            state = folder.stat() if folder == cache_dir() else folder.lstat()
            if fault := "is a symbolic link" if stat.S_ISLNK(state.st_mode) else _danger(state):
                return f"lies in {folder}, which {fault}"
        state = file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return "is missing"
    except OSError as error:
        return f"cannot be looked at ({error.strerror})"
    if not stat.S_ISREG(state.st_mode):
        return "is a symbolic link" if stat.S_ISLNK(state.st_mode) else "is not a file"
    if fault := _danger(state):
        return fault
    noted = manifest(file.parent).get(file.name)
    if noted is None:
        return f"is not in {MANIFEST}"
    if state.st_size != noted.get("bytes"):
        return f"has {state.st_size} bytes instead of {noted.get('bytes')}"
    try:
        same = _sha256(file) == noted.get("sha256")
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None if same else f"is not what {MANIFEST} says (SHA-256)"


def keep(draft: Path, file: Path, **about: str) -> None:
    """Moves a finished file to its place under the cache, in one step and after its content is on the disk.

    Args:
        draft: the finished file, on the same file system.
        file: its place; whatever is there is replaced.
        about: what the manifest says of it besides size and hash.

    Raises:
        OSError: it cannot be written.
    """
    folder = file.parent
    _own_folder(folder)
    if file.is_dir() and not file.is_symlink():
        discard(file)
    draft.chmod(FILE_MODE)
    noted: dict[str, Any] = {"bytes": draft.stat().st_size, "sha256": _sha256(draft), **about}
    _sync(draft)
    draft.rename(file)
    content = {name: kept for name, kept in manifest(folder).items() if os.path.lexists(folder / name)}
    _write_manifest(folder, content | {file.name: noted})


def manifest(folder: Path) -> dict[str, dict[str, Any]]:
    """What is noted of each file in `folder`; nothing if others may have written it, or it is damaged."""
    path = folder / MANIFEST
    try:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode) or _danger(state):
            return {}
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: noted for name, noted in content.items() if isinstance(noted, dict)}


def all_defects(folder: Path) -> list[str]:
    """What is wrong with anything kept under the cache `folder`, a sentence for each file."""
    kept = {place.parent / name for place in folder.glob(f"*/{MANIFEST}") for name in manifest(place.parent)}
    return [f"{file} {fault}" for file in sorted(kept) if (fault := defect(file)) is not None]


def discard(path: Path) -> None:
    """Moves something out of the way and removes it as far as this user may."""
    aside = path.with_name(f"{DISCARDED}{uuid4().hex[:12]}")
    path.rename(aside)
    _remove(aside)


def leftovers(folder: Path) -> list[Path]:
    """Folders that builds left which were killed, or in which one is under way."""
    names = (SCRATCH, DISCARDED)
    return sorted(path for name in names for inside in ("", "*/") for path in folder.glob(f"{inside}{name}*"))


def clean() -> None:
    """Removes what killed builds have left, once no build is under way, if this user may."""
    if leftovers(cache_dir()):
        with suppress(BuildError), locked(make_cache()):
            pass


def short_hash(*parts: bytes) -> str:
    """Names what was made of these bytes: the first 16 digits of their SHA-256."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:16]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time builds in the cache `folder`; what killed builds have left there is removed."""
    descriptor = _open_lock(folder / LOCK)
    try:
        try:
            take(descriptor, folder / LOCK, "set NETGYM_CACHE to", wait=True)
        except NoLocks as error:
            raise BuildError(str(error)) from error
        for left in leftovers(folder):
            _remove(left)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A folder for the drafts of one build, which is removed afterwards."""
    _own_folder(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH, ignore_cleanup_errors=True) as path:
        yield Path(path)


def _open_lock(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        try:
            descriptor = os.open(path, flags, FILE_MODE)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.EISDIR):
                raise
            discard(path)  # a lock is a file; what a link points to is not touched
            descriptor = os.open(path, flags, FILE_MODE)
    except OSError as error:
        raise BuildError(f"cannot open {path}: {error.strerror}; {WRITABLE}.") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BuildError(f"{path} is neither a file nor a folder; remove it.")
    return descriptor


def _own_folder(folder: Path) -> None:
    """Makes `folder`, with nobody else able to write to it; what is there instead is moved out of the way."""
    with suppress(FileNotFoundError):
        state = folder.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid not in _trusted():
            discard(folder)
        elif state.st_mode & OTHERS_MAY_WRITE:
            folder.chmod(stat.S_IMODE(state.st_mode) & ~OTHERS_MAY_WRITE)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


def _write_manifest(folder: Path, content: dict[str, dict[str, Any]]) -> None:
    path = folder / MANIFEST
    if path.is_dir() and not path.is_symlink():
        discard(path)
    draft = folder / f"{SCRATCH}{MANIFEST}"
    draft.write_text(json.dumps(content, indent=1) + "\n")
    draft.chmod(FILE_MODE)
    _sync(draft)
    draft.rename(path)
    _sync(folder)


def _holds_only_the_cache(folder: Path) -> bool:
    """Whether this user may change the mode of `folder` without changing it for anything else."""
    state = folder.stat()
    names = (LOCK, "native-*", "fluid-*", "ns3-*", "received-*", "objects", "scenarios", f"{SCRATCH}*", f"{DISCARDED}*")
    known = all(any(fnmatch(name, known) for known in names) for name in os.listdir(folder))
    return known and state.st_uid == os.geteuid() and not state.st_mode & stat.S_ISVTX


def _remove(path: Path) -> None:
    """Removes a file, a link or a folder, as far as this user may."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _danger(state: os.stat_result) -> str | None:
    """Who else may change it, as the rest of a sentence; None if nobody but this user and root."""
    if state.st_uid not in _trusted():
        return f"belongs to user id {state.st_uid}"
    if state.st_mode & OTHERS_MAY_WRITE:
        return f"may be written by other users (mode {stat.S_IMODE(state.st_mode):03o})"
    return None


def _trusted() -> tuple[int, int]:
    return 0, os.geteuid()


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
