"""The settings of a link, and what a session draws from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.channels.path import PathConfig
from netgym_cli.config.effect import read_unless
from netgym_cli.config.fields import one_of
from netgym_cli.config.ranges import drawn, drawn_from

# Name of a distribution to the kind of its draws.
JITTERS = {"none": "none", "uniform": "symmetric", "normal": "normal", "exponential": "exponential"}

# Drawn in this order, uniformly, the bandwidth by its logarithm, so that each doubling is as likely as another.
DRAWN = ("bandwidth_mbps", "propagation_delay_ms", "jitter_ms", "jitter_share", "loss", "duplication")


@dataclass
class LinkConfig(PathConfig):
    """The keys of conf/channel/link.yaml. What is in `DRAWN` is a number or a list [low, high]."""

    bandwidth_mbps: Any = drawn_from(1e-6, 1e9, null="infinite")
    propagation_delay_ms: Any = drawn_from(0, 1e9)
    jitter_ms: Any = read_unless("jitter_distribution", "none", of=drawn_from(0, 1e9))
    jitter_share: Any = read_unless("jitter_distribution", "none", of=drawn_from(0, 100))
    jitter_distribution: str = one_of(*JITTERS)
    loss: Any = drawn_from(0, 1)
    duplication: Any = drawn_from(0, 1)

    def columns(self) -> tuple[str, str, str, str]:
        """See `Path.columns`."""
        kind = JITTERS[self.jitter_distribution]
        return ("uniform", "uniform", kind, kind)


@dataclass
class LinkSession:
    """What a session drew: each a number, or one per copy in an array."""

    bandwidth_mbps: Any
    propagation_delay_ms: Any
    jitter_ms: Any
    loss: Any
    duplication: Any

    @property
    def ms_per_byte(self) -> Any:
        """Serialisation time; 0 for an infinite bandwidth. 1 Mbit/s are 1e6 bit/s."""
        return 0.008 / self.bandwidth_mbps


def draw_session(config: LinkConfig, generator: np.random.Generator) -> LinkSession:
    """The numbers of a session; all of them take a draw, whether they are ranges or not."""
    draws = dict(zip(DRAWN, generator.random(len(DRAWN)).tolist(), strict=True))
    fixed = config.bandwidth_mbps is None
    rate = math.inf if fixed else drawn(config.bandwidth_mbps, draws["bandwidth_mbps"], logarithmic=True)
    other = {key: drawn(getattr(config, key), draws[key]) for key in DRAWN if key != "bandwidth_mbps"}
    other["jitter_ms"] += other.pop("jitter_share") * other["propagation_delay_ms"]
    if config.jitter_distribution == "none":
        other["jitter_ms"] = 0.0
    return LinkSession(rate, **other)
