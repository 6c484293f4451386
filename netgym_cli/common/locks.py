"""Locks between processes: of several that ask, one gets it, and it is free as soon as that one has ended."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType

NO_LOCKS = (errno.EBADF, errno.ENOLCK, errno.ENOTSUP)  # what file systems say that know no locks, or none for folders


class Lock:
    """A lock that this process holds; a context manager that releases it.

    Args:
        path: what stands for it: a folder, or else a file, which is made if need be. Its folder must exist.

    Raises:
        BlockingIOError: another process holds it.
        OSError: the file cannot be made, or the file system knows no locks.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        while True:
            flags = os.O_RDONLY if path.is_dir() else os.O_WRONLY | os.O_CREAT
            self._number: int | None = os.open(path, flags, 0o666)
            try:
                fcntl.flock(self._number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_there(self._number):
                    return
            except BaseException:
                self.release()
                raise
            self.release()  # whoever held it has removed it meanwhile

    def _is_there(self, number: int) -> bool:
        try:
            return os.path.samestat(os.fstat(number), self.path.stat())
        except FileNotFoundError:
            return False

    def release(self, remove: bool = False) -> None:
        """Lets others have it; `remove` takes the file away, too. Harmless when called twice."""
        if self._number is not None:
            number, self._number = self._number, None
            if remove:
                self.path.unlink(missing_ok=True)
            os.close(number)

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
