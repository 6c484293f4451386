"""`netgym fit-channel`: a simple channel that behaves like a simulated one, and how well it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf

from netgym_cli.channels.base import Channel, DeliveryConfig
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import write
from netgym_cli.common.registry import unknown
from netgym_cli.config.compose import Composer
from netgym_cli.config.schema import RunConfig, require
from netgym_cli.experiment.config import run_of
from netgym_cli.simulators import selection
from netgym_cli.wrappers.channel_configs import build, channel_config
from netgym_cli.wrappers.required_simulators import simulators_of_channel
from netgym_cli.wrappers.seeds import channel_seed

PATIENCE_MS = 2000.0  # after the last packet of the recording; the frames of ns-3's Wi-Fi live for 500 ms
PACKETS = 20_000
PRECISION = 10


@dataclass(frozen=True)
class Recording:
    """The fates of packets that were sent one per step.

    Attributes:
        lost: whether each packet was lost, shape `(packets,)`.
        delay_steps: steps after its own in which each one was seen, shape `(packets,)`; NaN for lost ones.
    """

    lost: np.ndarray
    delay_steps: np.ndarray

    @property
    def loss_rate(self) -> float:
        """Share of the packets that were lost."""
        return float(self.lost.mean())

    @property
    def mean_burst(self) -> float:
        """Mean number of packets lost in a row; 0 without losses."""
        bursts = np.count_nonzero(np.diff(self.lost.astype(np.int8), prepend=0) == 1)
        return float(self.lost.sum() / bursts) if bursts else 0.0

    @property
    def correlation(self) -> float:
        """Correlation of a loss with the next packet's; 0 where all packets share one fate."""
        deviation = self.lost - self.loss_rate
        return float((deviation[1:] * deviation[:-1]).mean() / variance) if (variance := deviation.var()) else 0.0

    @property
    def mean_delay_steps(self) -> float:
        """Mean delay of what arrived, in whole steps; 0 if nothing did."""
        return float(np.nanmean(self.delay_steps)) if not self.lost.all() else 0.0


def record(channel: Channel[Any], payload_bytes: int, packets: int, seed: int) -> Recording:
    """Sends one packet per step and notes what becomes of it.

    Raises:
        ConfigError: packets take too long for it.
        SimulatorError: a simulator under the channel failed.
    """
    seen = np.full(packets, np.nan)
    channel.reset(channel_seed(seed))
    step_ms = channel.step_ms
    more = int(np.ceil(PATIENCE_MS / step_ms))
    for step in range(packets + more):
        channel.send(payload_bytes, step * step_ms)
        for arrival in channel.advance((step + 1) * step_ms):
            if arrival.packet < packets and np.isnan(seen[arrival.packet]):
                seen[arrival.packet] = step
    if channel.info()["in_flight"] > more:
        raise ConfigError(
            f"{PATIENCE_MS:.0f} ms after packet {packets}, packets are still under way that were sent before it; "
            "a channel with such delays cannot be fitted."
        )
    return Recording(np.isnan(seen), seen - np.arange(packets))


def gilbert_elliott(found: Recording) -> dict[str, Any]:
    """Keys of the Gilbert channel with the recording's loss rate, mean burst and delay (Gilbert 1960).

    Everything is lost in the bad state and nothing in the good one, so a burst lasts 1 / p_bg packets on average and
    p_gb / (p_gb + p_bg) of the packets are lost.
    """
    rate, burst = found.loss_rate, max(1.0, found.mean_burst)
    p_bg = 1 / burst
    p_gb = min(1.0, p_bg * rate / (1 - rate)) if rate < 1 else 1.0
    return {
        "p_gb": round(p_gb, 6),
        "p_bg": round(p_bg, 6) if rate < 1 else 0.0,
        "loss_good": 0.0,
        "loss_bad": 1.0,
        "delay_steps": round(found.mean_delay_steps),
        "start": "stationary",
    }


FITS: dict[str, Callable[[Recording], dict[str, Any]]] = {"gilbert_elliott": gilbert_elliott}


@dataclass(frozen=True)
class Fit:
    """A simple channel beside the one that it imitates.

    Attributes:
        of, to: names of the two.
        keys: what distinguishes the simple one from its YAML file.
        wanted, got: recordings of both.
        step_ms: duration of a step, ms.
        file: where the simple one is written.
    """

    of: str
    to: str
    keys: dict[str, Any]
    wanted: Recording
    got: Recording
    step_ms: float
    file: Path

    def rows(self) -> list[list[str]]:
        """Quantity, both channels' values, and the difference."""
        titles = {
            "loss_rate": "loss rate",
            "mean_burst": "mean loss burst, packets",
            "correlation": "correlation of neighbouring losses",
            "mean_delay_steps": "mean delay, steps",
        }
        rows = []
        for name, title in titles.items():
            wanted, got = getattr(self.wanted, name), getattr(self.got, name)
            share = f" ({100 * (got / wanted - 1):+.1f} %)" if wanted and name != "correlation" else ""
            rows.append([title, f"{wanted:.4g}", f"{got:.4g}", f"{got - wanted:+.2g}{share}"])
        return rows

    def write(self) -> None:
        """Writes the YAML file. Raises `ConfigError` if it exists already or cannot be written."""
        told = f"{self.of} in steps of {self.step_ms:g} ms, fitted over {len(self.wanted.lost)} packets"
        lines = [f"# {self.to} that behaves like {told}", f"defaults: [{self.to}, _self_]", ""]
        lines += [OmegaConf.to_yaml(self.keys).rstrip()]
        write({self.file: "\n".join(lines) + "\n"}, "choose another by --output")


def fit(words: Sequence[str], config_dirs: Sequence[str | Path], output: Path | None) -> Fit:
    """Records the channel that `words` choose and fits another one to it; nothing is written yet.

    Args:
        words: overrides, and `to=NAME` and `packets=N` among them.
        config_dirs: the user's own conf directories.
        output: the YAML file; None: conf/channel/CHANNEL_fit.yaml here.

    Raises:
        ConfigError: the user can mend it.
        SimulatorError: a simulator under the channel failed.
    """
    own = dict(word.split("=", 1) for word in words if word.startswith(("to=", "packets=")))
    to, packets = own.get("to", "gilbert_elliott"), _count(own.get("packets", str(PACKETS)))
    if to not in FITS:
        raise ConfigError(unknown("channel to fit", to, list(FITS)))
    overrides = [word for word in words if not word.startswith(("to=", "packets="))]
    config = run_of(Composer(overrides, config_dirs))
    source = config.channel
    if not isinstance(source, DeliveryConfig):
        raise ConfigError(f"channel is {source.name!r}; allowed: one that packets cross, such as channel=ns3_wifi.")
    chosen = next((word.split("=", 1)[1] for word in overrides if word.startswith("channel=")), source.name)
    payload = source.packet_size_bytes or 256
    file = output or Path("conf", "channel", f"{chosen}_fit.yaml")
    if file.exists():
        raise ConfigError(f"{file} exists and is not overwritten; choose another by --output.")
    wanted = _recorded(config, source, payload, packets)
    keys = FITS[to](wanted)
    usual = channel_config(to)
    window = {key: getattr(source, key) for key in DeliveryConfig.__annotations__}
    keys |= {key: value for key, value in window.items() if value != getattr(usual, key)}
    imitation = channel_config(to, **keys)
    got = _recorded(config, imitation, payload, PRECISION * packets)  # cheap, and its chance is not the fit's error
    return Fit(chosen, to, keys, wanted, got, source.step_duration_ms, file)


def _recorded(config: RunConfig, channel: Any, payload_bytes: int, packets: int) -> Recording:
    required = simulators_of_channel(channel, config.simulator)
    selection.check(required)
    selection.prepare(required)
    built = build(channel, simulator=config.simulator)
    try:
        return record(built, payload_bytes, packets, config.seed)
    finally:
        built.close()


def _count(text: str) -> int:
    require(text.isdigit() and 100 <= int(text) <= 10_000_000, "packets", text, "100 to 10000000")
    return int(text)
