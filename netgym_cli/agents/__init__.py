"""What acts and learns: rules, learners on Stable-Baselines3, offline learners, one PPO in a readable file."""

from netgym_cli.common.exports import exports

__getattr__ = exports(
    __name__,
    {
        "Agent": "base",
        "Rule": "rule",
    },
)
