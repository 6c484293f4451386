"""What a multi-access network measures: every name, its unit and the range that an observation of it is kept in."""

from __future__ import annotations

from netgym_cli.envs.measurements import Measurement
from netgym_cli.envs.multi_access.config import LINKS

_RATE: dict[str, Measurement] = dict.fromkeys(("rate", "tx_rate", "qos_rate"), ("Mbit/s", 0, 1000))
_DELAY: dict[str, Measurement] = dict.fromkeys(("owd", "max_owd"), ("ms", 0, 10000))
_PERCENT: Measurement = ("%", 0, 100)
_FLAG: Measurement = ("", 0, 1)
_FLOW = {
    **_RATE, **_DELAY, "delay_violation": _PERCENT, "delay_test_1_violation": _PERCENT,
    "delay_test_2_violation": _PERCENT, "loss": _PERCENT, "missed_action": _FLAG, "measurement_ok": _FLAG,
}  # fmt: skip
_LINK = {**_RATE, **_DELAY, "traffic_ratio": _PERCENT, "split_ratio": _PERCENT, "priority": _FLAG}
_SLICE_FLOW = {**_RATE, "delay_violation": _PERCENT, "loss": _PERCENT, **_DELAY}
_SLICE_RADIO: dict[str, Measurement] = {
    "max_rate": ("Mbit/s", 0, 1000), "rb_usage": _PERCENT,
    **{f"{kind}_rbg": ("", 0, 25) for kind in ("dedicated", "prioritized", "shared")},
}  # fmt: skip

# One value per user.
PER_USER: dict[str, Measurement] = {
    **{f"gma::dl::{name}": what for name, what in _FLOW.items()},
    **{f"gma::{link}::dl::{name}": what for link in LINKS for name, what in _LINK.items()},
    **{f"{link}::dl::max_rate": ("Mbit/s", 0, 1000) for link in LINKS},
    **{f"{link}::cell_id": ("", 0, 255) for link in LINKS},
    "lte::slice_id": ("", 0, 255),
    "lte::dl::rb_usage": _PERCENT,
    "gma::x_loc": ("m", -1e5, 1e5),
    "gma::y_loc": ("m", -1e5, 1e5),
}
# One value per slice of the LTE cell; in the statistics each name ends in `::slice=<index>`.
PER_SLICE: dict[str, Measurement] = {
    **{f"gma::dl::cell::{name}": what for name, what in _SLICE_FLOW.items()},
    **{f"lte::dl::cell::{name}": what for name, what in _SLICE_RADIO.items()},
}
