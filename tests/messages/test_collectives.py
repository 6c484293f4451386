"""Every collective gives every node everything, with as many bytes as its formula says."""

import pytest

from netgym_cli.messages.collective import collective_registry, parts
from netgym_cli.messages.topology import topology_registry
from tests.messages.made import messages, network

ALL = collective_registry.names()


@pytest.mark.parametrize("nodes", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("name", ALL)
def test_bytes_are_those_of_the_formula_and_whole(name, nodes):
    sent = messages(name, nodes, 1003)
    assert sum(message.size_bytes for message in sent) == 2 * (nodes - 1) * 1003
    assert all(message.source != message.destination for message in sent)


@pytest.mark.parametrize("nodes", [2, 3, 5, 8])
@pytest.mark.parametrize("name", ALL)
def test_what_anybody_has_reaches_everybody(name, nodes):
    sent = messages(name, nodes)
    known, heard = [{node} for node in range(nodes)], [set() for _ in sent]
    for place, message in enumerate(sent):  # lists are written in an order in which they can be sent
        assert all(before < place for before in message.after)
        before = [heard[earlier] for earlier in message.after]
        heard[place] = set().union({message.source}, *before)
        known[message.destination] |= heard[place]
    assert all(have == set(range(nodes)) for have in known)


def test_parts_are_as_equal_as_can_be():
    assert parts(10, 4) == [3, 3, 2, 2]


@pytest.mark.parametrize("topology", topology_registry.names())
def test_routes_lead_along_links_that_join(topology):
    nodes = 5
    shape = topology_registry.load(topology)(nodes)
    for source in range(nodes):
        for destination in set(range(nodes)) - {source}:
            route = shape.route(source, destination)
            assert route and len(set(route)) == len(route) and max(route) < 2 * shape.cables
            back = shape.route(destination, source)
            assert sorted(link ^ 1 for link in back) == sorted(route) or len(back) == len(route)
    assert topology_registry.load(topology)(1).cables in (0, 1)


@pytest.mark.parametrize(("topology", "hops"), [("full", 2), ("dedicated", 1), ("star", None), ("ring", None)])
def test_bytes_of_links_are_those_of_messages_times_hops(topology, hops):
    net, sent = network("none", topology, 5), messages("direct", 5)
    expected = sum(m.size_bytes * len(net.topology.route(m.source, m.destination)) for m in sent)
    assert net.link_bytes(sent).sum() == expected
    assert hops is None or expected == hops * 2 * 4 * 1_000_000
