"""`netgym collect` from its words to its dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netgym_cli.collection.collection import Collected, Collection
from netgym_cli.collection.request import parsed


def collect(
    words: Sequence[str],
    config_dirs: Sequence[str | Path],
    default_action: bool,
    trust: bool,
    command: Sequence[str],
) -> Collected:
    """Collects what `words` ask for, or what is missing of it.

    Raises:
        ConfigError: the user can mend it; nothing was played and nothing written.
        SessionFailed, DatasetError, KeyboardInterrupt: what is complete stays, and the same command continues.
    """
    return Collection(parsed(words, config_dirs, default_action), command, trust).run()
