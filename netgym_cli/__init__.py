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
    from netgym_cli.networked.action_channel_env import ActionChannelEnv
    from netgym_cli.networked.multi_view_env import MultiViewEnv
    from netgym_cli.networked.multi_view_model import MultiViewModel
    from netgym_cli.networked.netrl import (
        NetworkConfig,
        NS3WiFiChannelFastConfig,
        NS3WifiConfig,
        NS3WifiMultiUEConfig,
    )
    from netgym_cli.networked.networked_env import NetworkedEnv
    from netgym_cli.networked.records import channel_config
    from netgym_cli.networked.vector_networked_env import VectorNetworkedEnv
    from netgym_cli.networkgym import Env, load_config_file

__version__ = "0.1.0"
__all__ = [
    "ActionChannelEnv",
    "Env",
    "MultiViewEnv",
    "MultiViewModel",
    "NS3WiFiChannelFastConfig",
    "NS3WifiConfig",
    "NS3WifiMultiUEConfig",
    "NetworkConfig",
    "NetworkedEnv",
    "VectorNetworkedEnv",
    "__version__",
    "channel_config",
    "load_config_file",
    "make_env",
]

_HOMES = {
    "make_env": "make",
    "Env": "networkgym",
    "load_config_file": "networkgym",
    "ActionChannelEnv": "networked.action_channel_env",
    "MultiViewEnv": "networked.multi_view_env",
    "MultiViewModel": "networked.multi_view_model",
    "NetworkConfig": "networked.netrl",
    "NS3WifiConfig": "networked.netrl",
    "NS3WiFiChannelFastConfig": "networked.netrl",
    "NS3WifiMultiUEConfig": "networked.netrl",
    "NetworkedEnv": "networked.networked_env",
    "VectorNetworkedEnv": "networked.vector_networked_env",
    "channel_config": "networked.records",
}

registration.register_with_gymnasium()


def __getattr__(name: str) -> Any:
    # Imported when first used: the command line answers --help without Gymnasium.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
