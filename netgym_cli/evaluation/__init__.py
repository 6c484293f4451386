"""Agents compared on the same new seeds: sessions, intervals, paired differences, tables."""

from netgym_cli.common.exports import exports

__getattr__ = exports(
    __name__,
    {
        "default_seeds": "contest",
        "evaluate": "contest",
    },
)
