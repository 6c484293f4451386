"""What a run was computed by and on, compared with what is here: both decide the last bits of its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netgym_cli.common.machine import differences, machine
from netgym_cli.common.provenance import versions
from netgym_cli.config.schema import RunConfig
from netgym_cli.simulators.base import simulator_registry

HARMLESS = frozenset(
    ("torch_threads", "ns3_prefix", "malloc", "hosts")
)  # the config decides the first; the others no number


def changed_conditions(record: Mapping[str, Any], config: RunConfig) -> list[str]:
    """Each version, and each property of the machine, that is not as the `record` of a run says: `NAME was A, is B`."""
    software = simulator_registry.load(config.simulator.name).about(config.simulator)
    pairs = ((record.get("versions"), versions()), (record.get("machine"), machine()),
             (record.get("simulator_software"), software))  # fmt: skip
    known = [({k: v for k, v in (before or {}).items() if k not in HARMLESS}, now) for before, now in pairs]
    return [difference for before, now in known for difference in differences(before, now)]
