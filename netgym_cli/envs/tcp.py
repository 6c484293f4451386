"""TCP in every environment that has it: which congestion controls there are, and the timers of its connections."""

from __future__ import annotations

from dataclasses import dataclass

from netgym_cli.config.fields import ranged

TCP_TYPES = (
    "TcpBbr", "TcpBic", "TcpCubic", "TcpDctcp", "TcpHighSpeed", "TcpHtcp", "TcpHybla", "TcpIllinois", "TcpLedbat",
    "TcpLinuxReno", "TcpLp", "TcpNewReno", "TcpScalable", "TcpVegas", "TcpVeno", "TcpWestwoodPlus", "TcpYeah",
)  # fmt: skip


@dataclass
class Tcp:
    """Keys under `env.tcp`; a config without them, such as that of an older run, means ns-3's values.

    A connection's retransmission time-out is max(srtt + max(4 rttvar, clock_granularity_ms), min_rto_ms), RFC 6298.
    """

    min_rto_ms: float = ranged(1, 60000, default=1000.0)
    clock_granularity_ms: float = ranged(1, 60000, default=1.0)
    delayed_ack_timeout_ms: float = ranged(1, 60000, default=200.0)
    retries: int = ranged(1, 1000, default=6)


@dataclass
class BufferedTcp(Tcp):
    """Keys under `env.tcp` where the socket buffers are a matter of TCP alone."""

    buffer_bytes: int = ranged(1500, 2**30, default=131072)
