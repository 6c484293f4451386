"""`netgym collect`: from its arguments to its dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netgym_cli.collection.collection import Collected, Collection
from netgym_cli.collection.request import parse
from netgym_cli.experiment.caveats import tell_caveats


def collect(
    args: Sequence[str],
    config_dirs: Sequence[str | Path],
    default_action: bool,
    trust: bool,
    command: Sequence[str],
    jobs: int | None = None,
) -> Collected:
    """Collects what `args` ask for, or what is missing of it.

    Raises:
        ConfigError: the user can fix it; nothing was played and nothing written.
        SessionFailed, DatasetError, KeyboardInterrupt: what is complete stays, and the same command continues.
    """
    request = parse(args, config_dirs, default_action, trust, jobs)
    collection = Collection(request, command, trust)
    tell_caveats([request.config])
    return collection.run()
