"""The page: sections as one file of HTML that loads nothing, and their numbers and figures as files beside it."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator, Sequence
from html import escape
from importlib import import_module
from pathlib import Path

import pandas as pd

from netgym_cli import __version__
from netgym_cli.analysis.output import write
from netgym_cli.analysis.report import figures, sections
from netgym_cli.analysis.report.drawn import Block, Commands, Drawn, Picture, Section, Table, cells
from netgym_cli.analysis.report.material import Material
from netgym_cli.analysis.report.style import STYLE

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
LONG = ("drawn", "row", "column", "value")  # columns of the one table that holds all
PNG_DPI = 200


def sections_of(material: Material) -> list[Section]:
    """Every section that has something to say, in their places."""
    members = [import_module(f"{sections.__name__}.{found.name}") for found in pkgutil.iter_modules(sections.__path__)]
    made = [member.section(material) for member in sorted(members, key=lambda member: int(member.PLACE))]
    return [section for section in made if section is not None]


def html(parts: Sequence[Section], title: str) -> str:
    """The page. Every text is escaped; pictures are elements of the page itself."""
    numbers = iter(range(1, 10**6))
    contents = "".join(f'<a href="#s{place}">{escape(part.title)}</a>' for place, part in enumerate(parts))
    bodies = []
    for place, part in enumerate(parts):
        blocks = "".join(_runs_of_pictures(part.blocks, numbers))
        bodies.append(f'<section id="s{place}"><h2>{escape(part.title)}</h2>{blocks}</section>')
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
        f'content="light dark"><title>{escape(title)}</title><style>{STYLE}</style></head><body><header><h1>'
        f"{escape(title)}</h1><nav>{contents}</nav></header><main>{''.join(bodies)}</main>"
        f"<footer>netgym {escape(__version__)}</footer></body></html>\n"
    )


def write_csv(parts: Sequence[Section], path: Path) -> list[Path]:
    """Writes every number: to one long table if `path` ends in `.csv`, else to a table each in that folder."""
    tables = list(drawn(parts))
    if path.suffix == ".csv":
        long = [
            pd.DataFrame({"drawn": name, "row": number, "column": list(row), "value": list(row.values())})
            for name, shown in tables
            for number, row in enumerate(shown.table.to_dict("records"))
        ]
        text = (pd.concat(long)[list(LONG)] if long else pd.DataFrame(columns=LONG)).to_csv(index=False)
        return [write(path, text.encode(), "--csv")]
    return [write(path / f"{name}.csv", shown.table.to_csv(index=False).encode(), "--csv") for name, shown in tables]


def write_png(parts: Sequence[Section], folder: Path) -> list[Path]:
    """Writes every figure to the folder."""
    import io

    names = {id(shown): name for name, shown in drawn(parts)}
    written = []
    for part in parts:
        for block in part.blocks:
            if isinstance(block, Picture):
                content = io.BytesIO()
                block.figure.savefig(content, format="png", dpi=PNG_DPI, facecolor="white")
                written.append(write(folder / f"{names[id(block.drawn)]}.png", content.getvalue(), "--png"))
    return written


def drawn(parts: Sequence[Section]) -> Iterator[tuple[str, Drawn]]:
    """Everything with numbers, by a name that a file can have and that no other has."""
    known: set[str] = set()
    for part in parts:
        for block in part.blocks:
            if isinstance(block, Picture | Table):
                plain = re.sub(r"[^A-Za-z0-9.=-]+", "_", block.drawn.name).strip("._")[:80] or "numbers"
                name = next(name for name in _numbered(plain) if name not in known)
                known.add(name)
                yield name, block.drawn


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in range(2, 10**6))


def _runs_of_pictures(blocks: Sequence[Block], numbers: Iterator[int]) -> Iterator[str]:
    """The blocks as HTML; figures that follow each other stand side by side."""
    among = False
    for block in blocks:
        if isinstance(block, Picture) != among:
            among = not among
            yield '<div class="figures">' if among else "</div>"
        yield _block(block, numbers)
    if among:
        yield "</div>"


def _block(block: Block, numbers: Iterator[int]) -> str:
    if isinstance(block, str):
        return f"<p>{escape(block)}</p>"
    if isinstance(block, Commands):
        return f"<pre>{escape(chr(10).join(block.lines))}</pre>"
    if isinstance(block, Picture):
        picture = figures.svg(block.figure, next(numbers), block.caption)
        return f"<figure>{picture}<figcaption>{escape(block.caption)}</figcaption></figure>"
    return _table(block)


def _table(block: Table) -> str:
    heads, rows = cells(block.drawn.table)
    numeric = [pd.api.types.is_numeric_dtype(block.drawn.table[head]) for head in heads]
    classes = [' class="n"' if is_number else "" for is_number in numeric]
    head = "".join(f"<th{kind}>{escape(text)}</th>" for text, kind in zip(heads, classes, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{kind}>{escape(text)}</td>' for text, kind in zip(row, classes, strict=True))}</tr>"
        for row in rows
    )
    caption = f"<p>{escape(block.caption)}</p>" if block.caption and not block.folded else ""
    grid = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    if block.folded:
        return f"<details><summary>{escape(block.caption or 'The numbers')}</summary>{grid}</details>"
    return caption + grid
