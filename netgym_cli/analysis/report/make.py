"""`netgym report`: from folders to a page, and its numbers and figures as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from netgym_cli.analysis.output import write
from netgym_cli.analysis.report import page
from netgym_cli.analysis.report.drawn import Picture
from netgym_cli.analysis.report.figures import SETTINGS
from netgym_cli.analysis.report.material import read
from netgym_cli.common.drawing import own_settings
from netgym_cli.config.schema import require

SUFFIXES = (".html", ".htm")
TITLE = "netgym report"


class Made(NamedTuple):
    """What was made: the sentences of the verdict, and how many figures there are."""

    verdict: str
    figures: int


@own_settings()
def make(folders: Sequence[Path], output: Path, csv: Path | None, png: Path | None, baseline: str | None) -> Made:
    """Writes the page, and what else was asked for.

    Args:
        folders: of runs, grids and evaluations.
        output: the page.
        csv: a `.csv` file for all numbers, or a folder for a table each; None: neither.
        png: a folder for the figures; None: none.
        baseline: as for `material.read`.

    Raises:
        ConfigError: a folder that holds neither, an unknown baseline, a path that cannot be written.
    """
    require(output.suffix in SUFFIXES, "--output", str(output), f"a file name that ends in {', '.join(SUFFIXES)}")
    from matplotlib import rc_context

    material = read(folders, baseline)
    with rc_context(SETTINGS):
        parts = page.sections_of(material)
        names = ", ".join(dict.fromkeys(folder.resolve().name for folder in folders))
        write(output, page.html(parts, f"{TITLE}: {names}").encode(), "--output")
        if csv is not None:
            page.write_csv(parts, csv)
        if png is not None:
            page.write_png(parts, png)
    figures = sum(isinstance(block, Picture) for part in parts for block in part.blocks)
    return Made(str(parts[0].blocks[0]), figures)
