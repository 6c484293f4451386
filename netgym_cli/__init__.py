"""netgym: from one declarative config to a trained, measured network agent on a packet-level simulator.

From Python:

    import gymnasium, netgym_cli
    env = gymnasium.make("netgym/nqos_split-v0", seed=1, steps_per_episode=50)
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if sys.argv[:1] == ["-m"] and "netgym_cli" in sys.orig_argv and sys.path[:1] == [os.getcwd()]:
    del sys.path[0]  # `python -m netgym_cli` would take `random.py` of the working directory for Python's own

from netgym_cli.common.exports import exports
from netgym_cli.compat import old_imports
from netgym_cli.envs import registration

if TYPE_CHECKING:
    from netgym_cli.compat.netrl import NetworkConfig, NS3WiFiChannelFastConfig, NS3WifiConfig, NS3WifiMultiUEConfig
    from netgym_cli.compat.networkgym.client import Env, load_config_file
    from netgym_cli.envs.make import make_env
    from netgym_cli.evaluation.training import train
    from netgym_cli.experiment.loaded_agent import load_agent
    from netgym_cli.wrappers.action_channel_env import ActionChannelEnv
    from netgym_cli.wrappers.channel_configs import channel_config
    from netgym_cli.wrappers.learner_view import learner_view
    from netgym_cli.wrappers.multi_view_env import MultiViewEnv
    from netgym_cli.wrappers.multi_view_model import MultiViewModel
    from netgym_cli.wrappers.networked_env import NetworkedEnv
    from netgym_cli.wrappers.vector_networked_env import VectorNetworkedEnv

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
    "learner_view",
    "load_agent",
    "load_config_file",
    "make_env",
    "train",
]

_HOMES = {
    "make_env": "envs.make",
    "load_agent": "experiment.loaded_agent",
    "Env": "compat.networkgym.client",
    "load_config_file": "compat.networkgym.client",
    "ActionChannelEnv": "wrappers.action_channel_env",
    "MultiViewEnv": "wrappers.multi_view_env",
    "MultiViewModel": "wrappers.multi_view_model",
    "NetworkConfig": "compat.netrl",
    "NS3WifiConfig": "compat.netrl",
    "NS3WiFiChannelFastConfig": "compat.netrl",
    "NS3WifiMultiUEConfig": "compat.netrl",
    "NetworkedEnv": "wrappers.networked_env",
    "VectorNetworkedEnv": "wrappers.vector_networked_env",
    "channel_config": "wrappers.channel_configs",
    "learner_view": "wrappers.learner_view",
    "train": "evaluation.training",
}

__getattr__ = exports(__name__, _HOMES)

registration.register_with_gymnasium()
old_imports.install()
