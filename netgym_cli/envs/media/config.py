"""The config record of `rmcat` and what it must satisfy. Meanings, units and defaults stand in conf/env/rmcat.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

from omegaconf import MISSING

from netgym_cli.config.schema import EnvConfig, require
from netgym_cli.envs.multi_access.checks import TCP_TYPES
from netgym_cli.traces.bw_trace import read_bw_trace

INF = float("inf")
ABOVE_0 = 1e-9
MAX_FLOWS = 20
TRACE_KEY = "env.bw_trace_file"


@dataclass
class RewardTerms:
    """Keys under `env.reward_terms`."""

    rate_weight: float = MISSING
    delay_weight: float = MISSING
    loss_weight: float = MISSING
    delay_ms: float = MISSING
    loss: float = MISSING


@dataclass
class Nada:
    """Parameters of NADA, by their names in RFC 8698."""

    PRIO: float = MISSING
    XREF_ms: float = MISSING
    KAPPA: float = MISSING
    ETA: float = MISSING
    TAU_ms: float = MISSING
    DELTA_ms: float = MISSING
    LOGWIN_ms: float = MISSING
    QEPS_ms: float = MISSING
    DFILT_ms: float = MISSING
    GAMMA_MAX: float = MISSING
    QBOUND_ms: float = MISSING
    MULTILOSS: float = MISSING
    QTH_ms: float = MISSING
    LAMBDA: float = MISSING
    PLRREF: float = MISSING
    DLOSS_ms: float = MISSING
    ALPHA: float = MISSING
    XMAX_ms: float = MISSING
    base_delay_window_ms: float = MISSING


RANGES: dict[str, tuple[float, float]] = {
    "measurement_start_time_ms": (0, INF),
    "measurement_interval_ms": (10, 10000),
    "nada_flows": (1, MAX_FLOWS),
    "nada_flow_start_time_diff_ms": (0, INF),
    "tcp_flows": (0, MAX_FLOWS),
    "tcp_flow_start_time_diff_ms": (0, INF),
    "udp_flows": (0, MAX_FLOWS),
    "udp_flow_start_time_diff_ms": (0, INF),
    "udp_flow_bw_kbps": (1, INF),
    "topo_default_bw_kbps": (1, INF),
    "topo_default_delay_ms": (0, INF),
    "queue_bytes": (3000, 2**31 - 1),
    "packet_size_bytes": (100, 1500),
    "pacing_jitter": (0, 1),
    "min_rate_kbps": (1, 100000),
    "max_rate_kbps": (1, 100000),
    "reward_terms.rate_weight": (0, 1000),
    "reward_terms.delay_weight": (0, 1000),
    "reward_terms.loss_weight": (0, 1000),
    "reward_terms.delay_ms": (ABOVE_0, INF),
    "reward_terms.loss": (ABOVE_0, 1),
    "nada.PRIO": (ABOVE_0, INF),
    "nada.XREF_ms": (ABOVE_0, INF),
    "nada.KAPPA": (ABOVE_0, INF),
    "nada.ETA": (0, INF),
    "nada.TAU_ms": (1, INF),
    "nada.DELTA_ms": (10, INF),
    "nada.LOGWIN_ms": (10, INF),
    "nada.QEPS_ms": (0, INF),
    "nada.DFILT_ms": (0, INF),
    "nada.GAMMA_MAX": (ABOVE_0, INF),
    "nada.QBOUND_ms": (ABOVE_0, INF),
    "nada.MULTILOSS": (0, INF),
    "nada.QTH_ms": (ABOVE_0, INF),
    "nada.LAMBDA": (0, INF),
    "nada.PLRREF": (ABOVE_0, INF),
    "nada.DLOSS_ms": (0, INF),
    "nada.ALPHA": (ABOVE_0, 1),
    "nada.XMAX_ms": (ABOVE_0, INF),
    "nada.base_delay_window_ms": (100, INF),
}


@dataclass
class RmcatKeys(EnvConfig):
    """The keys of conf/env/rmcat.yaml, but for what depends on the measurements."""

    measurement_start_time_ms: float = MISSING
    measurement_interval_ms: float = MISSING
    max_wait_time_for_action_ms: int = MISSING
    nada_flows: int = MISSING
    nada_flow_start_time_diff_ms: float = MISSING
    tcp_flows: int = MISSING
    tcp_flow_start_time_diff_ms: float = MISSING
    tcp_congestion_control: str = MISSING
    udp_flows: int = MISSING
    udp_flow_start_time_diff_ms: float = MISSING
    udp_flow_bw_kbps: float = MISSING
    topo_default_bw_kbps: float = MISSING
    topo_default_delay_ms: float = MISSING
    bw_trace_file: str | None = MISSING
    queue_bytes: int = MISSING
    packet_size_bytes: int = MISSING
    pacing_jitter: float = MISSING
    min_rate_kbps: float = MISSING
    max_rate_kbps: float = MISSING
    features: list[str] = MISSING
    reward: str = MISSING
    reward_terms: RewardTerms = MISSING
    subscribed_network_stats: list[str] | None = MISSING
    nada: Nada = MISSING

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        super().validate()
        for key, (low, high) in RANGES.items():
            value = _get(self, key)
            require(low <= value <= high and value < INF, f"env.{key}", value, _range(low, high))
        require(self.min_rate_kbps < self.max_rate_kbps, "env.min_rate_kbps", self.min_rate_kbps,
                f"below max_rate_kbps, which is {self.max_rate_kbps:g}")  # fmt: skip
        kind = self.tcp_congestion_control
        require(kind in TCP_TYPES, "env.tcp_congestion_control", kind, ", ".join(TCP_TYPES))
        self.bw_trace()

    def bw_trace(self) -> dict[str, list[float]]:
        """The columns of the bandwidth trace, empty without one. Raises `ConfigError` for a bad file."""
        if self.bw_trace_file is None:
            return {"time_ms": [], "bw_kbps": [], "delay_ms": [], "loss": []}
        return read_bw_trace(self.bw_trace_file, TRACE_KEY)


def _get(config: RmcatKeys, key: str) -> Any:
    return reduce(getattr, key.split("."), config)


def _range(low: float, high: float) -> str:
    bottom = "above 0" if low == ABOVE_0 else f"{low:g} or more"
    return bottom if high == INF else f"{bottom}, at most {high:g}"
