"""In which keys of their configs the runs differ."""

from __future__ import annotations

import pandas as pd

from netgym_cli.analysis.differences import differing
from netgym_cli.analysis.report.drawn import Drawn, Section, Table
from netgym_cli.analysis.report.material import Material

PLACE = 90
MOST_RUNS = 6  # that get a column each


def section(material: Material) -> Section | None:
    """A column for each run, or with many runs a row for each value."""
    configs = {str(reported.folder): reported.run.config for reported in material.runs if reported.run is not None}
    found = differing(configs)
    if not found:
        return None
    if len(configs) <= MOST_RUNS:
        table = pd.DataFrame([{"key": key} | values for key, values in found.items()])
    else:
        rows = []
        for key, values in found.items():
            for value in dict.fromkeys(values.values()):
                same = sum(other == value for other in values.values())
                rows.append({"key": key, "value": value, "runs": same})
        table = pd.DataFrame(rows)
    caption = "Keys in which the runs differ; - where a run has no such key."
    return Section("Config differences", [Table(Drawn("config_differences", table), caption)])
