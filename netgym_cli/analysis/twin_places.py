"""Where a recording's users stood, how much they sent and how that swung, so that a twin can begin as they did."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from netgym_cli.analysis.twin_recording import Recording

PHASES = 64  # that are tried for a swinging load
UDP_HEADERS_BYTES = 28  # and IP's, which the measured rates have
FIRST_STEP = 2  # a session's first step is its second interval


def places(recording: Recording, settings: Mapping[str, Any], step_ms: float) -> np.ndarray | None:
    """What `FluidBatch.place` takes, shape `(sessions, users, 5)`; None where users have no places."""
    if "gma::x_loc" not in recording.keys:
        return None
    x, y = (recording.of(f"gma::{axis}_loc")[:, 0] for axis in "xy")
    rate = recording.of("nr::dl::max_rate").mean(axis=1)
    phases, sent = _phases(recording, settings, step_ms), _sent(recording, settings)
    return np.stack([x, y, np.where(rate > 0, rate, np.nan), phases, sent], axis=-1)


def _sent(recording: Recording, settings: Mapping[str, Any]) -> np.ndarray:
    """The UDP rate of every user, Mbit/s; NaN where it is not drawn, or swings; shape `(sessions, users)`."""
    slices = recording.of("lte::slice_id")[0, 0].astype(int)
    of = {key: np.array(values)[slices] for key, values in settings["per_slice_config"].items()}
    drawn = (of["transport_protocol"] == "udp") & (of["udp_rate_swing"] == 0)
    drawn &= of["min_udp_rate_per_user_mbps"] < of["max_udp_rate_per_user_mbps"]
    payload = recording.of("gma::dl::tx_rate").mean(axis=1) / (1 + UDP_HEADERS_BYTES / of["packet_size_bytes"])
    return np.where(drawn, payload, np.nan)


def _phases(recording: Recording, settings: Mapping[str, Any], step_ms: float) -> np.ndarray:
    """The phase of every user's load, rad; NaN where it does not swing; shape `(sessions, users)`."""
    slices = recording.of("lte::slice_id")[0, 0].astype(int)
    swing, period_ms = (np.array(settings["per_slice_config"][f"udp_rate_{key}"]) for key in ("swing", "period_ms"))
    sent = recording.of("gma::dl::tx_rate")
    steps = np.arange(sent.shape[1]) + FIRST_STEP
    ends_ms = settings["measurement_start_time_ms"] + steps * step_ms
    phases = np.full(sent.shape[::2], np.nan)
    for number in np.flatnonzero(swing > 0).tolist():
        members = slices == number
        angles = 2 * np.pi * (ends_ms - step_ms / 2) / period_ms[number]
        tried = np.arange(PHASES) * 2 * np.pi / PHASES
        sines = np.array([[math.sin(angle + phase) for angle in angles] for phase in tried])
        load = 1 + swing[number] * sines  # (phases, steps)
        mean = sent[:, :, members].mean(axis=2)  # (sessions, steps)
        scale = (mean @ load.T) / (load**2).sum(axis=1)
        misses = ((mean[:, None] - scale[..., None] * load) ** 2).sum(axis=2)
        nominal = np.abs(scale / _nominal_mbps(settings, int(number)) - 1)  # the rate is known, the phase is not
        phases[:, members] = tried[np.argmin(misses / mean.var() + nominal, axis=1)][:, None]
    return phases


def _nominal_mbps(settings: Mapping[str, Any], number: int) -> float:
    """What a user of a slice sends on average, headers included, Mbit/s."""
    slices = settings["per_slice_config"]
    mbps = (slices["min_udp_rate_per_user_mbps"][number] + slices["max_udp_rate_per_user_mbps"][number]) / 2
    return float(mbps * (1 + UDP_HEADERS_BYTES / slices["packet_size_bytes"][number]))
