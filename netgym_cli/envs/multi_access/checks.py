"""What a multi-access config must satisfy beyond its types; every message names the keys and their values."""

from __future__ import annotations

from dataclasses import fields
from functools import reduce
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import require
from netgym_cli.envs.multi_access.config import CONNECTING_MS, MAX_SLICES, MAX_USERS, RBG_NUM, MultiAccessConfig, Place

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
    _check_lead(config)
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


def _check_lead(config: MultiAccessConfig) -> None:
    lead, start = config.traffic_lead_ms, config.measurement_start_time_ms
    if lead > start - CONNECTING_MS:
        raise ConfigError(
            f"env.traffic_lead_ms is {lead:g} and env.measurement_start_time_ms is {start}; allowed: the first at most "
            f"{start - CONNECTING_MS}, because radios need {CONNECTING_MS} ms to connect."
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
    sites: list[tuple[str, Place]] = [("lte_enb_locations", config.lte_enb_locations)]
    sites += [(f"nr_gnb_locations[{k}]", place) for k, place in enumerate(config.nr_gnb_locations)]
    sites += [(f"wifi_ap_locations[{k}]", place) for k, place in enumerate(config.wifi_ap_locations)]
    for key, place in sites:
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
