"""Pictures with the settings of the user, and not with those of a file that lies in the working directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_settings() -> Iterator[None]:
    """Inside it, a `matplotlibrc` of the working directory has no effect: it may have programs such as LaTeX run."""
    import matplotlib

    try:
        local = Path(matplotlib.matplotlib_fname()).absolute().parent == Path.cwd()
    except OSError:  # the directory is gone
        local = False
    defaults = {key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith("backend")}
    with matplotlib.rc_context(defaults if local else {}):
        yield
