"""The config record of small cells that may sleep, and what it must satisfy beyond its types.

Meanings, units and defaults stand in conf/env/energy_saving.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

from omegaconf import MISSING

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import EnvConfig, require
from netgym_cli.envs.multi_access.config import Place, UserLocationRange, UserRandomWalk


@dataclass
class Reward:
    """Keys under `env.reward`."""

    energy_weight: float = MISSING
    qos_weight: float = MISSING


@dataclass
class Traffic:
    """Keys under `env.traffic`."""

    min_rate_mbps: float = MISSING
    max_rate_mbps: float = MISSING
    period_ms: float = MISSING
    phase_spread: float = MISSING
    packet_size_bytes: int = MISSING
    burst_packets: int = MISSING


@dataclass
class Qos:
    """Keys under `env.qos`."""

    delay_requirement_ms: float = MISSING
    delay_violation_target: float = MISSING
    loss_target: float = MISSING
    lost_after_ms: float = MISSING


@dataclass
class Power:
    """Keys under `env.power`: what a cell draws."""

    n_trx: int = MISSING
    p0_w: float = MISSING
    delta_p: float = MISSING
    p_sleep_w: float = MISSING
    wake_up_ms: float = MISSING
    sleep_after_ms: float = MISSING


@dataclass
class DefaultAlgorithm:
    """Keys under `env.default_algorithm`: when cells sleep and wake."""

    sleep_below_pct: float = MISSING
    wake_above_pct: float = MISSING
    min_neighbour_snr_db: float = MISSING


@dataclass
class CellRadio:
    """Keys under `env.wifi`."""

    backhaul_delay_ms: float = MISSING
    ap_share_same_band: bool = MISSING
    handover_hysteresis_db: float = MISSING
    handover_interval_ms: int = MISSING
    user_tx_power_dbm: float = MISSING
    min_rssi_dbm: float = MISSING
    rate_control: str = MISSING
    rts_cts: bool = MISSING
    queue_packets: int = MISSING
    queue_delay_ms: int = MISSING


@dataclass
class SmallCellsConfig(EnvConfig):
    """The keys of conf/env/energy_saving.yaml."""

    measurement_start_time_ms: int = MISSING
    measurement_interval_ms: int = MISSING
    features: list[str] = MISSING
    subscribed_network_stats: list[str] | None = MISSING
    reward: Reward = MISSING
    cell_locations: list[Place] = MISSING
    num_users: int = MISSING
    user_location_range: UserLocationRange = MISSING
    user_random_walk: UserRandomWalk = MISSING
    traffic: Traffic = MISSING
    qos: Qos = MISSING
    tx_power_levels_dbm: list[float] = MISSING
    power: Power = MISSING
    default_algorithm: DefaultAlgorithm = MISSING
    wifi: CellRadio = MISSING


RANGES: dict[str, tuple[float, float]] = {
    "measurement_start_time_ms": (500, 1e6),
    "measurement_interval_ms": (10, 1e5),
    "reward.energy_weight": (0, 100),
    "reward.qos_weight": (0, 100),
    "num_users": (1, 50),
    "user_random_walk.min_speed_mps": (0, 1e3),
    "user_random_walk.distance_m": (0.01, 1e5),
    "traffic.min_rate_mbps": (0.001, 1e3),
    "traffic.max_rate_mbps": (0.001, 1e3),
    "traffic.period_ms": (1, 1e9),
    "traffic.phase_spread": (0, 1),
    "traffic.packet_size_bytes": (64, 1400),
    "traffic.burst_packets": (1, 64),
    "qos.delay_requirement_ms": (0, 1000),
    "qos.delay_violation_target": (0, 1),
    "qos.loss_target": (0, 1),
    "qos.lost_after_ms": (1, 1000),
    "tx_power_levels_dbm": (-30, 50),
    "power.n_trx": (1, 64),
    "power.p0_w": (0, 1e4),
    "power.delta_p": (0, 1e3),
    "power.p_sleep_w": (0, 1e4),
    "power.wake_up_ms": (10, 1e6),
    "power.sleep_after_ms": (10, 1e6),
    "default_algorithm.sleep_below_pct": (0, 100),
    "default_algorithm.wake_above_pct": (0, 100),
    "default_algorithm.min_neighbour_snr_db": (-20, 100),
    "wifi.backhaul_delay_ms": (0, 1e4),
    "wifi.handover_hysteresis_db": (0, 100),
    "wifi.handover_interval_ms": (1, 1e5),
    "wifi.user_tx_power_dbm": (-30, 50),
    "wifi.min_rssi_dbm": (-110, 0),
    "wifi.queue_packets": (1, 10**6),
    "wifi.queue_delay_ms": (1, 1e5),
}
AT_MOST = (  # the first may not exceed the second
    ("user_location_range.min_x_m", "user_location_range.max_x_m"),
    ("user_location_range.min_y_m", "user_location_range.max_y_m"),
    ("user_random_walk.min_speed_mps", "user_random_walk.max_speed_mps"),
    ("user_random_walk.min_direction_rad", "user_random_walk.max_direction_rad"),
    ("traffic.min_rate_mbps", "traffic.max_rate_mbps"),
    ("qos.delay_requirement_ms", "qos.lost_after_ms"),
    ("power.p_sleep_w", "power.p0_w"),
    ("default_algorithm.sleep_below_pct", "default_algorithm.wake_above_pct"),
)


def check_small_cells(config: SmallCellsConfig) -> None:
    """Raises `ConfigError` for the first thing that is wrong; the message names the keys and their values."""
    cells, levels, walk = config.cell_locations, config.tx_power_levels_dbm, config.user_random_walk
    require(1 <= len(cells) <= 32, "env.cell_locations", len(cells), "1 to 32 cells")
    require(len(levels) >= 1, "env.tx_power_levels_dbm", levels, "a list of one or more powers, dBm")
    for key, (low, high) in RANGES.items():
        value = _get(config, key)
        good = all(low <= item <= high for item in (value if isinstance(value, list) else [value]))
        require(good, f"env.{key}", value, f"{low:g} to {high:g}")
    require(levels == sorted(set(levels)), "env.tx_power_levels_dbm", levels, "rising values, dBm")
    for first, second in AT_MOST:
        if _get(config, first) > _get(config, second):
            raise ConfigError(
                f"env.{first} is {_get(config, first)} and env.{second} is {_get(config, second)}; "
                "allowed: the first at most the second."
            )
    require(walk.max_speed_mps == 0 or walk.min_speed_mps > 0, "env.user_random_walk.min_speed_mps",
            walk.min_speed_mps, f"above 0 when max_speed_mps is {walk.max_speed_mps:g}")  # fmt: skip
    choices = ("Ideal", "MinstrelHt")
    require(config.wifi.rate_control in choices, "env.wifi.rate_control", config.wifi.rate_control, ", ".join(choices))


def _get(config: SmallCellsConfig, key: str) -> Any:
    return reduce(getattr, key.split("."), config)
