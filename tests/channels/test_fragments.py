import pytest

from netgym_cli.channels.fragments import Fragments
from netgym_cli.wrappers.channel_configs import build, channel_config


def test_a_packet_larger_than_a_frame_crosses_as_fragments():
    fragments = Fragments(1, 2268)
    assert fragments.split(0, 0, 2268) == [2268]
    assert fragments.split(0, 1, 2269) == [2264, 1]
    assert sum(size + 8 for size in fragments.split(0, 2, 12_288)) == 12_288 + 8
    assert [fragments.settle(0, frame, True) for frame in (0, 2, 1, 1)] == [0, None, 1, -1]
    assert [fragments.settle(0, frame, frame != 4) for frame in range(3, 9)] == [None, 2, None, None, None, None]


@pytest.mark.ns3
def test_large_packets_arrive_whole_or_not_at_all():
    told = {}
    for distance_m in (15.0, 76.0):
        channel = build(channel_config("ns3_wifi", distance_m=distance_m, packet_size_bytes=None), 20.0)
        channel.reset(1)
        arrivals = []
        for slot in range(200):
            channel.send(12_288 if slot % 2 else 300, slot * 20.0)
            arrivals += channel.advance((slot + 1) * 20.0)
            state = channel.info()
            assert state["sent"] == state["arrived"] + state["lost"] + state["in_flight"] == slot + 1
        told[distance_m] = {one.packet for one in arrivals}
        assert all((one.arrived_ms - one.sent_ms > 1.5) == one.packet % 2 for one in arrivals if distance_m < 20)
        channel.close()
    assert len(told[15.0]) == 200
    large, small = (sum(packet % 2 == kind for packet in told[76.0]) for kind in (1, 0))
    assert 0 < large < small
