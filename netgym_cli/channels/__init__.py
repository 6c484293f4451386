"""Simulated one-way network paths: packets of so many bytes go in, and some of them come out later."""

from netgym_cli.common.exports import exports

__getattr__ = exports(
    __name__,
    {
        "Arrival": "base",
        "Channel": "base",
        "DeliveryConfig": "base",
    },
)
