"""The results of an evaluation: tables and a picture in a folder, and human-readable rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.provenance import now, versions
from netgym_cli.evaluation.contest import Evaluation, Row

SHOWN = 5  # metrics that fit a terminal with their intervals
ESTIMATE = ("mean", "low", "high", "seeds")
FILES = ("summary.csv", "paired.csv", "seeds.csv", "returns.png", "evaluation.json")


def new_folder(chosen: Path | None) -> Path:
    """`chosen`, or outputs/evaluate/DATE/TIME here. Raises `ConfigError` if it cannot be made or holds one already."""
    folder = chosen or Path("outputs", "evaluate", *datetime.now().strftime("%Y-%m-%d %H-%M-%S-%f").split())
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot create '{folder}': {error.strerror}; choose another by --output DIR.") from error
    if taken := [name for name in FILES if (folder / name).exists()]:
        raise ConfigError(f"'{folder}' holds an evaluation already ({taken[0]}); choose another by --output DIR.")
    return folder


def write(evaluation: Evaluation, folder: Path, record: Mapping[str, Any]) -> None:
    """Writes summary.csv, paired.csv, seeds.csv, returns.png and, with `record`, evaluation.json."""
    from netgym_cli.runs.tables import replace_csv

    replace_csv(folder / "summary.csv", ("agent", "metric", *ESTIMATE), evaluation.summary())
    replace_csv(folder / "paired.csv", ("agent", "baseline", "metric", *ESTIMATE), evaluation.paired())
    replace_csv(folder / "seeds.csv", ("agent", "seed", *evaluation.metrics), evaluation.by_seed())
    draw(evaluation, folder / "returns.png")
    content = {"ended_at": now(), "versions": versions(), **as_json(evaluation), **record}
    (folder / "evaluation.json").write_text(json.dumps(content, indent=1, default=str) + "\n")


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Everything as plain values."""
    return {
        "env": evaluation.env,
        **evaluation.names,
        "episodes": evaluation.episodes,
        "seeds": list(evaluation.seeds),
        "baseline": evaluation.baseline,
        "summary": evaluation.summary(),
        "paired": evaluation.paired(),
        "by_seed": evaluation.by_seed(),
    }


def draw(evaluation: Evaluation, path: Path) -> None:
    """A dot per agent at its mean return, with its interval as a line."""
    from matplotlib.figure import Figure

    rows = [row for row in evaluation.summary() if row["metric"] == "return"]
    figure = Figure(figsize=(7, 1.2 + 0.4 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(rows):
        if row["low"] is not None:
            axes.plot([row["low"], row["high"]], [place, place], color="tab:blue", linewidth=2)
        axes.plot(row["mean"], place, "o", color="tab:blue")
    axes.set_yticks(range(len(rows)), [row["agent"] for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel(f"return per episode (mean, 95 % interval over {len(evaluation.seeds)} seeds)")
    axes.set_title(evaluation.env, loc="left", fontsize="medium")
    figure.savefig(path, dpi=150)


def summary_table(evaluation: Evaluation) -> tuple[list[str], list[list[str]]]:
    """Heads and rows: agents down, the first metrics across; all of them are in the files."""
    return _table(evaluation.summary(), evaluation.metrics[:SHOWN], "agent")


def paired_table(evaluation: Evaluation) -> tuple[list[str], list[list[str]]]:
    """The same of the differences to the baseline."""
    return _table(evaluation.paired(), evaluation.metrics[:SHOWN], f"minus {evaluation.baseline}")


def _table(rows: Sequence[Row], metrics: Sequence[str], corner: str) -> tuple[list[str], list[list[str]]]:
    cells: dict[str, dict[str, str]] = {}
    for row in rows:
        interval = "" if row["low"] is None else f" [{row['low']:.4g}, {row['high']:.4g}]"
        cells.setdefault(row["agent"], {})[row["metric"]] = f"{row['mean']:.4g}{interval}"
    heads = [corner, *("reward/step" if metric == "reward" else metric for metric in metrics)]
    return heads, [[agent, *(texts[metric] for metric in metrics)] for agent, texts in cells.items()]
