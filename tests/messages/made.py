"""Networks of equal links, for tests."""

import numpy as np

from netgym_cli.messages.collective import collective_registry
from netgym_cli.messages.link import Link
from netgym_cli.messages.network import SEGMENT_BYTES, WIRE_BYTES, network_registry
from netgym_cli.messages.topology import topology_registry


def network(kind, topology, nodes, rate_mbps=80.0, delay_ms=10.0, loss=0.0, queue_bytes=1.5e6, seed=0, slow=()):
    """Delay is that of a path; loss that of a link. Cables in `slow` have a tenth of the rate."""
    shape = topology_registry.load(topology)(nodes)
    share = 0.5 if shape.halves else 1.0
    links = []
    for cable in range(shape.cables):
        rate = rate_mbps * 125e3 / (10 if cable in slow else 1)
        links += 2 * [Link(rate, share * delay_ms / 1e3, 0.0, loss, queue_bytes)]
    return network_registry.load(kind)(shape, links, np.random.default_rng(seed))


def messages(collective, nodes, size_bytes=1_000_000):
    return collective_registry.load(collective)().messages(nodes, size_bytes)


def durations_s(net, sent, rounds):
    """How long each of so many rounds takes, one after the other."""
    nodes, now_s, found = net.topology.nodes, 0.0, []
    for _ in range(rounds):
        ready_s = [now_s] * nodes
        end_s = max(net.run(sent, ready_s).finished_s(sent, ready_s))
        found.append(end_s - now_s)
        now_s = end_s
    return found


def sending_s(size_bytes, rate_mbps=80.0):
    """How long a link takes for the payload and its headers."""
    return size_bytes * WIRE_BYTES / SEGMENT_BYTES / (rate_mbps * 125e3)
