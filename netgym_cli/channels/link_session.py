"""The settings of a link, and what a session draws from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from omegaconf import MISSING

from netgym_cli.channels.path import PathConfig
from netgym_cli.channels.ranges import drawn, require_number_or_range
from netgym_cli.config.schema import require

# Name of a distribution to the kind of its draws.
JITTERS = {"none": "none", "uniform": "symmetric", "normal": "normal", "exponential": "exponential"}

# Key to the lowest and highest value allowed, and the unit. They are drawn in this order, uniformly, the bandwidth by
# its logarithm, so that each doubling is as likely as another.
RANGES: dict[str, tuple[float, float, str]] = {
    "bandwidth_mbps": (1e-6, 1e9, " Mbit/s"),
    "propagation_delay_ms": (0, 1e9, " ms"),
    "jitter_ms": (0, 1e9, " ms"),
    "jitter_share": (0, 100, ""),
    "loss": (0, 1, ""),
    "duplication": (0, 1, ""),
}


@dataclass
class LinkConfig(PathConfig):
    """The keys of conf/channel/link.yaml. What is in `RANGES` is a number or a list [low, high]."""

    bandwidth_mbps: Any = MISSING
    propagation_delay_ms: Any = MISSING
    jitter_ms: Any = MISSING
    jitter_share: Any = MISSING
    jitter_distribution: str = MISSING
    loss: Any = MISSING
    duplication: Any = MISSING

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        super().validate()
        for key, (low, high, unit) in RANGES.items():
            value = getattr(self, key)
            if not (key == "bandwidth_mbps" and value is None):
                require_number_or_range(key, value, low, high, unit)
        kind = self.jitter_distribution
        require(kind in JITTERS, "channel.jitter_distribution", kind, ", ".join(JITTERS))

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
    draws = dict(zip(RANGES, generator.random(len(RANGES)).tolist(), strict=True))
    fixed = config.bandwidth_mbps is None
    rate = math.inf if fixed else drawn(config.bandwidth_mbps, draws["bandwidth_mbps"], logarithmic=True)
    other = {key: drawn(getattr(config, key), draws[key]) for key in RANGES if key != "bandwidth_mbps"}
    other["jitter_ms"] += other.pop("jitter_share") * other["propagation_delay_ms"]
    if config.jitter_distribution == "none":
        other["jitter_ms"] = 0.0
    return LinkSession(rate, **other)
