"""Locks between processes: of several that ask, one gets it, and it is free as soon as that one has ended."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType

from netgym_cli.common.errors import ConfigError

UNKNOWN = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EBADF)  # the last is what NFS says of a folder


class NoLocks(ConfigError):
    """A file system that knows no locks between processes."""


def take(descriptor: int, path: Path, elsewhere: str = "choose", wait: bool = False) -> None:
    """Locks an open file or folder until it is closed.

    Args:
        descriptor: of the open file.
        path: its place.
        elsewhere: how the user chooses another one, as in "set NETGYM_CACHE to".
        wait: until nobody else holds it.

    Raises:
        BlockingIOError: another process holds it.
        NoLocks: the file system knows no locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        if error.errno not in UNKNOWN:
            raise
        raise NoLocks(
            f"cannot lock '{path}': {error.strerror}. Its file system has no locks, which keep processes from writing "
            f"at the same time; {elsewhere} a folder on a local disk."
        ) from error


def is_held(path: Path) -> bool | None:
    """Whether some process holds the lock on this file; None where nobody can know: the file system has no locks."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        if error.errno not in UNKNOWN:
            raise
        return None
    finally:
        os.close(descriptor)
    return False


class Lock:
    """A lock that this process holds; a context manager that releases it.

    Args:
        path: what stands for it: a folder, or else a file, which is made if need be. Its folder must exist.
        elsewhere: how the user chooses another place, as in "set NETGYM_CACHE to".

    Raises:
        BlockingIOError: another process holds it.
        NoLocks: the file system knows no locks; the file stays.
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path, elsewhere: str = "choose") -> None:
        self.path = path
        while True:
            flags = os.O_RDONLY if path.is_dir() else os.O_WRONLY | os.O_CREAT
            self._number: int | None = os.open(path, flags, 0o666)
            try:
                take(self._number, path, elsewhere)
                if self._is_there(self._number):
                    return
            except BaseException:
                self.release()
                raise
            self.release()  # whoever held it has removed it meanwhile

    def fileno(self) -> int:
        """The open file; a child process that inherits it holds the lock, too, until it ends."""
        assert self._number is not None, "the lock has been released"
        return self._number

    def _is_there(self, number: int) -> bool:
        try:
            return os.path.samestat(os.fstat(number), self.path.stat())
        except FileNotFoundError:
            return False

    def release(self, remove: bool = False) -> None:
        """Lets others have it; `remove` takes the file away, too. Harmless when called twice."""
        if self._number is not None:
            number, self._number = self._number, None
            try:
                if remove:
                    self.path.unlink(missing_ok=True)
            finally:
                os.close(number)

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
