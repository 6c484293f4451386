"""Standard input, output and error where a program was started with some of them closed."""

from __future__ import annotations

import os
import sys


def open_standard_streams() -> None:
    """Opens the null device in place of those that are closed.

    Otherwise the next file or socket gets the number of one, and what is written to standard error goes there, in this
    process or in a child. `sys.stdin`, `sys.stdout` and `sys.stderr` are there afterwards, too.
    """
    for number, (name, mode) in enumerate({"stdin": "r", "stdout": "w", "stderr": "w"}.items()):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one
            os.set_inheritable(opened, True)
            if getattr(sys, name) is None:
                setattr(sys, name, os.fdopen(opened, mode, closefd=False))
