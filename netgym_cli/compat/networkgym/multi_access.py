"""From the keys of NetworkGym's multi-access environments, in any generation, to netgym's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netgym_cli.common.errors import ConfigError

# Renamed parts and keys; every other key has the same name.
PARTS = {"GMA": "gma", "Wi-Fi": "wifi", "LTE": "lte"}
RENAMED = {
    "downlink": "downlink_traffic",
    "app_and_measurement_start_time_ms": "measurement_start_time_ms",
    "enb_locations": "lte_enb_locations",
    "ap_locations": "wifi_ap_locations",
}
# Once one value for all users, now a list with one entry per slice.
SLICED = {
    "transport_protocol": "transport_protocol",
    "udp_poisson_arrival": "udp_poisson_arrival",
    "min_udp_rate_per_user_mbps": "min_udp_rate_per_user_mbps",
    "max_udp_rate_per_user_mbps": "max_udp_rate_per_user_mbps",
    "qos_requirement.test_duration_ms": "qos_test_duration_ms",
    "qos_requirement.delay_bound_ms": "qos_delay_requirement_ms",
    "qos_requirement.delay_violation_target": "qos_delay_violation_target",
    "qos_requirement.loss_target": "qos_loss_target",
    "qos_requirement.delay_test_1_thresh_ms": "delay_test_1_thresh_ms",
    "qos_requirement.delay_test_2_thresh_ms": "delay_test_2_thresh_ms",
    "GMA.downlink_mode": "downlink_mode",
    "GMA.uplink_mode": "uplink_mode",
}
MAY_BE_LONGER = ("downlink_mode", "uplink_mode")  # shipped files have more entries than slices; the rest had no effect
LEFT_RIGHT = "user_left_right_speed_m/s"
WITHOUT_EFFECT = {
    "respond_action_after_measurement": "netgym always waits for the action",
    "LTE.qos_aware_scheduler": "netgym's LTE scheduler is proportional fair",
    "num_slices": "netgym has as many slices as the lists have entries",
    "num_users": "the sum over the slices",
    "slice_list": "no slices",
    "measurement_interval_ms": "follows from gma",
    "measurement_guard_interval_ms": "follows from gma",
}
# What NetworkGym did where it had no key; netgym's own default may be something else.
IMPLIED = {
    "packet_size_bytes": 1400,
    "udp_poisson_arrival": False,
    "dedicated_rbg": 0,
    "prioritized_rbg": 0,
    "udp_rate_swing": 0,
}
SLICES = "per_slice_config"
# Values of such keys with which NetworkGym did something else than netgym does.
DIFFERENT = {"respond_action_after_measurement": False, "LTE.qos_aware_scheduler": True}
PLACE = {"x", "y", "z", "x_m", "y_m", "z_m"}

Entries = Iterator[tuple[str, Any, str | None, Any, str]]


def convert(config: Mapping[str, Any]) -> Entries:
    """Every key of `config`: old key, value, new key or None, new value, remark.

    Raises:
        ConfigError: lists without one entry per slice.
    """
    for part in PARTS:
        if not isinstance(config.get(part, {}), Mapping):
            raise ConfigError(f"'{part}' is {config[part]!r}; allowed: a mapping of its keys.")
    slices = _slices(config)
    count = len(slices["num_users"][1])
    for name, (old, value) in slices.items():
        yield old, value, f"{SLICES}.{name}", value, ""
    taken = {old.partition("[")[0] for old, _ in slices.values()}
    for key, value in flat(config):
        part, _, rest = key.partition(".")
        if key in taken or part in taken:
            continue
        if key in SLICED:
            yield key, value, f"{SLICES}.{SLICED[key]}", [value] * count, "one entry per slice"
        elif part == SLICES:
            cut = _checked(key, value, count)
            yield key, value, key, cut, "" if cut == value else f"the first {count} of {len(value)} entries"
        elif key == LEFT_RIGHT:
            for end in ("min", "max"):
                yield key, value, f"user_random_walk.{end}_speed_mps", value, "users walk in all directions here"
        elif key in WITHOUT_EFFECT:
            yield key, value, None, None, WITHOUT_EFFECT[key]
        else:
            new = f"{PARTS[part]}.{rest}" if part in PARTS and rest else RENAMED.get(key, key)
            yield key, value, new, value, ""
    if not any(key in config for key in ("nr_gnb_locations", "per_slice_config")):
        yield "", "", "nr_gnb_locations", [], "there was no NR before gen-3"
    yield "", "", "traffic_lead_ms", 0, "applications and measurement started together"
    yield "", "", "user_order", "by_slice", "users were numbered slice by slice"


def flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and their values; a position is one value."""
    for key, value in config.items():
        if isinstance(value, Mapping) and value and not value.keys() <= PLACE:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _slices(config: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """`num_users` and, if given, the resource block groups of each slice, each with its old key."""
    given = config.get(SLICES)
    if isinstance(given, Mapping):
        users = given.get("num_users")
        if not isinstance(users, list) or not users:
            raise ConfigError(f"{SLICES}.num_users is {users!r}; allowed: a list with one entry per slice.")
        return {"num_users": (f"{SLICES}.num_users", users)}
    listed = config.get("slice_list")
    if isinstance(listed, list) and listed:
        records = [record if isinstance(record, Mapping) else {} for record in listed]
        keys = list(dict.fromkeys(key for record in records for key in record))
        for key in ["num_users", *keys]:
            if not all(key in record for record in records):
                raise ConfigError(f"slice_list is {listed!r}; allowed: records that all have '{key}'.")
        return {key: (f"slice_list[].{key}", [record[key] for record in records]) for key in keys}
    if "num_users" not in config:
        raise ConfigError("there are no users; looked for num_users, slice_list and per_slice_config.num_users.")
    return {"num_users": ("num_users", [config["num_users"]])}


def _checked(key: str, value: Any, count: int) -> list[Any]:
    longer = key.rpartition(".")[2] in MAY_BE_LONGER
    if not isinstance(value, list) or len(value) < count or (len(value) > count and not longer):
        entries = f"has {len(value)} entries" if isinstance(value, list) else f"is {value!r}"
        raise ConfigError(f"{key} {entries} and {SLICES}.num_users has {count}; allowed: one entry per slice.")
    return value[:count]
