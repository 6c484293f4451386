"""The config record of the multi-access network: users reached over Wi-Fi, NR and LTE.

Meanings, units and defaults stand in conf/env/nqos_split.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from netgym_cli.config.effect import always_read, never_read, read_if, read_unless, read_while
from netgym_cli.config.fields import one_of, ranged, such_that
from netgym_cli.config.schema import EnvConfig
from netgym_cli.envs.tcp import TCP_TYPES, Tcp

LINKS = ("wifi", "nr", "lte")
MAX_USERS = 50
MAX_SLICES = 8
RBG_NUM = {6: 6, 15: 7, 25: 12, 50: 16, 75: 18, 100: 25}  # whole groups per carrier, 3GPP TS 36.213 table 7.1.6.1-1
MODES = ("auto", "split", "steer")
USER_ORDERS = ("by_slice", "interleaved")
CONNECTING_MS = 100  # what radios need before there may be traffic
PROTOCOLS = ("udp", "tcp", *TCP_TYPES)
MAX_SPEED = "user_random_walk.max_speed_mps"  # 0: nobody walks
RATE_CONTROLS = ("Ideal", "MinstrelHt")  # rate managers of ns-3
FEATURE_SETS = ("networkgym", "rates", "rich")
FEATURES = f"a list of one or more measurement names, or one of {', '.join(FEATURE_SETS)}"


def is_choice_of_features(value: Any) -> bool:
    """Whether `env.features` may be `value`: the name of a set, or a list of names, which are checked elsewhere."""
    if isinstance(value, str):
        return value in FEATURE_SETS
    return isinstance(value, list) and bool(value) and all(isinstance(name, str) for name in value)


@dataclass
class Place:
    """A position, m."""

    x_m: float = MISSING
    y_m: float = MISSING
    z_m: float = MISSING


@dataclass
class Site(Place):
    """Where a Wi-Fi access point or the LTE base station stands, m."""

    z_m: float = ranged(0)


@dataclass
class GnbSite(Place):
    """Where an NR base station stands, m; the path loss model knows none that are lower."""

    z_m: float = ranged(10)


@dataclass
class UserLocationRange:
    """Where users are placed and walk, m."""

    min_x_m: int = MISSING
    max_x_m: int = MISSING
    min_y_m: int = MISSING
    max_y_m: int = MISSING
    z_m: float = MISSING


@dataclass
class UserArea(UserLocationRange):
    """Where users are placed and walk, at the heights of 3GPP TR 38.901."""

    z_m: float = ranged(1, 22.5)


@dataclass
class UserRandomWalk:
    """How users walk."""

    min_speed_mps: float = MISSING
    max_speed_mps: float = MISSING
    min_direction_rad: float = read_unless(MAX_SPEED, 0)
    max_direction_rad: float = read_unless(MAX_SPEED, 0)
    distance_m: float = read_unless(MAX_SPEED, 0)


@dataclass
class UserWalk(UserRandomWalk):
    """How users walk, if they do."""

    min_speed_mps: float = ranged(0)
    distance_m: float = read_unless(MAX_SPEED, 0, of=ranged(above=0))


def for_udp(of: Any = MISSING) -> Any:
    """The field `of`, which is read while there is a slice of UDP users."""
    return read_while("per_slice_config.transport_protocol", lambda protocols: "udp" in protocols, of=of)


def for_tcp(of: Any = MISSING) -> Any:
    """The field `of`, which is read while there is a slice of TCP users."""
    return read_while("per_slice_config.transport_protocol", lambda protocols: set(protocols) != {"udp"}, of=of)


@dataclass
class PerSliceConfig:
    """Lists with one entry per slice of users."""

    num_users: list[int] = ranged(0, MAX_USERS)
    dedicated_rbg: list[int] = ranged(0, 25)
    prioritized_rbg: list[int] = ranged(0, 25)
    shared_rbg: list[int] = ranged(0)
    packet_size_bytes: list[int] = ranged(64, 1400)
    transport_protocol: list[str] = one_of(*PROTOCOLS)
    udp_poisson_arrival: list[bool] = for_udp()
    min_udp_rate_per_user_mbps: list[float] = for_udp(ranged(above=0))
    max_udp_rate_per_user_mbps: list[float] = for_udp()
    udp_rate_swing: list[float] = for_udp(ranged(0, 1))
    udp_rate_period_ms: list[float] = for_udp(read_while("per_slice_config.udp_rate_swing", any, of=ranged(1)))
    qos_test_duration_ms: list[int] = never_read("the default algorithm makes no link tests", of=ranged(100, 25000))
    qos_loss_target: list[float] = ranged(0, 1)
    qos_delay_violation_target: list[float] = ranged(0, 1)
    qos_delay_requirement_ms: list[float] = ranged(0)
    delay_test_1_thresh_ms: list[float] = ranged(0)
    delay_test_2_thresh_ms: list[float] = ranged(0)
    downlink_mode: list[str] = one_of(*MODES)
    uplink_mode: list[str] = one_of(*MODES)


@dataclass
class Gma:
    """Keys under `env.gma`: the tunnel that splits and reorders."""

    mx_algorithm: str = one_of("gma")
    enable_dynamic_flow_prioritization: bool = MISSING
    measurement_interval_ms: int = ranged(1)
    measurement_guard_interval_ms: int = ranged(0)
    server_delay_ms: float = ranged(0)
    min_reorder_timeout_ms: float = ranged(0)
    max_reorder_timeout_ms: float = MISSING
    tcp_buffer_bytes: int = for_tcp(ranged(4096, 2**30))


@dataclass
class Wifi:
    """Keys under `env.wifi`."""

    measurement_interval_ms: int = always_read()  # checked: the same as that of the others
    measurement_guard_interval_ms: int = always_read()
    backhaul_delay_ms: float = ranged(0)
    ap_share_same_band: bool = MISSING
    idle_stations_overhear: bool = True
    enable_rx_signal_based_handover: bool = MISSING
    handover_hysteresis_db: float = read_if("wifi.enable_rx_signal_based_handover", True, of=ranged(0))
    handover_interval_ms: int = read_if("wifi.enable_rx_signal_based_handover", True, of=ranged(1))
    tx_power_dbm: float = ranged(-30, 50)
    min_rssi_dbm: float = ranged(-110, 0)
    rate_control: str = one_of(*RATE_CONTROLS)
    rts_cts: bool = MISSING
    queue_packets: int = ranged(1, 10**6)
    queue_delay_ms: int = ranged(1)


@dataclass
class Nr:
    """Keys under `env.nr`."""

    backhaul_delay_ms: float = ranged(0)
    resource_block_num: int = ranged(1, 275)
    subcarrier_spacing_khz: int = one_of(15, 30, 60)
    carrier_frequency_ghz: float = ranged(0.5, 100)
    tx_power_dbm: float = ranged(-30, 60)
    fading_sigma_db: float = ranged(0)
    fading_coherence_ms: float = read_unless("nr.fading_sigma_db", 0, of=ranged(above=0))
    target_bler: float = ranged(0.001, 0.5)
    queue_bytes: int = ranged(1500, 2**31 - 1)


@dataclass
class Lte:
    """Keys under `env.lte`."""

    measurement_interval_ms: int = MISSING
    measurement_guard_interval_ms: int = MISSING
    backhaul_delay_ms: float = ranged(0)
    resource_block_num: int = one_of(*RBG_NUM)
    tx_power_dbm: float = ranged(-30, 60)
    user_tx_power_dbm: float = ranged(-30, 33)
    path_loss_exponent: float = ranged(above=0, high=10)
    reference_loss_db: float = MISSING
    fading_coherence_ms: float = ranged(0)
    cqi_period_ms: int = ranged(1, 160)
    rlc_buffer_bytes: int = ranged(1500, 2**31 - 1)


@dataclass
class MultiAccessConfig(EnvConfig):
    """Keys of every environment on the multi-access network."""

    measurement_start_time_ms: int = ranged(CONNECTING_MS)
    traffic_lead_ms: float = ranged(0, default=0)
    max_wait_time_for_action_ms: int = MISSING
    downlink_traffic: bool = one_of(True)
    features: Any = such_that(is_choice_of_features, FEATURES)
    reward: str = MISSING
    subscribed_network_stats: list[str] | None = MISSING
    lte_enb_locations: Site = MISSING
    nr_gnb_locations: list[GnbSite] = MISSING
    wifi_ap_locations: list[Site] = MISSING
    user_location_range: UserArea = MISSING
    user_random_walk: UserWalk = MISSING
    user_order: str = one_of(*USER_ORDERS, default="by_slice")
    per_slice_config: PerSliceConfig = MISSING
    gma: Gma = MISSING
    tcp: Tcp = for_tcp(field(default_factory=Tcp))
    wifi: Wifi = read_unless("wifi_ap_locations", [])
    nr: Nr = read_unless("nr_gnb_locations", [])
    lte: Lte = MISSING

    @property
    def num_users(self) -> int:
        """Users over all slices."""
        return sum(self.per_slice_config.num_users)
