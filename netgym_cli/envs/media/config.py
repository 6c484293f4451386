"""The config record of `rmcat` and what it must satisfy. Meanings, units and defaults stand in conf/env/rmcat.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field

from omegaconf import MISSING

from netgym_cli.config.effect import read_unless, read_while
from netgym_cli.config.fields import INF, one_of, ranged
from netgym_cli.config.schema import EnvConfig, require
from netgym_cli.envs.tcp import TCP_TYPES, BufferedTcp
from netgym_cli.traces.bw_trace import read_bw_trace, trace_file
from netgym_cli.traces.origin import say_when_it_begins
from netgym_cli.traces.two_columns import looks_like_two_columns

MAX_FLOWS = 20
TRACE_KEY = "env.bw_trace_file"


@dataclass
class RewardTerms:
    """Keys under `env.reward_terms`."""

    rate_weight: float = ranged(0, 1000)
    delay_weight: float = ranged(0, 1000)
    loss_weight: float = ranged(0, 1000)
    delay_ms: float = read_unless("reward_terms.delay_weight", 0, of=ranged(above=0, below=INF))
    loss: float = read_unless("reward_terms.loss_weight", 0, of=ranged(above=0, high=1))


@dataclass
class Nada:
    """Parameters of NADA, by their names in RFC 8698."""

    PRIO: float = ranged(above=0, below=INF)
    XREF_ms: float = ranged(above=0, below=INF)
    KAPPA: float = ranged(above=0, below=INF)
    ETA: float = ranged(0, below=INF)
    TAU_ms: float = ranged(1, below=INF)
    DELTA_ms: float = ranged(10, below=INF)
    LOGWIN_ms: float = ranged(10, below=INF)
    QEPS_ms: float = ranged(0, below=INF)
    DFILT_ms: float = ranged(0, below=INF)
    GAMMA_MAX: float = ranged(above=0, below=INF)
    QBOUND_ms: float = ranged(above=0, below=INF)
    MULTILOSS: float = ranged(0, below=INF)
    QTH_ms: float = ranged(above=0, below=INF)
    LAMBDA: float = ranged(0, below=INF)
    PLRREF: float = ranged(above=0, below=INF)
    DLOSS_ms: float = ranged(0, below=INF)
    ALPHA: float = ranged(above=0, high=1)
    XMAX_ms: float = ranged(above=0, below=INF)
    base_delay_window_ms: float = ranged(100, below=INF)


def _begins_later(bw_trace_file: str | None) -> bool:
    """Whether there is a time before the first row of the trace, or no trace."""
    return bw_trace_file is None or read_bw_trace(bw_trace_file, TRACE_KEY)["time_ms"][0] > 0


def _needs_a_delay(bw_trace_file: str | None) -> bool:
    """Whether there is such a time, or the trace tells no delay."""
    return _begins_later(bw_trace_file) or looks_like_two_columns(trace_file(str(bw_trace_file), TRACE_KEY))


@dataclass
class RmcatKeys(EnvConfig):
    """The keys of conf/env/rmcat.yaml, but for what depends on the measurements."""

    measurement_start_time_ms: float = ranged(0, below=INF)
    measurement_interval_ms: float = ranged(10, 10000)
    max_wait_time_for_action_ms: int = MISSING
    nada_flows: int = ranged(1, MAX_FLOWS)
    nada_flow_start_time_diff_ms: float = ranged(0, below=INF)
    tcp_flows: int = ranged(0, MAX_FLOWS)
    tcp_flow_start_time_diff_ms: float = read_unless("tcp_flows", 0, of=ranged(0, below=INF))
    tcp_congestion_control: str = read_unless("tcp_flows", 0, of=one_of(*TCP_TYPES))
    tcp: BufferedTcp = read_unless("tcp_flows", 0, of=field(default_factory=BufferedTcp))
    udp_flows: int = ranged(0, MAX_FLOWS)
    udp_flow_start_time_diff_ms: float = read_unless("udp_flows", 0, of=ranged(0, below=INF))
    udp_flow_bw_kbps: float = read_unless("udp_flows", 0, of=ranged(1, below=INF))
    topo_default_bw_kbps: float = read_while("bw_trace_file", _begins_later, of=ranged(0, below=INF))
    topo_default_delay_ms: float = read_while("bw_trace_file", _needs_a_delay, of=ranged(0, below=INF))
    bw_trace_file: str | None = MISSING
    queue_bytes: int = ranged(3000, 2**31 - 1)
    packet_size_bytes: int = ranged(100, 1500)
    pacing_jitter: float = ranged(0, 1)
    min_rate_kbps: float = ranged(1, 100000)
    max_rate_kbps: float = ranged(1, 100000)
    features: list[str] = MISSING
    reward: str = MISSING
    reward_terms: RewardTerms = MISSING
    subscribed_network_stats: list[str] | None = MISSING
    nada: Nada = MISSING

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        super().validate()
        require(self.min_rate_kbps < self.max_rate_kbps, "env.min_rate_kbps", self.min_rate_kbps,
                f"below max_rate_kbps, which is {self.max_rate_kbps:g}")  # fmt: skip
        self.bw_trace()

    def bw_trace(self) -> dict[str, list[float]]:
        """The columns of the bandwidth trace, empty without one. Raises `ConfigError` for a bad file."""
        if self.bw_trace_file is None:
            return {"time_ms": [], "bw_kbps": [], "delay_ms": [], "loss": []}
        columns = read_bw_trace(self.bw_trace_file, TRACE_KEY, delay_ms=self.topo_default_delay_ms)
        session_ms = self.steps_per_episode * self.episodes_per_session * self.measurement_interval_ms
        until_then = f"env.topo_default_bw_kbps={self.topo_default_bw_kbps:g} holds"
        say_when_it_begins(columns["time_ms"][0], session_ms, until_then, f"{TRACE_KEY}: {self.bw_trace_file}")
        return columns
