"""Gymnasium environments: an adapter per environment gives a simulator's measurements their meaning."""

from netgym_cli.common.exports import exports

__getattr__ = exports(
    __name__,
    {
        "Adapter": "base",
        "AgentSpec": "agent_spec",
        "NetworkEnv": "network_env",
        "box_action": "actions",
        "discrete_action": "actions",
        "is_empty": "actions",
        "make_env": "make",
        "stated_action": "actions",
    },
)
