"""Times of collectives: closed forms, what makes them longer, and what real TCP took."""

from statistics import median

import pytest

from netgym_cli.messages.message import Message
from netgym_cli.messages.network import network_registry
from tests.messages.made import durations_s, messages, network, sending_s

DELAY_S, SIZE = 0.01, 1_000_000
WINDOW = 8 * 1448  # whole segments in every part, and within an initial window, which an idle connection falls back to
ALL = network_registry.names()
CLOSED = {  # collective and topology: the time without loss on warm connections, for n nodes and m bytes
    ("ring", "full"): lambda n, m: 2 * (n - 1) * (DELAY_S + sending_s(m / n)),
    ("ring", "ring"): lambda n, m: 2 * (n - 1) * (DELAY_S + sending_s(m / n)),
    ("direct", "dedicated"): lambda n, m: 2 * (DELAY_S + sending_s(m / n)),
    ("direct", "full"): lambda n, m: 2 * (DELAY_S + (n - 1) * sending_s(m / n)),
    ("parameter_server", "full"): lambda n, m: 2 * (DELAY_S + (n - 1) * sending_s(m)),
    ("parameter_server", "star"): lambda n, m: 2 * (DELAY_S + sending_s(m)),
    ("tree", "full"): lambda n, m: 2 * (n - 1).bit_length() * (DELAY_S + sending_s(m)),
}


@pytest.mark.parametrize(
    ("kind", "size_bytes", "within"), [("alpha_beta", SIZE, 1e-9), ("tcp", SIZE, 0.02), ("tcp", WINDOW, 0.02)]
)
@pytest.mark.parametrize(("collective", "topology"), list(CLOSED))
def test_without_loss_a_warm_collective_takes_what_the_closed_form_says(collective, topology, kind, size_bytes, within):
    if kind == "tcp" and size_bytes == SIZE and collective in ("tree", "parameter_server"):
        pytest.skip("its connections are idle for longer than a time-out")
    for nodes in (4, 8):
        net = network(kind, topology, nodes, queue_bytes=1e9)
        took_s = durations_s(net, messages(collective, nodes, size_bytes), 6)[-1]
        assert took_s == pytest.approx(CLOSED[collective, topology](nodes, size_bytes), rel=within)


@pytest.mark.parametrize("kind", ["alpha_beta", "tcp"])
def test_one_slow_link_holds_up_a_ring_as_the_recursion_says(kind):
    nodes, steps = 4, 6
    net = network(kind, "ring", nodes, slow=(1,))
    part_s = [sending_s(SIZE / nodes) * (10 if node == 1 else 1) for node in range(nodes)]
    ready_s, free_s = [0.0] * nodes, [0.0] * nodes
    for _ in range(steps):
        free_s = [max(ready_s[node], free_s[node]) + part_s[node] for node in range(nodes)]
        ready_s = [free_s[node - 1] + DELAY_S for node in range(nodes)]
    assert durations_s(net, messages("ring", nodes, SIZE), 4)[-1] == pytest.approx(max(ready_s), rel=0.02)


def test_cold_connections_are_slower_by_their_slow_start():
    cold_s, *_, warm_s = durations_s(network("tcp", "full", 4), messages("ring", 4), 4)
    assert 0.26 < cold_s < 0.31 and warm_s == pytest.approx(0.2156, rel=0.01)


def test_no_network_takes_no_time():
    assert durations_s(network("none", "star", 5), messages("parameter_server", 5), 2) == [0, 0]


@pytest.mark.parametrize("kind", ALL)
def test_messages_wait_for_their_source_and_for_those_before_them(kind):
    sent = [Message(0, 1, 1000), Message(1, 2, 1000, (0,)), Message(2, 0, 1000)]
    net = network(kind, "full", 3)
    first = net.run(sent, [1.0, 5.0, 2.0])
    assert first.at_s[0] >= 1 and first.at_s[1] >= max(5, first.at_s[0]) and first.at_s[2] >= 2
    assert first.finished_s(sent, [1.0, 5.0, 2.0])[1] == max(5.0, first.at_s[0])


@pytest.mark.parametrize("kind", ALL)
def test_equal_seeds_give_equal_bits_and_handshakes_take_time(kind):
    sent = messages("ring", 4, 50_000)
    ones, others = (durations_s(network(kind, "full", 4, loss=0.02, seed=5), sent, 4) for _ in range(2))
    assert ones == others
    shaken = network(kind, "full", 4)
    shaken.handshakes = 1.0
    assert (durations_s(shaken, sent, 1)[0] > durations_s(network(kind, "full", 4), sent, 1)[0]) == (kind != "none")


def test_segments_are_those_of_the_messages_and_those_that_were_lost():
    sent = messages("parameter_server", 5, 300_000)
    arrived = network("tcp", "full", 5, loss=0.03, seed=2).run(sent, [0.0] * 5)
    assert arrived.retransmitted > 10
    assert arrived.segments == len(sent) * -(-300_000 // 1448) + arrived.retransmitted


WORSE = [{"loss": 0.01}, {"loss": 0.05}, {"delay_ms": 100}, {"rate_mbps": 4}, {"delay_ms": 100, "loss": 0.01}]


@pytest.mark.parametrize("worse", WORSE, ids=str)
def test_what_is_worse_never_shortens_the_median(worse):
    def middle(**how):
        sent = messages("ring", 4, 200_000)
        return median(durations_s(network("tcp", "full", 4, seed=seed, **how), sent, 2)[-1] for seed in range(20))

    assert middle(**worse) > middle()
    assert middle(**worse, **({} if "loss" in worse else {"loss": 0.02})) >= middle(**worse)


# Seconds of Linux 6 with Cubic over an emulated path: ring all-reduce of 4 nodes, warm connections; loss of a link.
LINUX = {
    "80 Mbit/s": ({"rate_mbps": 80, "delay_ms": 10}, 1_000_000, [0.221, 0.225, 0.245]),
    "wan": ({"rate_mbps": 400, "delay_ms": 30, "loss": 0.001}, 1_000_000, [1.63, 1.56, 1.78, 2.19]),
    "mobile": ({"rate_mbps": 40, "delay_ms": 100, "loss": 0.01}, 1_000_000, [21.3, 33.0, 33.3]),
    "poor": ({"rate_mbps": 4, "delay_ms": 500, "loss": 0.05}, 100_000, [27.1, 46.9, 29.7]),
    "cross-continental": ({"rate_mbps": 400, "delay_ms": 300, "loss": 0.005}, 1_000_000, [38.8, 32.8, 41.2]),
}


@pytest.mark.parametrize("name", LINUX)
def test_tcp_takes_about_as_long_as_linux(name):
    how, size_bytes, seconds = LINUX[name]
    sent = messages("ring", 4, size_bytes)
    rounds = [durations_s(network("tcp", "full", 4, seed=seed, **how), sent, 4)[1:] for seed in range(7)]
    ratio = median(took for some in rounds for took in some) / median(seconds)
    assert 1 / 1.75 < ratio < 1.75
