"""The C++ compiler: which one, and running it so that it never outlives the program that wanted it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from netgym_cli.common.errors import BuildError

GUARD = Path(__file__).with_name("compile_guard.py")


def compiler() -> str | None:
    """The C++ compiler: $CXX or g++; None if there is none."""
    return shutil.which(os.environ.get("CXX", "g++"))


def compiler_version(cxx: str) -> str:
    """What the compiler says of itself. Raises `BuildError` if it cannot be run."""
    try:
        return subprocess.run([cxx, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    except OSError as error:
        raise BuildError(f"the compiler {cxx} cannot be run: {error.strerror}; set CXX to another one.") from error


class Compilers:
    """Compilers at work in one build, from any thread.

    Leaving the context ends those that still run, and so does the end of this process, however it ends.

    Args:
        drafts: folder of what they write, which is removed if this process ends before.
    """

    def __init__(self, drafts: Path) -> None:
        self._drafts = drafts
        far, self._near = os.pipe()
        self._far = os.fdopen(far, "rb")  # open for as long as any thread may still ask for a compiler
        self._left = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left = True
        os.close(self._near)

    def errors(self, command: list[str]) -> list[str]:
        """Runs a compiler; its first errors, with file and line, or an empty list if it succeeded."""
        if self._left:
            return ["given up"]
        guard = [sys.executable, "-I", "-S", str(GUARD), str(self._drafts)]
        result = subprocess.run(
            [*guard, *command], stdin=self._far, capture_output=True, text=True, errors="replace", process_group=0
        )
        if not result.returncode:
            return []
        lines = result.stderr.splitlines()
        errors = [line for line in lines if "error" in line or "undefined reference" in line]
        return errors[:8] or lines[-8:] or [f"exit status {result.returncode}"]
