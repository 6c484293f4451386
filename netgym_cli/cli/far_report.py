"""What `netgym doctor` says of other machines: whether they answer, what they are, and whether they simulate alike."""

from __future__ import annotations

import time
from collections.abc import Mapping
from statistics import median
from typing import Any

from netgym_cli.cli.machine_report import Finding
from netgym_cli.common.errors import NetgymError
from netgym_cli.config.schema import typed
from netgym_cli.simulators.ns3.config import Ns3Config
from netgym_cli.simulators.remote.destinations import Destination, destinations
from netgym_cli.simulators.remote.sites import Sites

ENV, SEED, STEPS = "rmcat", 7, 40


def examine_elsewhere(simulator: Mapping[str, Any]) -> list[Finding]:
    """Each destination of a composed group `simulator`, in a few rows. Raises `ConfigError` for a wrong key."""
    config: Ns3Config = typed(Ns3Config, simulator, "simulator")
    here: list[bytes] = []
    findings: list[Finding] = []
    for destination in destinations(config.host, config.command):
        try:
            findings += _examined(destination, config, here)
        except NetgymError as error:
            findings.append(Finding(destination.name, "cannot simulate", False, str(error)))
    return findings


def _examined(destination: Destination, config: Ns3Config, here: list[bytes]) -> list[Finding]:
    site = Sites((destination,))
    began_s = time.perf_counter()
    told = site.greeting(destination, config)
    answered_s = time.perf_counter() - began_s
    site.prepare(config, None)
    software = site.about()
    places = "" if destination.places is None else f":{destination.places}"
    host = None if config.host is None else [f"{destination.name}{places}"]
    _, here_ms = _walk({"ns3_prefix": config.ns3_prefix}, here) if not here else (here, 0.0)
    there: list[bytes] = []
    _, there_ms = _walk({"host": host, "command": config.command, "ns3_prefix": config.ns3_prefix}, there)
    alike = there == here
    kind = f"netgym {told.get('netgym')}, python {told.get('python')}, in {told.get('installed')}"
    differs = f"{ENV} measures something else there (seed {SEED}): is it another kind of CPU?"
    speed = f"{there_ms:.2f} ms a step of {ENV}" + (f", {here_ms:.2f} ms here" if here_ms else "")
    return [
        Finding(destination.name, f"answers after {answered_s:.1f} s: {kind}"),
        Finding(f"{destination.name}, machine", f"{told.get('cores')} cores, {told.get('cpu')}"),
        Finding(f"{destination.name}, ns-3", f"{software.get('ns3')}, native part ready"),
        Finding(f"{destination.name}, session", speed, alike, "" if alike else differs),
    ]


def _walk(simulator: dict[str, Any], told: list[bytes]) -> tuple[list[bytes], float]:
    """Plays a short session and adds its measurements to `told`; median duration of a step, ms."""
    from netgym_cli.envs.make import make_env

    env = make_env(ENV, seed=SEED, simulator=simulator, steps_per_episode=STEPS, episodes_per_session=1)
    took_s = []
    env.reset(seed=SEED)
    env.action_space.seed(SEED)
    for _ in range(STEPS):
        action = env.action_space.sample()
        began_s = time.perf_counter()
        *_, info = env.step(action)
        took_s.append(time.perf_counter() - began_s)
        assert info.stats is not None
        told.append(info.stats.values.tobytes())
    env.close()
    return told, median(took_s) * 1e3
