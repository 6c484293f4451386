"""What answers an action with measurements: the Simulator interface, statistics as arrays, ns-3 behind a process."""

from netgym_cli.common.exports import exports

__getattr__ = exports(
    __name__,
    {
        "Layout": "stats",
        "PipelinedSimulator": "base",
        "Row": "stats",
        "Simulator": "base",
        "Stats": "stats",
        "Subscription": "stats",
    },
)
