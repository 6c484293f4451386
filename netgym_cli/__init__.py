"""netgym: from one declarative config to a trained, measured network agent on a packet-level simulator.

From Python:

    import gymnasium, netgym_cli
    env = gymnasium.make("netgym/nqos_split-v0", seed=1, steps_per_episode=50)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from netgym_cli import registration

if TYPE_CHECKING:
    from netgym_cli.make import make_env
    from netgym_cli.networkgym import Env, load_config_file

__version__ = "0.1.0"
__all__ = ["Env", "__version__", "load_config_file", "make_env"]

_HOMES = {
    "make_env": "netgym_cli.make",
    "Env": "netgym_cli.networkgym",
    "load_config_file": "netgym_cli.networkgym",
}

registration.register_with_gymnasium()


def __getattr__(name: str) -> Any:
    # Imported when first used: the command line answers --help without Gymnasium.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
