"""What a check of a dataset says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OK, FAILED, NOT_CHECKED = "ok", "FAILED", "not checked"
NAMED = 3  # places that a message lists


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check: its name, `ok`, `FAILED` or `not checked`, and what there is to say."""

    name: str
    outcome: str
    message: str = ""


def verdict(name: str, failures: Sequence[str], message: str = "") -> Verdict:
    """`FAILED` with the first failures and their number, or `ok` with `message`."""
    if not failures:
        return Verdict(name, OK, message)
    more = f"; and {len(failures) - NAMED} more" if len(failures) > NAMED else ""
    return Verdict(name, FAILED, "; ".join(failures[:NAMED]) + more)
