"""A frame of `netgym watch` for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from netgym_cli.analysis.watch import Seen
from netgym_cli.envs.frames.text import lines_of
from netgym_cli.runs.standing import duration

BLOCKS = "▁▂▃▄▅▆▇█"
CURVE = 60  # characters of a curve


def frame(seen: Seen) -> RenderableType:
    """All that is seen, one part below the other."""
    now = seen.now
    done = f"{now.steps} of {now.planned_steps} steps"
    head = Table.grid(padding=(0, 2))
    head.add_row(
        Text(now.status, style="bold"), ProgressBar(max(now.planned_steps, 1), now.steps, width=24), Text(done)
    )
    facts = [f"env {now.env}, agent {now.agent}, seed {now.seed}"]
    facts += [] if now.steps_per_s is None else [f"{now.steps_per_s:.1f} steps/s"]
    facts += [] if seen.sim_per_wall is None else [f"{seen.sim_per_wall:.2f} simulated seconds per second"]
    facts += [] if now.left_s is None else [f"{duration(now.left_s)} left"]
    parts: list[RenderableType] = [Text(str(seen.folder)), head, Text(", ".join(facts))]
    parts += [] if now.error is None else [Text(now.error, style="red")]
    parts += [Text(line, no_wrap=True) for line in (*_curve("return", seen.returns), *_curve("reward", seen.rewards))]
    if seen.indicators:
        parts.append(Text(", ".join(f"{name} {value:.4g}" for name, value in seen.indicators.items())))
    if seen.place is not None and seen.stats is not None:
        session, episode, step = seen.place
        parts.append(Text(f"session {session}, episode {episode}, step {step}, {seen.stats.ts_ms / 1e3:.1f} s"))
        parts += [Text(line, no_wrap=True, overflow="ellipsis") for line in lines_of(seen.stats)]
    return Group(*parts)


def sparkline(values: Sequence[float], width: int = CURVE) -> str:
    """The values as blocks from the least to the greatest; means of equal parts where there are more than `width`."""
    numbers = np.asarray(values, np.float64)
    parts = np.array_split(numbers, min(width, len(numbers)))
    means = np.array([part.mean() for part in parts])
    low, high = means.min(), means.max()
    heights = np.zeros(len(means)) if high == low else (means - low) / (high - low)
    return "".join(BLOCKS[int(height)] for height in np.rint(heights * (len(BLOCKS) - 1)))


def _curve(name: str, values: Sequence[float]) -> list[str]:
    finite = [value for value in values if np.isfinite(value)]
    if not finite:
        return []
    return [f"{name} {sparkline(finite)} {finite[-1]:.4g} (from {min(finite):.4g} to {max(finite):.4g})"]
