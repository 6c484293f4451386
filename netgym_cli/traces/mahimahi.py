"""Mahimahi's packet delivery traces: the times at which a link could send 1500 bytes."""

from __future__ import annotations

from pathlib import Path

from netgym_cli.common.errors import ConfigError
from netgym_cli.traces.origin import counted_from_the_first

MOST_DIGITS = 15
ALLOWED = "whole numbers of ms that do not decrease, one per line, the last one above 0"


def looks_like_mahimahi(file: Path) -> bool:
    """Whether the first line that is not empty is one number, and so not a header of a CSV file."""
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        first = next((line.strip() for line in lines if line.strip()), "")
    return first.removeprefix("-").replace(".", "", 1).isdigit()


def read_mahimahi(file: Path, key: str) -> list[int]:
    """The times of the delivery opportunities, ms, as in the file; equal times are several opportunities at once.

    Dates, in ms since 1970, count from the first of them.

    Args:
        file: one time per line, as Mahimahi's `mm-link` takes it (Netravali et al., USENIX ATC 2015).
        key: config key that names it, for messages.

    Raises:
        ConfigError: a wrong value, with key, file, line and value.
    """
    times: list[int] = []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}: cannot read '{file}': {error}. Give a text file with {ALLOWED}.") from error
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        whole = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
        if not whole or (times and int(text) < times[-1]):
            after = f" after {times[-1]}" if times else ""
            raise ConfigError(f"{key}: {file}, line {number}: '{text[:40]}'{after}; allowed: {ALLOWED}.")
        times.append(int(text))
    if times:
        times = counted_from_the_first(times, "in_time", f"{key}: {file}")
    if not times or times[-1] == 0:
        what = "has no times" if not times else f"ends at line {len(lines)} with 0"
        raise ConfigError(f"{key}: {file} {what}; allowed: {ALLOWED}.")
    return times
