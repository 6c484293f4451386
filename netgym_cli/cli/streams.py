"""Standard streams that were closed before the program began."""

from __future__ import annotations

import os
import sys


def open_closed_streams() -> None:
    """Opens /dev/null in the place of every standard stream that is closed.

    Otherwise the next file that is opened gets the stream's number, and with it whatever a library writes there.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115 - until the end
