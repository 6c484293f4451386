"""Channels on ns-3 made from their YAML files, and what came out of them."""

import hashlib
from dataclasses import replace

from netgym_cli.channels.base import channel_registry
from netgym_cli.simulators.selection import default_settings
from netgym_cli.wrappers.channel_configs import channel_config

NAMES = [name for name in channel_registry.names() if name.startswith("ns3_")]
# Where packets are lost and late: the smallest difference shows.
EDGE = {
    "ns3_wifi": {"distance_m": 82, "interferers": 1},
    "ns3_wifi_multi": {"distances_m": [80, 82, 83], "sector_deg": 180},
    "ns3_lte": {"distance_m": 200},
    "ns3_nr": {"distance_m": 400},
}
PACKET_BYTES = 256


def config(name, **keys):
    """The validated record of a channel: its YAML file and `keys`."""
    return channel_config(name, **keys)


def channel(name, step_ms=5.0, run_ahead=True, recover=True, **keys):
    settings = replace(default_settings("ns3"), recover=recover)
    return channel_registry.load(name)(config(name, **keys), step_ms, settings, run_ahead)


def at_the_edge(name, **keys):
    return channel(name, **{**EDGE[name], **keys})


def conserved(one):
    """What `info()` tells, after a look at its books."""
    told = one.info()
    assert told["sent"] == told["arrived"] + told["lost"] + told["in_flight"], told
    return told


def step(one, t, sizes=PACKET_BYTES):
    """One step: a packet from every port at its begin, then what arrived by its end."""
    for port in range(one.ports):
        one.send(sizes if isinstance(sizes, int) else sizes[port], t * one.step_ms, port)
    arrivals = one.advance((t + 1) * one.step_ms)
    conserved(one)
    return arrivals


def play(one, steps, seed=1):
    """The arrivals of every step of a new session."""
    one.reset(seed)
    return [step(one, t) for t in range(steps)]


def digest(name, steps=300):
    """Fingerprint of the exact arrivals of a session."""
    one = at_the_edge(name)
    arrivals = play(one, steps)
    one.close()
    return hashlib.sha256(repr(arrivals).encode()).hexdigest()
