"""In which keys configs differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netgym_cli.analysis.lines import text_of
from netgym_cli.config.dotted import leaves

ABSENT = "-"


def differing(configs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Dotted key to the value in each config, as text; of every key whose value is not the same in all.

    Where runs chose different members of a group, such as two agents, keys that only one of them has are left out.

    Args:
        configs: name of each, and its plain values.
    """
    flat = {name: dict(leaves(config)) for name, config in configs.items()}
    keys = dict.fromkeys(key for values in flat.values() for key in values)
    found: dict[str, dict[str, str]] = {}
    for key in keys:
        told = {name: text_of(values[key]) if key in values else ABSENT for name, values in flat.items()}
        of_one_member = ABSENT in told.values() and f"{key.partition('.')[0]}.name" in found
        if len(set(told.values())) > 1 and not of_one_member:
            found[key] = told
    return found
