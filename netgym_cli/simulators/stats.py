"""Statistics as one flat array with the layout of its measurements; a pandas frame only when somebody looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from netgym_cli.common.suggestions import did_you_mean
from netgym_cli.simulators.delays import Delays

if TYPE_CHECKING:
    import pandas as pd


class UnknownMeasurement(KeyError):
    """There is no measurement of this name; the message has the names that there are."""

    def __str__(self) -> str:
        key, known = self.args
        return f"no measurement {key!r}.{did_you_mean(str(key), known)} Known: {', '.join(known) or 'none'}."


@dataclass(frozen=True)
class Row:
    """One measurement of one kind of entity.

    Attributes:
        source: who measured: `gma`, `wifi`, `lte`, `nr`.
        name: what was measured, such as `dl::max_rate`; a cell row of one slice ends in `::slice=<index>`.
        unit: unit of the values, such as `Mbit/s`, `ms`, `%`, `m`, or empty for a number without one.
        ids: ascending ids of the entities (users, or cells for `cell` rows), one value each.
    """

    source: str
    name: str
    unit: str
    ids: tuple[int, ...]

    @property
    def key(self) -> str:
        """The full name, `source::name`."""
        return f"{self.source}::{self.name}"


@dataclass(frozen=True)
class Layout:
    """The fixed order of a session's measurements in its flat value array.

    Attributes:
        rows: the measurements.
        delays: flows of which the delay of every packet is known; each id is one. Empty for what has no packets.
    """

    rows: tuple[Row, ...]
    delays: tuple[Row, ...] = ()

    @cached_property
    def places(self) -> dict[str, slice]:
        """Where the values of each `source::name` lie in the flat array."""
        return _places(self.rows)

    @cached_property
    def delay_places(self) -> dict[str, slice]:
        """Where the flows of each `source::name` stand among those of `delays`."""
        return _places(self.delays)

    @cached_property
    def flows(self) -> tuple[tuple[str, str, int], ...]:
        """Source, name and id of every flow of `delays`, in their order."""
        return tuple((row.source, row.name, id) for row in self.delays for id in row.ids)

    @cached_property
    def size(self) -> int:
        """Number of values in one message."""
        return sum(len(row.ids) for row in self.rows)


def _places(rows: Sequence[Row]) -> dict[str, slice]:
    places, at = {}, 0
    for row in rows:
        places[row.key] = slice(at, at + len(row.ids))
        at += len(row.ids)
    return places


@dataclass(frozen=True)
class Stats:
    """One measurement message: all rows of one interval, of one network or of many that were simulated side by side.

    Attributes:
        layout: names, units and ids of the values.
        ts_ms: simulated time at the end of the interval, ms; of many networks float64 of shape `(n,)`.
        values: float64 array of shape `(layout.size,)`, of many networks `(n, layout.size)`; never NaN.
        events: simulator events executed since the session began; of many networks of shape `(n,)`.
        payload: what is no list of numbers, such as an image; only its own adapter looks at it.
        delays: how long the packets of the interval took; None where the layout names none, and of many networks.
    """

    layout: Layout
    ts_ms: float
    values: np.ndarray
    events: int = 0
    payload: Any = None
    delays: Delays | None = None

    def __getitem__(self, key: str) -> np.ndarray:
        """Values of `source::name` in ascending id order, shape `(len(ids),)`, of many networks `(n, len(ids))`.

        Raises `UnknownMeasurement`, a `KeyError`, if absent.
        """
        try:
            return self.values[..., self.layout.places[key]]
        except KeyError:
            raise UnknownMeasurement(key, list(self.layout.places)) from None

    def network(self, place: int) -> Stats:
        """The measurement of one of many networks; its values are a view."""
        at_ms, events = np.asarray(self.ts_ms)[place], np.asarray(self.events)[place]
        return Stats(self.layout, float(at_ms), self.values[place], int(events))

    def __deepcopy__(self, memo: dict[int, Any]) -> Stats:
        return self  # immutable, and vector environments copy every info dictionary

    def frame(self) -> pd.DataFrame:
        """One line per `source::name` with columns `source, name, id, ts, value, unit`; `id` and `value` are lists.

        For one network; `network` picks it from many.

        Rows of cells that are split by slice are gathered: each value is `{"slice": [...], "value": [...]}`.
        """
        import pandas as pd

        lines: dict[str, dict[str, Any]] = {}
        for row in self.layout.rows:
            name, _, slice_id = row.name.partition("::slice=")
            values = self[row.key].tolist()
            line = lines.setdefault(
                f"{row.source}::{name}",
                {
                    "source": row.source,
                    "name": name,
                    "id": list(row.ids),
                    "ts": self.ts_ms,
                    "value": [],
                    "unit": row.unit,
                },
            )
            if not slice_id:
                line["value"] = values
                continue
            line["value"] = line["value"] or [{"slice": [], "value": []} for _ in row.ids]
            for cell, value in zip(line["value"], values, strict=True):
                cell["slice"].append(int(slice_id))
                cell["value"].append(value)
        return pd.DataFrame(list(lines.values()), columns=["source", "name", "id", "ts", "value", "unit"])


class Subscription:
    """Keeps the rows of some measurements and drops the others.

    Args:
        names: `source::name` of what to keep; a cell row's name covers all its slices. None keeps everything.
    """

    def __init__(self, names: Sequence[str] | None) -> None:
        self.names = None if names is None else frozenset(names)
        self._seen: Layout | None = None
        self._kept, self._places = Layout(()), np.empty(0, dtype=np.intp)

    def __call__(self, stats: Stats) -> Stats:
        """`stats` with only the rows subscribed to."""
        if self.names is None:
            return stats
        if stats.layout is not self._seen:
            rows = [row for row in stats.layout.rows if row.key.partition("::slice=")[0] in self.names]
            places = [np.arange(stats.layout.size)[stats.layout.places[row.key]] for row in rows]
            self._seen, self._kept = stats.layout, Layout(tuple(rows), stats.layout.delays)
            self._places = np.concatenate([np.empty(0, dtype=np.intp), *places])
        return Stats(self._kept, stats.ts_ms, stats.values[..., self._places], stats.events, delays=stats.delays)
