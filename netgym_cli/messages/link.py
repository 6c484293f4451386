"""A link between two nodes: what a channel's YAML file says of it, and what a session draws from that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs
from netgym_cli.config.fields import check_fields, one_of, ranged
from netgym_cli.config.members import channel_keys
from netgym_cli.config.ranges import drawn, drawn_from
from netgym_cli.config.schema import typed

# Channels with a rate, by the member that their files name, and what their links are where it has no such keys.
WITH_RATE: dict[str, dict[str, Any]] = {
    "link": {},
    "none": {
        "bandwidth_mbps": None,
        "propagation_delay_ms": 0,
        "jitter_ms": 0,
        "jitter_share": 0,
        "jitter_distribution": "none",
        "loss": 0,
        "queue_bytes": None,
    },
}


@dataclass
class LinkKeys:
    """The keys of conf/channel/link.yaml that a link between nodes has; ranges are drawn for each link."""

    bandwidth_mbps: Any = drawn_from(1e-6, 1e9, null="infinite")
    propagation_delay_ms: Any = drawn_from(0, 1e9)
    jitter_ms: Any = drawn_from(0, 1e9)
    jitter_share: Any = drawn_from(0, 1)
    jitter_distribution: str = one_of("uniform", "none")
    loss: Any = drawn_from(0, 0.5)
    queue_bytes: int | None = ranged(1502, null="without limit")


@dataclass(frozen=True)
class Link:
    """One direction of a link.

    Attributes:
        bytes_per_s: its rate; infinite for none.
        delay_s: propagation, one way.
        jitter_s: the delay of a message deviates uniformly by up to this.
        loss: probability that a packet is lost.
        queue_bytes: bytes that may wait for it.
    """

    bytes_per_s: float
    delay_s: float
    jitter_s: float = 0.0
    loss: float = 0.0
    queue_bytes: float = math.inf


def link_keys(given: Any, where: str) -> LinkKeys:
    """The keys of a link that is named, as `wan`, or described by a mapping with its `name` and keys that differ.

    Raises `ConfigError` for a channel that has no rate, an unknown key or an impossible value.
    """
    keys = channel_keys(given, where)
    if keys["name"] not in WITH_RATE:
        name = given if isinstance(given, str) else given["name"]
        raise ConfigError(f"{where} is {name!r}, which has no rate; allowed: {', '.join(names())}.")
    known = LinkKeys.__dataclass_fields__.keys()
    record = typed(LinkKeys, WITH_RATE[keys["name"]] | {key: keys[key] for key in known if key in keys}, where)
    check_fields(record, where)
    if isinstance(given, Mapping):
        _require_read(given, where)
    return record


def names() -> list[str]:
    """netgym's channels that may be links."""
    return [name for name in conf_dirs.members("channel") if channel_keys(name, "link")["name"] in WITH_RATE]


def _require_read(given: Mapping[str, Any], where: str) -> None:
    for key in given:
        if key not in ("name", *LinkKeys.__dataclass_fields__):
            known = ", ".join(LinkKeys.__dataclass_fields__)
            raise ConfigError(
                f"{where}.{key} is {given[key]!r}, and a link between nodes has no {key}; it has {known}."
            )


def draw_links(keys: LinkKeys, cables: int, halves: bool, generator: np.random.Generator) -> list[Link]:
    """The links of a session: link 2k and 2k + 1 are the two directions of cable k, which are alike.

    Args:
        keys: what they are drawn from, a rate by its logarithm.
        cables: how many.
        halves: whether every path crosses two of them, so that each has half the delay, half the jitter and the loss
            1 - sqrt(1 - loss).
        generator: gives five numbers to each cable, whether its keys are ranges or not.
    """
    links = []
    for uniform in generator.random((cables, 5)).tolist():
        rate_mbps = math.inf if keys.bandwidth_mbps is None else drawn(keys.bandwidth_mbps, uniform[0], True)
        delay_ms = drawn(keys.propagation_delay_ms, uniform[1])
        jitter_ms = drawn(keys.jitter_ms, uniform[2]) + drawn(keys.jitter_share, uniform[3]) * delay_ms
        loss = drawn(keys.loss, uniform[4])
        share = 0.5 if halves else 1.0
        link = Link(
            bytes_per_s=rate_mbps * 125e3,
            delay_s=share * delay_ms / 1e3,
            jitter_s=0.0 if keys.jitter_distribution == "none" else share * min(jitter_ms, delay_ms) / 1e3,
            loss=1 - math.sqrt(1 - loss) if halves else loss,
            queue_bytes=math.inf if keys.queue_bytes is None else float(keys.queue_bytes),
        )
        links += [link, link]
    return links
