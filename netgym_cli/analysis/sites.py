"""Where the sites of a network stand, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

AREA = "user_location_range"
# Source and name of the measurements of where a user is, m.
POSITIONS = (("gma", "x_loc"), ("gma", "y_loc"), ("user", "x_loc"), ("user", "y_loc"))
# Key of the config with one site or a list of them: what it is, its short name, key of its radio.
SITES: Mapping[str, tuple[str, str, str | None]] = {
    "lte_enb_locations": ("LTE base station", "LTE", "lte"),
    "nr_gnb_locations": ("NR base station", "NR", "nr"),
    "wifi_ap_locations": ("Wi-Fi access point", "AP", "wifi"),
    "cell_locations": ("small cell", "cell", None),
}
# What else a map tells, by the key of sites that every such network has.
TOLD = {
    "lte_enb_locations": {*SITES, "lte", "nr", "wifi", "per_slice_config", "user_random_walk"} - {"cell_locations"},
    "cell_locations": {"num_users", "tx_power_levels_dbm", "user_random_walk"},
}


def sites(env: Mapping[str, Any]) -> pd.DataFrame:
    """The sites in an environment's config: `kind`, `label`, `x_m`, `y_m`, `tx_power_dbm` (NaN if a cell chooses it).

    Args:
        env: the plain config of an environment; of one without places there is no row.
    """
    rows = []
    for key, (kind, short, radio) in SITES.items():
        places = env.get(key) or []
        places = [places] if isinstance(places, Mapping) else places
        power = (env.get(radio) or {}).get("tx_power_dbm") if radio else None
        for number, place in enumerate(places, 1):
            label = f"{short} {number}" if len(places) > 1 else short
            row = {"kind": kind, "label": label, "x_m": float(place["x_m"]), "y_m": float(place["y_m"])}
            rows.append(row | {"tx_power_dbm": float("nan") if power is None else float(power)})
    return pd.DataFrame(rows, columns=["kind", "label", "x_m", "y_m", "tx_power_dbm"])


def has_map(env: Mapping[str, Any]) -> bool:
    """Whether the environment's config is one of a network that `network_map` draws."""
    return AREA in env and any(key in env and told <= set(env) for key, told in TOLD.items())
