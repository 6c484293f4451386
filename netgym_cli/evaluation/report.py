"""The results of an evaluation: tables and a picture in a folder, and human-readable rows."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from netgym_cli.common.drawing import own_settings
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import creating, plain_json
from netgym_cli.common.interruption import Deferred
from netgym_cli.common.locks import Lock, NoLocks
from netgym_cli.common.machine import machine
from netgym_cli.common.provenance import now, versions
from netgym_cli.config.schema import AgentConfig, plain
from netgym_cli.evaluation.contest import Contender, Evaluation, Row, folders_of
from netgym_cli.evaluation.grid import GridEvaluation

SHOWN = 5  # metrics that fit a terminal with their intervals
ESTIMATE = ("mean", "low", "high", "seeds", "trainings")
IQM, P_MORE = ("iqm", "iqm_low", "iqm_high"), ("p_more", "p_more_low", "p_more_high")
FILES = ("summary.csv", "paired.csv", "seeds.csv", "returns.png", "evaluation.json")


@contextmanager
def new_folder(chosen: Path | None) -> Iterator[Path]:
    """`chosen`, or outputs/evaluate/DATE/TIME here, which no other evaluation can use inside the context.

    What was made is removed again if nothing was written.

    Raises:
        ConfigError: it cannot be made, or holds an evaluation or is going to.
    """
    folder = chosen or Path("outputs", "evaluate", *datetime.now().strftime("%Y-%m-%d %H-%M-%S-%f").split())
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder)
    except BlockingIOError as error:
        raise ConfigError(
            f"another evaluation is going to write to '{folder}'; choose another by --output DIR."
        ) from error
    except OSError as error:
        _remove_empty(made)
        raise ConfigError(f"cannot create '{folder}': {error.strerror}; choose another by --output DIR.") from error
    try:
        if taken := [name for name in FILES if (folder / name).exists()]:
            raise _taken(folder, taken[0])
        yield folder
    finally:
        _remove_empty(made)
        if lock:
            lock.release()


def _lock(folder: Path) -> Lock | None:
    """The lock on `folder`; None on a file system without any, as `write` replaces no file. Raises `OSError`."""
    try:
        return Lock(folder)
    except NoLocks:
        return None


def _remove_empty(folders: Sequence[Path]) -> None:
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _taken(folder: Path, name: str) -> ConfigError:
    return ConfigError(f"'{folder}' holds an evaluation already ({name}); choose another by --output DIR.")


def write(evaluation: Evaluation | GridEvaluation, folder: Path, record: Mapping[str, Any]) -> None:
    """Writes summary.csv, paired.csv, seeds.csv, returns.png and, with `record`, evaluation.json: all, or none.

    Raises `ConfigError` if one is there already.
    """
    from netgym_cli.runs.tables import csv_text

    content = {"ended_at": now(), "versions": versions(), "machine": machine(), **as_json(evaluation), **record}
    keys = evaluation.keys if isinstance(evaluation, GridEvaluation) else ()
    texts = {
        "summary.csv": csv_text((*keys, "agent", "metric", *ESTIMATE, *IQM), evaluation.summary()),
        "paired.csv": csv_text((*keys, "agent", "baseline", "metric", *ESTIMATE, *P_MORE), evaluation.paired()),
        "seeds.csv": csv_text((*keys, "agent", "training", "seed", *evaluation.metrics), evaluation.by_seed()),
        "evaluation.json": json.dumps(plain_json(content), indent=1, default=str) + "\n",
    }
    contents = {name: text.encode() for name, text in texts.items()} | {"returns.png": picture(evaluation)}
    written: list[Path] = []
    try:
        with Deferred():
            for name in FILES:
                with creating(folder / name) as hidden:
                    hidden.write_bytes(contents[name])
                written.append(folder / name)
    except BaseException as error:
        if len(written) < len(FILES):
            for path in written:
                path.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            raise _taken(folder, FILES[len(written)]) from error
        raise


def told(contender: Contender) -> Any:
    """A contender as plain values: the config of an agent, the folder of a run, or those of several."""
    if isinstance(contender, AgentConfig):
        return plain(contender)
    folders = [str(folder) for folder in folders_of(contender)]
    return folders[0] if len(folders) == 1 else folders


def as_json(evaluation: Evaluation | GridEvaluation) -> dict[str, Any]:
    """Everything as plain values; what was not measured is NaN."""
    if isinstance(evaluation, GridEvaluation):
        points = [{"values": dict(values), **as_json(found)} for values, found in evaluation.points]
        return {"keys": list(evaluation.keys), "points": points}
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


@own_settings()
def picture(evaluation: Evaluation | GridEvaluation) -> bytes:
    """A PNG with a dot per agent at its mean return, with its interval as a line; a panel for each point of a grid."""
    from matplotlib.figure import Figure

    grid = isinstance(evaluation, GridEvaluation)
    points = evaluation.points if isinstance(evaluation, GridEvaluation) else (({}, evaluation),)
    panels = [[row for row in found.summary() if row["metric"] == "return"] for _, found in points]
    figure = Figure(figsize=(7, 0.4 + sum(0.8 + 0.4 * len(rows) for rows in panels)), layout="constrained")
    heights = [1 + len(rows) for rows in panels]
    drawn = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axes, rows, (values, found) in zip(drawn, panels, points, strict=True):
        for place, row in enumerate(rows):
            if row["low"] is not None:
                axes.plot([row["low"], row["high"]], [place, place], color="tab:blue", linewidth=2)
            axes.plot(row["mean"], place, "o", color="tab:blue")
        axes.set_yticks(range(len(rows)), [row["agent"] for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(axis="x", alpha=0.3)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.set_title(_point_told(values) if grid else found.env, loc="left", fontsize="medium")
    seeds = len(points[0][1].seeds)
    drawn[-1].set_xlabel(f"return per episode (mean, 95 % interval over {seeds} seeds)")
    content = io.BytesIO()
    figure.savefig(content, dpi=150, format="png")
    return content.getvalue()


def _point_told(values: Mapping[str, Mapping[str, Any]]) -> str:
    """The swept keys that all agents of a point share, such as its environment's."""
    first, *others = values.values()
    return ", ".join(
        f"{key}={value}" for key, value in first.items() if all(other.get(key) == value for other in others)
    )


def tables(evaluation: Evaluation | GridEvaluation) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Heads and rows of what a terminal shows: the agents, and if there are several, their differences to one."""
    if isinstance(evaluation, GridEvaluation):
        yield _grid_table(evaluation)
        return
    yield summary_table(evaluation)
    if len(evaluation.scores) > 1:
        yield paired_table(evaluation)


def _grid_table(evaluation: GridEvaluation) -> tuple[list[str], list[list[str]]]:
    """A row per environment and agent: swept keys, return, and its difference to the baseline there."""
    paired = evaluation.paired()
    rows = []
    for row in evaluation.summary():
        if row["metric"] != "return":
            continue
        same = [
            other
            for other in paired
            if other["metric"] == "return" and all(other[key] == row[key] for key in (*evaluation.keys, "agent"))
        ]
        difference = (
            [_cell(same[0]["mean"], same[0]["low"], same[0]["high"]), same[0]["baseline"]] if same else ["", ""]
        )
        swept = ["" if row[key] is None else str(row[key]) for key in evaluation.keys]
        rows.append(
            [*swept, row["agent"], str(row["trainings"]), _cell(row["mean"], row["low"], row["high"]), *difference]
        )
    return [*evaluation.keys, "agent", "trainings", "return", "minus baseline", "baseline"], rows


def summary_table(evaluation: Evaluation) -> tuple[list[str], list[list[str]]]:
    """Heads and rows: agents down, the first metrics across; all of them are in the files."""
    heads, rows = _table(evaluation.summary(), evaluation.metrics[:SHOWN], "agent")
    for row in rows:
        if (count := evaluation.trainings(row[0])) > 1:
            row[0] += f" ({count} trainings)"
    return heads, rows


def paired_table(evaluation: Evaluation) -> tuple[list[str], list[list[str]]]:
    """The same of the differences to the baseline, and how probable a higher return than its is on a new network."""
    differences = evaluation.paired()
    heads, rows = _table(differences, evaluation.metrics[:SHOWN], f"minus {evaluation.baseline}")
    probable = {row["agent"]: _cell(*(row[key] for key in P_MORE)) for row in differences if row["metric"] == "return"}
    return [*heads, "P(more return)"], [[*row, probable[row[0]]] for row in rows]


def _table(rows: Sequence[Row], metrics: Sequence[str], corner: str) -> tuple[list[str], list[list[str]]]:
    cells: dict[str, dict[str, str]] = {}
    for row in rows:
        cells.setdefault(row["agent"], {})[row["metric"]] = _cell(row["mean"], row["low"], row["high"])
    heads = [corner, *("reward/step" if metric == "reward" else metric for metric in metrics)]
    return heads, [[agent, *(texts[metric] for metric in metrics)] for agent, texts in cells.items()]


def _cell(value: float, low: float | None, high: float | None) -> str:
    return f"{value:.4g}" + ("" if low is None else f" [{low:.4g}, {high:.4g}]")
