"""What a section of a report consists of. Every number that it shows is in a `Drawn`, to be taken out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOW, HIGH = " low", " high"  # end the names of the columns with the ends of another column's interval


@dataclass(frozen=True)
class Drawn:
    """The numbers behind a picture or a table.

    Attributes:
        name: says what they are; unlike any other of the report.
        table: the numbers, with whatever tells them apart. Behind a column `x`, `x low` and `x high` are the ends of
            its 95 % interval.
    """

    name: str
    table: pd.DataFrame


@dataclass(frozen=True)
class Picture:
    """A figure with what it shows."""

    drawn: Drawn
    figure: Figure
    caption: str


@dataclass(frozen=True)
class Table:
    """Rows to read.

    Attributes:
        drawn: the rows.
        caption: what they are.
        folded: whether the reader has to unfold them.
    """

    drawn: Drawn
    caption: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Commands:
    """Lines to copy into a shell."""

    lines: Sequence[str]


Block = str | Picture | Table | Commands


@dataclass(frozen=True)
class Section:
    """A part of the page. Texts among its blocks are paragraphs."""

    title: str
    blocks: Sequence[Block]


def cells(table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of a table as they are read: intervals in brackets behind what they belong to."""
    columns = list(table.columns)
    ends = {f"{column}{end}" for column in columns for end in (LOW, HIGH)}
    heads = [column for column in columns if column not in ends]
    rows = []
    for row in table.to_dict("records"):
        rows.append([_cell(row, head, f"{head}{LOW}" in row) for head in heads])
    return heads, rows


def told(value: object) -> str:
    """A value as it is read: numbers to four digits, nothing for what is not known."""
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e9 else f"{value:.4g}"
    return str(value)


def with_interval(value: object, low: object, high: object) -> str:
    """`4.05 [1.2, 7.1]`, without brackets where there is no interval."""
    return f"{told(value)} [{told(low)}, {told(high)}]" if told(low) else told(value)


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _cell(row: dict[object, object], head: str, has_interval: bool) -> str:
    return with_interval(row[head], row[f"{head}{LOW}"], row[f"{head}{HIGH}"]) if has_interval else told(row[head])
