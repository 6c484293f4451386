"""Links: what a channel's file says of them, what is drawn, and what is refused."""

import numpy as np
import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.messages.link import draw_links, link_keys, names


def test_every_preset_is_a_link_and_radio_channels_are_none():
    assert {"wan", "mobile", "poor", "cross_continental", "datacenter", "local", "none"} <= set(names())
    assert not {"ns3_wifi", "gilbert_elliott", "trace"} & set(names())


def test_cables_are_drawn_from_their_ranges_and_paths_of_two_have_the_delay_and_loss_of_one():
    keys = link_keys("mobile", "env.link")
    whole, halves = (draw_links(keys, 50, split, np.random.default_rng(3)) for split in (False, True))
    assert {link.bytes_per_s for link in whole} == {link.bytes_per_s for link in halves}
    for one, half in zip(whole, halves, strict=True):
        assert 0.05 <= one.delay_s <= 0.2 and 2 * half.delay_s == pytest.approx(one.delay_s)
        assert 1 - (1 - half.loss) ** 2 == pytest.approx(one.loss)
        assert 1e6 <= one.bytes_per_s <= 1e7 and 0 < half.jitter_s <= half.delay_s
    assert len({link.delay_s for link in whole}) == 50


def test_a_mapping_changes_keys_of_a_preset():
    keys = link_keys({"name": "wan", "loss": 0, "bandwidth_mbps": 100}, "env.link")
    assert (keys.loss, keys.bandwidth_mbps, keys.propagation_delay_ms) == (0, 100, [10, 50])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("gilbert_elliott", r"env\.link is 'gilbert_elliott', which has no rate; allowed: .*wan"),
        ("wann", "unknown channel 'wann'.*wan"),
        ({"name": "wan", "loss": 0.9}, r"env\.link\.loss is 0\.9; allowed: "),
        ({"name": "wan", "buffer_size": 3}, r"env\.link\.buffer_size is 3.*it has bandwidth_mbps"),
        (7, r"env\.link is 7; allowed: the name of a channel"),
    ],
)
def test_what_is_no_link_is_refused(given, message):
    with pytest.raises(ConfigError, match=message):
        link_keys(given, "env.link")
