"""The outcome of a check of a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OK, FAILED, NOT_CHECKED = "ok", "FAILED", "not checked"
NAMED = 2  # failures that a message lists


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check: its name, `ok`, `FAILED` or `not checked`, and a message."""

    name: str
    outcome: str
    message: str = ""


def verdict(name: str, failures: Sequence[str], message: str = "", named: int = NAMED) -> Verdict:
    """`FAILED` with the first `named` failures and the number of the others, or `ok` with `message`."""
    if not failures:
        return Verdict(name, OK, message)
    more = f"; and {len(failures) - named} more" if len(failures) > named else ""
    return Verdict(name, FAILED, "; ".join(failures[:named]) + more)
