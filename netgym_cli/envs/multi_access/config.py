"""The config record of the multi-access network: users reached over Wi-Fi, NR and LTE.

Meanings, units and defaults stand in conf/env/nqos_split.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import MISSING

from netgym_cli.config.schema import EnvConfig

LINKS = ("wifi", "nr", "lte")


@dataclass
class Place:
    """A position, m."""

    x_m: float = MISSING
    y_m: float = MISSING
    z_m: float = MISSING


@dataclass
class UserLocationRange:
    """Where users are placed and walk, m."""

    min_x_m: int = MISSING
    max_x_m: int = MISSING
    min_y_m: int = MISSING
    max_y_m: int = MISSING
    z_m: float = MISSING


@dataclass
class UserRandomWalk:
    """How users walk."""

    min_speed_mps: float = MISSING
    max_speed_mps: float = MISSING
    min_direction_rad: float = MISSING
    max_direction_rad: float = MISSING
    distance_m: float = MISSING


@dataclass
class PerSliceConfig:
    """Lists with one entry per slice of users."""

    num_users: list[int] = MISSING
    dedicated_rbg: list[int] = MISSING
    prioritized_rbg: list[int] = MISSING
    shared_rbg: list[int] = MISSING
    packet_size_bytes: list[int] = MISSING
    transport_protocol: list[str] = MISSING
    udp_poisson_arrival: list[bool] = MISSING
    min_udp_rate_per_user_mbps: list[float] = MISSING
    max_udp_rate_per_user_mbps: list[float] = MISSING
    udp_rate_swing: list[float] = MISSING
    udp_rate_period_ms: list[float] = MISSING
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
    """Keys under `env.gma`: the tunnel that splits and reorders."""

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
    """Keys under `env.wifi`."""

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
    """Keys under `env.nr`."""

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
    """Keys under `env.lte`."""

    measurement_interval_ms: int = MISSING
    measurement_guard_interval_ms: int = MISSING
    backhaul_delay_ms: float = MISSING
    resource_block_num: int = MISSING
    tx_power_dbm: float = MISSING
    user_tx_power_dbm: float = MISSING
    path_loss_exponent: float = MISSING
    reference_loss_db: float = MISSING
    fading_coherence_ms: float = MISSING
    cqi_period_ms: int = MISSING
    rlc_buffer_bytes: int = MISSING


@dataclass
class MultiAccessConfig(EnvConfig):
    """Keys of every environment on the multi-access network."""

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
