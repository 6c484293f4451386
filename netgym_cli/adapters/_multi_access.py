"""The config record of the multi-access network (users reached over Wi-Fi, NR and LTE) and its cross-field checks.

Meanings, units and defaults stand in conf/env/nqos_split.yaml.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields
from typing import Any

from omegaconf import MISSING

from netgym_cli.config import EnvConfig, require
from netgym_cli.errors import ConfigError

LINKS = ("wifi", "nr", "lte")
MAX_USERS = 50
MAX_SLICES = 8
RBG_NUM = {6: 6, 15: 7, 25: 12, 50: 16, 75: 18, 100: 25}  # whole groups per carrier, 3GPP TS 36.213 table 7.1.6.1-1
MODES = ("auto", "split", "steer")
RATE_CONTROLS = ("Ideal", "MinstrelHt")
TCP_TYPES = (
    "TcpBbr", "TcpBic", "TcpCubic", "TcpDctcp", "TcpHighSpeed", "TcpHtcp", "TcpHybla", "TcpIllinois", "TcpLedbat",
    "TcpLinuxReno", "TcpLp", "TcpNewReno", "TcpScalable", "TcpVegas", "TcpVeno", "TcpWestwoodPlus", "TcpYeah",
)  # fmt: skip


@dataclass
class Place:
    x_m: float = MISSING
    y_m: float = MISSING
    z_m: float = MISSING


@dataclass
class UserLocationRange:
    min_x_m: int = MISSING
    max_x_m: int = MISSING
    min_y_m: int = MISSING
    max_y_m: int = MISSING
    z_m: float = MISSING


@dataclass
class UserRandomWalk:
    min_speed_mps: float = MISSING
    max_speed_mps: float = MISSING
    min_direction_rad: float = MISSING
    max_direction_rad: float = MISSING
    distance_m: float = MISSING


@dataclass
class PerSliceConfig:
    num_users: list[int] = MISSING
    dedicated_rbg: list[int] = MISSING
    prioritized_rbg: list[int] = MISSING
    shared_rbg: list[int] = MISSING
    packet_size_bytes: list[int] = MISSING
    transport_protocol: list[str] = MISSING
    udp_poisson_arrival: list[bool] = MISSING
    min_udp_rate_per_user_mbps: list[float] = MISSING
    max_udp_rate_per_user_mbps: list[float] = MISSING
    qos_test_duration_ms: list[int] = MISSING
    qos_loss_target: list[float] = MISSING
    qos_delay_violation_target: list[float] = MISSING
    qos_delay_requirement_ms: list[float] = MISSING
    delay_test_1_thresh_ms: list[float] = MISSING
    delay_test_2_thresh_ms: list[float] = MISSING
    downlink_mode: list[str] = MISSING
    uplink_mode: list[str] = MISSING


@dataclass
class Gma:
    mx_algorithm: str = MISSING
    enable_dynamic_flow_prioritization: bool = MISSING
    measurement_interval_ms: int = MISSING
    measurement_guard_interval_ms: int = MISSING
    server_delay_ms: float = MISSING
    min_reorder_timeout_ms: float = MISSING
    max_reorder_timeout_ms: float = MISSING
    tcp_buffer_bytes: int = MISSING


@dataclass
class Wifi:
    measurement_interval_ms: int = MISSING
    measurement_guard_interval_ms: int = MISSING
    backhaul_delay_ms: float = MISSING
    ap_share_same_band: bool = MISSING
    enable_rx_signal_based_handover: bool = MISSING
    handover_hysteresis_db: float = MISSING
    handover_interval_ms: int = MISSING
    tx_power_dbm: float = MISSING
    min_rssi_dbm: float = MISSING
    rate_control: str = MISSING
    rts_cts: bool = MISSING
    queue_packets: int = MISSING
    queue_delay_ms: int = MISSING


@dataclass
class Nr:
    backhaul_delay_ms: float = MISSING
    resource_block_num: int = MISSING
    subcarrier_spacing_khz: int = MISSING
    carrier_frequency_ghz: float = MISSING
    tx_power_dbm: float = MISSING
    fading_sigma_db: float = MISSING
    fading_coherence_ms: float = MISSING
    target_bler: float = MISSING
    queue_bytes: int = MISSING


@dataclass
class Lte:
    measurement_interval_ms: int = MISSING
    measurement_guard_interval_ms: int = MISSING
    backhaul_delay_ms: float = MISSING
    resource_block_num: int = MISSING
    tx_power_dbm: float = MISSING
    path_loss_exponent: float = MISSING
    reference_loss_db: float = MISSING
    fading_coherence_ms: float = MISSING
    cqi_period_ms: int = MISSING
    rlc_buffer_bytes: int = MISSING


@dataclass
class MultiAccessConfig(EnvConfig):
    measurement_start_time_ms: int = MISSING
    max_wait_time_for_action_ms: int = MISSING
    downlink_traffic: bool = MISSING
    features: list[str] = MISSING
    reward: str = MISSING
    subscribed_network_stats: list[str] | None = MISSING
    lte_enb_locations: Place = MISSING
    nr_gnb_locations: list[Place] = MISSING
    wifi_ap_locations: list[Place] = MISSING
    user_location_range: UserLocationRange = MISSING
    user_random_walk: UserRandomWalk = MISSING
    per_slice_config: PerSliceConfig = MISSING
    gma: Gma = MISSING
    wifi: Wifi = MISSING
    nr: Nr = MISSING
    lte: Lte = MISSING

    @property
    def num_users(self) -> int:
        """Users over all slices."""
        return sum(self.per_slice_config.num_users)

    @property
    def links(self) -> tuple[bool, bool, bool]:
        """Which links exist, in the order Wi-Fi, NR, LTE."""
        return bool(self.wifi_ap_locations), bool(self.nr_gnb_locations), True

    def validate(self) -> None:
        """Raises `ConfigError` naming the keys, their values and what is allowed."""
        super().validate()
        self._check_users()
        self._check_slices()
        self._check_area()
        self._check_timing()
        self._check_radio()
        require(self.downlink_traffic, "env.downlink_traffic", False, "true: uplink flows are not simulated")
        for key, want in (("mx_algorithm", "gma"), ("enable_dynamic_flow_prioritization", False)):
            value = getattr(self.gma, key)
            require(value == want, f"env.gma.{key}", value, str(want).lower())

    def _check_users(self) -> None:
        users = self.per_slice_config.num_users
        require(1 <= len(users) <= MAX_SLICES, "env.per_slice_config.num_users", users, f"1 to {MAX_SLICES} slices")
        require(min(users) >= 0, "env.per_slice_config.num_users", users, "no negative numbers")
        require(
            1 <= self.num_users <= MAX_USERS,
            "env.per_slice_config.num_users",
            users,
            f"1 to {MAX_USERS} users in all (here {self.num_users})",
        )

    def _check_slices(self) -> None:
        slices = self.per_slice_config
        number = len(slices.num_users)
        for field in fields(slices):
            length = len(getattr(slices, field.name))
            if length != number:
                raise ConfigError(
                    f"env.per_slice_config.{field.name} has {length} entries and num_users has {number}; "
                    "allowed: one entry per slice in every list."
                )
        groups = RBG_NUM.get(self.lte.resource_block_num, 0)
        limits: dict[str, tuple[float, float]] = {
            "dedicated_rbg": (0, 0),
            "prioritized_rbg": (0, 0),
            "shared_rbg": (groups, float("inf")),
            "packet_size_bytes": (64, 1400),
            "qos_test_duration_ms": (100, 25000),
            "qos_loss_target": (0, 1),
            "qos_delay_violation_target": (0, 1),
            "qos_delay_requirement_ms": (0, float("inf")),
            "delay_test_1_thresh_ms": (0, float("inf")),
            "delay_test_2_thresh_ms": (0, float("inf")),
        }
        for key, (low, high) in limits.items():
            values = getattr(slices, key)
            allowed = f"each {low:g}" if low == high else f"each {low:g} or more" + (f", at most {high:g}" if high < 1e9 else "")
            require(all(low <= v <= high for v in values), f"env.per_slice_config.{key}", values, allowed)
        for key in ("downlink_mode", "uplink_mode"):
            values = getattr(slices, key)
            require(all(v in MODES for v in values), f"env.per_slice_config.{key}", values, "each " + " or ".join(MODES))
        for protocol in slices.transport_protocol:
            self._check_protocol(protocol)
        for k in range(number):
            low, high = slices.min_udp_rate_per_user_mbps[k], slices.max_udp_rate_per_user_mbps[k]
            require(low > 0, f"env.per_slice_config.min_udp_rate_per_user_mbps[{k}]", low, "above 0")
            _ordered("env.per_slice_config", f"min_udp_rate_per_user_mbps[{k}]", low, f"max_udp_rate_per_user_mbps[{k}]", high)

    def _check_protocol(self, protocol: str) -> None:
        known = ("udp", "tcp", *TCP_TYPES)
        if protocol not in known:
            close = difflib.get_close_matches(protocol, known, 1, 0.5)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise ConfigError(
                f"env.per_slice_config.transport_protocol has {protocol!r}.{hint} Allowed: {', '.join(known)}."
            )

    def _check_area(self) -> None:
        area = self.user_location_range
        for axis in ("x", "y"):
            low, high = getattr(area, f"min_{axis}_m"), getattr(area, f"max_{axis}_m")
            _ordered("env.user_location_range", f"min_{axis}_m", low, f"max_{axis}_m", high)
        walk = self.user_random_walk
        require(walk.min_speed_mps >= 0, "env.user_random_walk.min_speed_mps", walk.min_speed_mps, "0 or more")
        _ordered("env.user_random_walk", "min_speed_mps", walk.min_speed_mps, "max_speed_mps", walk.max_speed_mps)
        _ordered("env.user_random_walk", "min_direction_rad", walk.min_direction_rad, "max_direction_rad", walk.max_direction_rad)
        require(walk.distance_m > 0, "env.user_random_walk.distance_m", walk.distance_m, "above 0")
        if walk.max_speed_mps > 0:
            require(walk.min_speed_mps > 0, "env.user_random_walk.min_speed_mps", walk.min_speed_mps,
                    f"above 0 when max_speed_mps is {walk.max_speed_mps}")  # fmt: skip
        sites = [("lte_enb_locations", self.lte_enb_locations)]
        sites += [(f"nr_gnb_locations[{k}]", place) for k, place in enumerate(self.nr_gnb_locations)]
        sites += [(f"wifi_ap_locations[{k}]", place) for k, place in enumerate(self.wifi_ap_locations)]
        for key, place in sites:
            require(place.z_m >= 0, f"env.{key}.z_m", place.z_m, "0 or more")
            for axis in ("x", "y"):
                low, high = getattr(area, f"min_{axis}_m"), getattr(area, f"max_{axis}_m")
                value = getattr(place, f"{axis}_m")
                outside = value < 0 and not low <= value <= high
                require(not outside, f"env.{key}.{axis}_m", value,
                        f"0 or more, or inside user_location_range ({low} to {high})")  # fmt: skip
        require(1 <= area.z_m <= 22.5, "env.user_location_range.z_m", area.z_m, "1 to 22.5 (3GPP TR 38.901 user heights)")
        nr_heights = [place.z_m for place in self.nr_gnb_locations]
        require(all(z >= 10 for z in nr_heights), "env.nr_gnb_locations z_m", nr_heights, "each 10 or more (urban macro)")

    def _check_timing(self) -> None:
        require(self.measurement_start_time_ms >= 100, "env.measurement_start_time_ms", self.measurement_start_time_ms,
                "100 or more, so that radios can connect")  # fmt: skip
        gma = self.gma
        require(gma.measurement_interval_ms >= 1, "env.gma.measurement_interval_ms", gma.measurement_interval_ms, "1 or more")
        for key in ("measurement_interval_ms", "measurement_guard_interval_ms"):
            for part in ("wifi", "lte"):
                mine, theirs = getattr(gma, key), getattr(getattr(self, part), key)
                if mine != theirs:
                    raise ConfigError(
                        f"env.{part}.{key} is {theirs} and env.gma.{key} is {mine}; allowed: the same value in both."
                    )
        _ordered("env.gma", "min_reorder_timeout_ms", gma.min_reorder_timeout_ms, "max_reorder_timeout_ms",
                 gma.max_reorder_timeout_ms)  # fmt: skip

    def _check_radio(self) -> None:
        blocks = self.lte.resource_block_num
        require(blocks in RBG_NUM, "env.lte.resource_block_num", blocks, ", ".join(map(str, RBG_NUM)))
        spacing = self.nr.subcarrier_spacing_khz
        require(spacing in (15, 30, 60), "env.nr.subcarrier_spacing_khz", spacing, "15, 30 or 60")
        require(1 <= self.nr.resource_block_num <= 275, "env.nr.resource_block_num", self.nr.resource_block_num, "1 to 275")
        require(0.5 <= self.nr.carrier_frequency_ghz <= 100, "env.nr.carrier_frequency_ghz",
                self.nr.carrier_frequency_ghz, "0.5 to 100")  # fmt: skip
        require(0 < self.nr.target_bler < 1, "env.nr.target_bler", self.nr.target_bler, "between 0 and 1")
        require(self.wifi.rate_control in RATE_CONTROLS, "env.wifi.rate_control", self.wifi.rate_control, ", ".join(RATE_CONTROLS))
        positive = {
            "wifi": ("handover_interval_ms", "queue_packets", "queue_delay_ms"),
            "nr": ("fading_coherence_ms", "queue_bytes"),
            "lte": ("path_loss_exponent", "cqi_period_ms", "rlc_buffer_bytes"),
        }
        not_negative = {
            "gma": ("server_delay_ms", "min_reorder_timeout_ms", "measurement_guard_interval_ms"),
            "wifi": ("backhaul_delay_ms", "handover_hysteresis_db"),
            "nr": ("backhaul_delay_ms", "fading_sigma_db"),
            "lte": ("backhaul_delay_ms", "fading_coherence_ms"),
        }
        for least, keys in ((True, positive), (False, not_negative)):
            for part, names in keys.items():
                for name in names:
                    value: Any = getattr(getattr(self, part), name)
                    require(value > 0 if least else value >= 0, f"env.{part}.{name}", value,
                            "above 0" if least else "0 or more")  # fmt: skip


def _ordered(place: str, low_key: str, low: float, high_key: str, high: float) -> None:
    if low > high:
        raise ConfigError(f"{place}.{low_key} is {low} and {place}.{high_key} is {high}; allowed: {low_key} <= {high_key}.")
