"""The plan of a run's sessions, and the one environment through which an agent goes through it."""

from netgym_cli.common.exports import exports

__getattr__ = exports(
    __name__,
    {
        "Observer": "step",
        "Plan": "plan",
        "SequentialSessions": "sequential",
        "Step": "step",
        "VectorSessions": "vector",
    },
)
