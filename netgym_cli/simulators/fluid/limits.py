"""What the twins model, scenario by scenario; they refuse the rest, before anything is started."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from netgym_cli.common.errors import ConfigError

MODELLED_TCP = ("udp", "tcp", "TcpBbr")
MODELLED_RIVALS = ("TcpCubic", "TcpNewReno", "TcpLinuxReno")
# Settings of the Wi-Fi cells that the twins have only one value of.
ONLY = {"wifi.rate_control": "Ideal", "wifi.rts_cts": False, "wifi.ap_share_same_band": False}


def require_modelled(scenario: str, settings: Mapping[str, Any]) -> None:
    """Raises `ConfigError` for a scenario, or settings of it, that there is no twin of."""
    if scenario not in LIMITS:
        raise ConfigError(f"there is no twin of scenario {scenario!r}; allowed: {', '.join(LIMITS)}. {WAY_OUT}")
    LIMITS[scenario](settings)


def _multi_access(settings: Mapping[str, Any]) -> None:
    for protocol in settings["per_slice_config"]["transport_protocol"]:
        if protocol not in MODELLED_TCP:
            refuse("per_slice_config.transport_protocol", protocol, ", ".join(MODELLED_TCP))
    _one_wifi(settings)


def _one_wifi(settings: Mapping[str, Any]) -> None:
    for key, only in ONLY.items():
        if (value := reduce(lambda part, name: part[name], key.split("."), settings)) != only:
            refuse(key, value, str(only).lower() if isinstance(only, bool) else str(only))


def _rmcat(settings: Mapping[str, Any]) -> None:
    rival = settings["tcp_congestion_control"]
    if settings["tcp_flows"] > 0 and rival not in MODELLED_RIVALS:
        refuse("tcp_congestion_control", rival, ", ".join(MODELLED_RIVALS))


def _anything(settings: Mapping[str, Any]) -> None:
    """The twin models all that the settings can ask for."""


def refuse(key: str, value: Any, allowed: str) -> None:
    """Raises the `ConfigError` for a setting that the twin does not model."""
    raise ConfigError(
        f"env.{key} is {value!r}, of which simulator=fluid has no model; allowed there: {allowed}. {WAY_OUT}"
    )


WAY_OUT = "simulator=ns3 runs it."
LIMITS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "dynamic_qos": _multi_access,
    "network_slicing": _multi_access,
    "nqos_split": _multi_access,
    "qos_steer": _multi_access,
    "rmcat": _rmcat,
    "custom": _anything,
    "energy_saving": _one_wifi,
}
