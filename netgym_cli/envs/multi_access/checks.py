"""What a multi-access config must satisfy beyond its types; every message names the keys and their values."""

from __future__ import annotations

from dataclasses import fields
from functools import reduce
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.suggestions import did_you_mean
from netgym_cli.config.schema import require
from netgym_cli.envs.multi_access.config import MultiAccessConfig

MAX_USERS = 50
MAX_SLICES = 8
RBG_NUM = {6: 6, 15: 7, 25: 12, 50: 16, 75: 18, 100: 25}  # whole groups per carrier, 3GPP TS 36.213 table 7.1.6.1-1
MODES = ("auto", "split", "steer")
TCP_TYPES = (
    "TcpBbr", "TcpBic", "TcpCubic", "TcpDctcp", "TcpHighSpeed", "TcpHtcp", "TcpHybla", "TcpIllinois", "TcpLedbat",
    "TcpLinuxReno", "TcpLp", "TcpNewReno", "TcpScalable", "TcpVegas", "TcpVeno", "TcpWestwoodPlus", "TcpYeah",
)  # fmt: skip
PROTOCOLS = ("udp", "tcp", *TCP_TYPES)

INF = float("inf")
ABOVE_0 = 1e-9

# Each table holds for every entry of a list, too.
CHOICES: dict[str, tuple[Any, ...]] = {
    "downlink_traffic": (True,),
    "gma.mx_algorithm": ("gma",),
    "wifi.rate_control": ("Ideal", "MinstrelHt"),
    "nr.subcarrier_spacing_khz": (15, 30, 60),
    "lte.resource_block_num": tuple(RBG_NUM),
    "per_slice_config.downlink_mode": MODES,
    "per_slice_config.uplink_mode": MODES,
    "per_slice_config.transport_protocol": PROTOCOLS,
}
RANGES: dict[str, tuple[float, float]] = {
    "measurement_start_time_ms": (100, INF),  # radios need some time to connect
    "per_slice_config.num_users": (0, MAX_USERS),
    "per_slice_config.dedicated_rbg": (0, 25),
    "per_slice_config.prioritized_rbg": (0, 25),
    "per_slice_config.shared_rbg": (0, INF),
    "per_slice_config.packet_size_bytes": (64, 1400),
    "per_slice_config.min_udp_rate_per_user_mbps": (ABOVE_0, INF),
    "per_slice_config.udp_rate_swing": (0, 1),
    "per_slice_config.udp_rate_period_ms": (1, INF),
    "per_slice_config.qos_test_duration_ms": (100, 25000),
    "per_slice_config.qos_loss_target": (0, 1),
    "per_slice_config.qos_delay_violation_target": (0, 1),
    "per_slice_config.qos_delay_requirement_ms": (0, INF),
    "per_slice_config.delay_test_1_thresh_ms": (0, INF),
    "per_slice_config.delay_test_2_thresh_ms": (0, INF),
    "user_location_range.z_m": (1, 22.5),  # user heights of 3GPP TR 38.901
    "user_random_walk.min_speed_mps": (0, INF),
    "user_random_walk.distance_m": (ABOVE_0, INF),
    "gma.measurement_interval_ms": (1, INF),
    "gma.measurement_guard_interval_ms": (0, INF),
    "gma.server_delay_ms": (0, INF),
    "gma.min_reorder_timeout_ms": (0, INF),
    "gma.tcp_buffer_bytes": (4096, 2**30),
    "wifi.backhaul_delay_ms": (0, INF),
    "wifi.handover_hysteresis_db": (0, INF),
    "wifi.handover_interval_ms": (1, INF),
    "wifi.tx_power_dbm": (-30, 50),
    "wifi.min_rssi_dbm": (-110, 0),
    "wifi.queue_packets": (1, 10**6),
    "wifi.queue_delay_ms": (1, INF),
    "nr.backhaul_delay_ms": (0, INF),
    "nr.resource_block_num": (1, 275),
    "nr.carrier_frequency_ghz": (0.5, 100),
    "nr.tx_power_dbm": (-30, 60),
    "nr.fading_sigma_db": (0, INF),
    "nr.fading_coherence_ms": (ABOVE_0, INF),
    "nr.target_bler": (0.001, 0.5),
    "nr.queue_bytes": (1500, 2**31 - 1),
    "lte.backhaul_delay_ms": (0, INF),
    "lte.tx_power_dbm": (-30, 60),
    "lte.user_tx_power_dbm": (-30, 33),
    "lte.path_loss_exponent": (ABOVE_0, 10),
    "lte.fading_coherence_ms": (0, INF),
    "lte.cqi_period_ms": (1, 160),
    "lte.rlc_buffer_bytes": (1500, 2**31 - 1),
}
AT_MOST = (  # the first may not exceed the second
    ("user_location_range.min_x_m", "user_location_range.max_x_m"),
    ("user_location_range.min_y_m", "user_location_range.max_y_m"),
    ("user_random_walk.min_speed_mps", "user_random_walk.max_speed_mps"),
    ("user_random_walk.min_direction_rad", "user_random_walk.max_direction_rad"),
    ("per_slice_config.min_udp_rate_per_user_mbps", "per_slice_config.max_udp_rate_per_user_mbps"),
    ("gma.min_reorder_timeout_ms", "gma.max_reorder_timeout_ms"),
)
EQUAL = tuple(
    (f"gma.{key}", f"{part}.{key}")
    for key in ("measurement_interval_ms", "measurement_guard_interval_ms")
    for part in ("wifi", "lte")
)


def check_multi_access(config: MultiAccessConfig) -> None:
    """Raises `ConfigError` for the first thing that is wrong."""
    _check_slices(config)
    for key, choices in CHOICES.items():
        for value in _values(config, key):
            if value not in choices:
                raise ConfigError(f"env.{key} is {value!r}.{_nearest(value, choices)} Allowed: {_listed(choices)}.")
    for key, (low, high) in RANGES.items():
        good = all(low <= value <= high for value in _values(config, key))
        require(good, f"env.{key}", _get(config, key), _range(low, high))
    for first, second in AT_MOST:
        for low, high in zip(_values(config, first), _values(config, second), strict=True):
            if low > high:
                raise ConfigError(
                    f"env.{first} is {low} and env.{second} is {high}; allowed: the first at most the second."
                )
    for first, second in EQUAL:
        one, other = _get(config, first), _get(config, second)
        if one != other:
            raise ConfigError(f"env.{first} is {one} and env.{second} is {other}; allowed: the same value in both.")
    _check_users(config)
    _check_groups(config)
    _check_sites(config)


def _check_slices(config: MultiAccessConfig) -> None:
    slices = config.per_slice_config
    number = len(slices.num_users)
    require(1 <= number <= MAX_SLICES, "env.per_slice_config.num_users", slices.num_users, f"1 to {MAX_SLICES} slices")
    for field in fields(slices):
        length = len(getattr(slices, field.name))
        if length != number:
            raise ConfigError(
                f"env.per_slice_config.{field.name} has {length} entries and num_users has {number}; "
                "allowed: one entry per slice in every list."
            )


def _check_users(config: MultiAccessConfig) -> None:
    users, walk = config.per_slice_config.num_users, config.user_random_walk
    allowed = f"1 to {MAX_USERS} users over all slices (here {config.num_users})"
    require(1 <= config.num_users <= MAX_USERS, "env.per_slice_config.num_users", users, allowed)
    standing = walk.max_speed_mps == 0
    require(standing or walk.min_speed_mps > 0, "env.user_random_walk.min_speed_mps", walk.min_speed_mps,
            f"above 0 when max_speed_mps is {walk.max_speed_mps:g}")  # fmt: skip


def _check_groups(config: MultiAccessConfig) -> None:
    slices, blocks = config.per_slice_config, config.lte.resource_block_num
    claimed, groups = sum(slices.dedicated_rbg) + sum(slices.prioritized_rbg), RBG_NUM[blocks]
    if claimed > groups:
        raise ConfigError(
            f"env.per_slice_config.dedicated_rbg {slices.dedicated_rbg} and prioritized_rbg {slices.prioritized_rbg} "
            f"claim {claimed} resource block groups; allowed: {groups} in all, which {blocks} resource blocks make."
        )


def _check_sites(config: MultiAccessConfig) -> None:
    area = config.user_location_range
    sites = [("lte_enb_locations", config.lte_enb_locations)]
    sites += [(f"nr_gnb_locations[{k}]", place) for k, place in enumerate(config.nr_gnb_locations)]
    sites += [(f"wifi_ap_locations[{k}]", place) for k, place in enumerate(config.wifi_ap_locations)]
    for key, place in sites:
        lowest = 10 if key.startswith("nr") else 0
        require(place.z_m >= lowest, f"env.{key}.z_m", place.z_m, f"{lowest} or more")
        for axis in ("x", "y"):
            low, high = getattr(area, f"min_{axis}_m"), getattr(area, f"max_{axis}_m")
            value = getattr(place, f"{axis}_m")
            require(value >= 0 or low <= value <= high, f"env.{key}.{axis}_m", value,
                    f"0 or more, or inside user_location_range ({low} to {high})")  # fmt: skip


def _get(config: MultiAccessConfig, key: str) -> Any:
    return reduce(getattr, key.split("."), config)


def _values(config: MultiAccessConfig, key: str) -> list[Any]:
    value = _get(config, key)
    return value if isinstance(value, list) else [value]


def _range(low: float, high: float) -> str:
    if low == high:
        return f"{low:g} only"
    least = "above 0" if low == ABOVE_0 else f"{low:g} or more"
    return least if high == INF else f"{least}, at most {high:g}"


def _nearest(value: Any, choices: tuple[Any, ...]) -> str:
    return did_you_mean(value, map(str, choices)) if isinstance(value, str) else ""


def _listed(choices: tuple[Any, ...]) -> str:
    return ", ".join(str(choice).lower() if isinstance(choice, bool) else str(choice) for choice in choices)
