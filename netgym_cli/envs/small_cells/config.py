"""The config record of small cells that may sleep, and what it must satisfy beyond its types.

Meanings, units and defaults stand in conf/env/energy_saving.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

from omegaconf import MISSING

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.effect import read_unless
from netgym_cli.config.fields import one_of, ranged
from netgym_cli.config.schema import EnvConfig, require
from netgym_cli.envs.multi_access.config import MAX_SPEED, RATE_CONTROLS, Place, UserLocationRange, UserRandomWalk


@dataclass
class UserWalk(UserRandomWalk):
    """Keys under `env.user_random_walk`."""

    min_speed_mps: float = ranged(0, 1000)
    distance_m: float = read_unless(MAX_SPEED, 0, of=ranged(0.01, 100000))


@dataclass
class Reward:
    """Keys under `env.reward`."""

    energy_weight: float = ranged(0, 100)
    qos_weight: float = ranged(0, 100)


@dataclass
class Traffic:
    """Keys under `env.traffic`."""

    min_rate_mbps: float = ranged(0.001, 1000)
    max_rate_mbps: float = ranged(0.001, 1000)
    period_ms: float = ranged(1, 10**9)
    phase_spread: float = ranged(0, 1)
    packet_size_bytes: int = ranged(64, 1400)
    burst_packets: int = ranged(1, 64)


@dataclass
class Qos:
    """Keys under `env.qos`."""

    delay_requirement_ms: float = ranged(0, 1000)
    delay_violation_target: float = ranged(0, 1)
    loss_target: float = ranged(0, 1)
    lost_after_ms: float = ranged(1, 1000)


@dataclass
class Power:
    """Keys under `env.power`: what a cell draws."""

    n_trx: int = ranged(1, 64)
    p0_w: float = ranged(0, 10000)
    delta_p: float = ranged(0, 1000)
    p_sleep_w: float = ranged(0, 10000)
    wake_up_ms: float = ranged(10, 10**6)
    sleep_after_ms: float = ranged(10, 10**6)


@dataclass
class DefaultAlgorithm:
    """Keys under `env.default_algorithm`: when cells sleep and wake."""

    sleep_below_pct: float = ranged(0, 100)
    wake_above_pct: float = ranged(0, 100)
    min_neighbour_snr_db: float = ranged(-20, 100)


@dataclass
class CellRadio:
    """Keys under `env.wifi`."""

    backhaul_delay_ms: float = ranged(0, 10000)
    ap_share_same_band: bool = MISSING
    idle_stations_overhear: bool = True
    handover_hysteresis_db: float = ranged(0, 100)
    handover_interval_ms: int = ranged(1, 100000)
    user_tx_power_dbm: float = ranged(-30, 50)
    min_rssi_dbm: float = ranged(-110, 0)
    rate_control: str = one_of(*RATE_CONTROLS)
    rts_cts: bool = MISSING
    queue_packets: int = ranged(1, 10**6)
    queue_delay_ms: int = ranged(1, 100000)


@dataclass
class SmallCellsConfig(EnvConfig):
    """The keys of conf/env/energy_saving.yaml."""

    measurement_start_time_ms: int = ranged(500, 10**6)
    measurement_interval_ms: int = ranged(10, 100000)
    features: list[str] = MISSING
    subscribed_network_stats: list[str] | None = MISSING
    reward: Reward = MISSING
    cell_locations: list[Place] = MISSING
    num_users: int = ranged(1, 50)
    user_location_range: UserLocationRange = MISSING
    user_random_walk: UserWalk = MISSING
    traffic: Traffic = MISSING
    qos: Qos = MISSING
    tx_power_levels_dbm: list[float] = ranged(-30, 50)
    power: Power = MISSING
    default_algorithm: DefaultAlgorithm = MISSING
    wifi: CellRadio = MISSING


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
    require(levels == sorted(set(levels)), "env.tx_power_levels_dbm", levels, "rising values, dBm")
    for first, second in AT_MOST:
        if _get(config, first) > _get(config, second):
            raise ConfigError(
                f"env.{first} is {_get(config, first)} and env.{second} is {_get(config, second)}; "
                "allowed: the first at most the second."
            )
    require(walk.max_speed_mps == 0 or walk.min_speed_mps > 0, "env.user_random_walk.min_speed_mps",
            walk.min_speed_mps, f"above 0 when max_speed_mps is {walk.max_speed_mps:g}")  # fmt: skip


def _get(config: SmallCellsConfig, key: str) -> Any:
    return reduce(getattr, key.split("."), config)
