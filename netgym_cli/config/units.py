"""Units: the last part of a key says which one its number has."""

UNITS = {
    "ms": "ms", "s": "s", "hz": "Hz", "khz": "kHz", "mhz": "MHz", "ghz": "GHz",
    "bps": "bit/s", "kbps": "kbit/s", "mbps": "Mbit/s", "bytes": "bytes", "packets": "packets",
    "m": "m", "mps": "m/s", "rad": "rad", "dbm": "dBm", "dbi": "dBi", "db": "dB",
    "rbg": "RB groups", "pct": "%",
}  # fmt: skip


def unit(key: str) -> str:
    """The unit that a key's last part ends in, such as `ms` for `step_timeout_ms`; empty for a number without one."""
    return UNITS.get(key.rpartition(".")[2].rpartition("_")[2], "") if "_" in key.rpartition(".")[2] else ""
