"""A run folder belongs to one run: the claim on it is taken before anything is written, and by one of several only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.locks import Lock, NoLocks
from netgym_cli.runs.folder import HYDRA, MANIFEST, METRICS, RESERVE, RunFolder


class Claim:
    """A run folder that is now this process's, made if need be.

    Claimed by a lock on the file that keeps room on the disk while the run goes on: of several processes one gets it,
    and it is free again as soon as that one has ended, however it ends. On a file system without locks whoever makes
    the file has it.

    Args:
        folder: where the run is going to be.
        key: the override that chooses another folder.

    Raises:
        ConfigError: a run lies there, or is about to begin; nothing was changed.
        OSError: the folder cannot be made; nothing is left of it.
    """

    def __init__(self, folder: RunFolder, key: str) -> None:
        self.folder = RunFolder(folder.path.absolute())
        path = self.folder.path
        self._made = [parent for parent in (path, *path.parents) if not parent.exists()]
        self._new = [name for name in (METRICS, HYDRA, MANIFEST, RESERVE) if not (path / name).exists()]
        self._begun = False
        self._lock: Lock | None = None
        self.folder.require_free(key)
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = exclusive(self.folder.reserve_path)
        except BlockingIOError as error:
            raise ConfigError(
                f"another run is about to begin in {path} ({RESERVE}); choose another by {key}=PATH."
            ) from error
        except FileExistsError as error:
            self._remove_what_was_made()
            raise NotADirectoryError(error.errno, "it is no folder", str(folder.path)) from error
        except OSError as error:
            self._remove_what_was_made()
            raise OSError(error.errno, error.strerror, str(folder.path)) from error
        try:
            self.folder.require_free(key)  # another run may have come and gone since the first look
        except ConfigError:
            self.folder.reserve_path.unlink()
            self._release()
            raise

    def filenos(self) -> list[int]:
        """The open file of its lock, if there is one; a child process that inherits it keeps the claim."""
        return [] if self._lock is None else [self._lock.fileno()]

    def keep(self) -> None:
        """A run is going to begin here: `give_back` leaves the folder as it is."""
        self._begun = True

    def give_back(self) -> None:
        """Removes what was made here unless a run was going to begin, and the claim unless one has begun."""
        if not self.folder.holds_run:
            if self._begun:
                self.folder.reserve_path.unlink(missing_ok=True)
            else:
                self._remove_what_is_new()
        self._release()

    def _remove_what_is_new(self) -> None:
        if self.folder.path in self._made:
            shutil.rmtree(self.folder.path, ignore_errors=True)
        for path in (self.folder.path / name for name in self._new):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        self._remove_what_was_made()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _remove_what_was_made(self) -> None:
        for folder in self._made:
            with suppress(OSError):  # somebody else has put something into it
                os.rmdir(folder)


def exclusive(path: Path) -> Lock | None:
    """The lock on the file; None for a new file on a file system without locks.

    Raises `BlockingIOError` if another process holds it or, without locks, may do so; `OSError`.
    """
    try:
        path.open("x").close()
        new = True
    except FileExistsError:  # of a process that is there, or was killed
        new = False
    try:
        return Lock(path)
    except NoLocks as error:
        if not new:
            raise BlockingIOError(str(error)) from error
        return None


@contextmanager
def claimed(folder: RunFolder, key: str) -> Iterator[Claim]:
    """A `Claim` that is given back in the end, unless a run has begun. Raises as `Claim` does."""
    claim = Claim(folder, key)
    try:
        yield claim
    finally:
        claim.give_back()


def require_apart(folders: list[Path], key: str) -> None:
    """Raises `ConfigError` if two of these run folders are the same; `key` is the override that tells them apart."""
    numbers: dict[Path, int] = {}
    for number, folder in enumerate(folders):
        first = numbers.setdefault(folder.resolve(), number)
        if first != number:
            raise ConfigError(
                f"the jobs {first} and {number} would both be in {folder.absolute()}; each needs a folder of its own: "
                f"let {key} name what differs, as in '{key}=${{hydra.job.num}}'."
            )
