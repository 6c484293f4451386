"""What a policy can see of a multi-access network: measurements in their own units, or sets of them by name, scaled.

A set's values are of order one whatever the network, so a policy that learnt on one network reads those of another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.envs.measurements import Measurement, Measurements
from netgym_cli.envs.multi_access.config import LINKS, MAX_USERS, MultiAccessConfig
from netgym_cli.envs.multi_access.measurements import PER_USER
from netgym_cli.simulators.stats import Stats

HALF_AT = {"Mbit/s": 20.0, "ms": 20.0, "users": 3.0}  # unit to the value that a scaled feature shows as 0.5
MOST_BY_UNIT = {"%": 100.0}  # unit to the value that it shows as 1


@dataclass(frozen=True)
class FeatureSet:
    """Rows of an observation.

    Attributes:
        names: what each row is.
        scaled: whether rates, delays and numbers of users are shown as x / (x + c), with c of `HALF_AT`, and
            percentages as fractions, so that every row lies in [0, 1]; else in their own units.
    """

    names: tuple[str, ...]
    scaled: bool = False


RATES = (*(f"{link}::dl::max_rate" for link in LINKS), "gma::dl::rate")
OF_LINKS = tuple(f"gma::{link}::dl::{name}" for name in ("rate", "owd", "split_ratio") for link in LINKS)
SHARERS = ("wifi::cell_users", "nr::cell_users")
RICH = (*RATES, "gma::dl::tx_rate", "gma::dl::owd", *OF_LINKS, *SHARERS, "gma::udp")
QUALITY = ("gma::dl::loss", "gma::dl::delay_violation", "gma::dl::qos_rate", "gma::delay_requirement")
SLICE_RATES = ("gma::dl::cell::rate", "gma::dl::cell::tx_rate", "lte::dl::cell::max_rate")
SLICE_RICH = (
    *SLICE_RATES, "gma::dl::cell::owd", "gma::dl::cell::max_owd", "gma::dl::cell::delay_violation",
    "gma::dl::cell::loss", "lte::dl::cell::rb_usage",
)  # fmt: skip


def sets(networkgym: Sequence[str], rates: Sequence[str] = RATES, rich: Sequence[str] = RICH) -> dict[str, FeatureSet]:
    """The named sets of an environment: the one it had from NetworkGym in own units, the other two scaled."""
    return {
        "networkgym": FeatureSet(tuple(networkgym)),
        "rates": FeatureSet(tuple(rates), scaled=True),
        "rich": FeatureSet(tuple(rich), scaled=True),
    }


def chosen(features: Any, by_name: Mapping[str, FeatureSet]) -> FeatureSet:
    """The rows that `env.features` asks for: a set by its name, or a list of names in their own units."""
    return by_name[features] if isinstance(features, str) else FeatureSet(tuple(features))


Derive = Callable[[Stats, MultiAccessConfig], np.ndarray]


def _cell_users(link: str) -> Derive:
    """How many users the cell of each user has on a link, itself included; 0 where the link reaches it with nothing."""

    def count(stats: Stats, config: MultiAccessConfig) -> np.ndarray:
        cells, reach = stats[f"{link}::cell_id"], stats[f"{link}::dl::max_rate"] > 0
        together = (cells[..., :, None] == cells[..., None, :]) & reach[..., :, None] & reach[..., None, :]
        return np.asarray(together.sum(axis=-1), np.float64)

    return count


# What is not measured, but follows from measurements or from the config. Values of shape (..., users).
DERIVED: dict[str, tuple[Measurement, Derive]] = {
    **{f"{link}::cell_users": (("users", 0, MAX_USERS), _cell_users(link)) for link in LINKS},
    "gma::udp": (("", 0, 1), lambda stats, config: _of_slices(stats, config, _is_udp(config))),
    "gma::delay_requirement": (
        ("ms", 0, 1e6),
        lambda stats, config: _of_slices(stats, config, config.per_slice_config.qos_delay_requirement_ms),
    ),
}
KNOWN_PER_USER: Measurements = {**PER_USER, **{name: what for name, (what, _) in DERIVED.items()}}


def scaled(values: np.ndarray, measurement: Measurement) -> np.ndarray:
    """Values in [0, 1]; rates, delays and numbers of users rise steeply where they are small, as their logarithm does.

    Args:
        values: in the unit of `measurement`, inside its range.
        measurement: unit and range.
    """
    unit, _, _ = measurement
    if unit in HALF_AT:
        return values / (values + HALF_AT[unit])
    return values / MOST_BY_UNIT.get(unit, 1.0)


def scaled_label(name: str, measurement: Measurement) -> str:
    """The name of a scaled row with how it was scaled."""
    unit, _, _ = measurement
    if unit in HALF_AT:
        return f"{name}, x / (x + {HALF_AT[unit]:g} {unit})"
    return f"{name}, fraction" if unit in MOST_BY_UNIT else name


def _is_udp(config: MultiAccessConfig) -> list[float]:
    return [float(protocol == "udp") for protocol in config.per_slice_config.transport_protocol]


def _of_slices(stats: Stats, config: MultiAccessConfig, values: Sequence[float]) -> np.ndarray:
    """A value per slice as one per user, for every network that `stats` holds."""
    row = np.repeat(np.asarray(values, np.float64), config.per_slice_config.num_users)
    return np.broadcast_to(row, stats["gma::dl::rate"].shape)
