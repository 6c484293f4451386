"""What `netgym plot` was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netgym_cli.analysis import evaluated, picture, plot
from netgym_cli.analysis.lines import Run
from netgym_cli.analysis.output import write
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import require

if TYPE_CHECKING:
    import pandas as pd

LAST = 0.2
CSV = ".csv"
OVER_TIME, CDF = "--over-time", "--cdf"


@dataclass(frozen=True)
class Request:
    """The options of the verb, checked against each other.

    Attributes:
        folders: of runs and grids, or of one evaluation.
        x: key of the horizontal axis; None: none was given.
        y: what is drawn; None: what the kind of picture draws by itself.
        by: key of the lines; None: none was given.
        each: whether every user, flow or cell is a line; None: as the kind of picture has it.
        session: the session to draw; None: the last one.
        last: share of the last episodes that is looked at.
        csv: the file for the numbers; None: none.
        output: the picture.
    """

    folders: Sequence[Path]
    x: str | None
    y: str | None
    by: str | None
    each: bool | None
    session: int | None
    last: float
    csv: Path | None
    output: Path

    @classmethod
    def of(
        cls,
        words: Sequence[Path],
        x: str | None,
        y: str | None,
        over_time: bool,
        cdf: bool,
        by: str | None,
        each: bool | None,
        session: int | None,
        last: float | None,
        csv: Path | None,
        output: Path,
    ) -> Request:
        """The request of a command line; of the KPIs' pictures a word that is no folder is the KPI.

        Raises:
            ConfigError: options that do not go together, or a value that is not allowed.
        """
        if over_time and cdf:
            raise ConfigError(f"{OVER_TIME} and {CDF} are two pictures; give one of them.")
        kind = OVER_TIME if over_time else CDF if cdf else None
        given = {"--x": x, "--each, --pooled": each, "--session": session, "--last": last}
        allowed = {None: {"--x", "--last"}, OVER_TIME: {"--each, --pooled", "--session"},
                   CDF: {"--each, --pooled", "--last"}}  # fmt: skip
        for option, value in given.items():
            if value is not None and option not in allowed[kind]:
                kinds = [str(other) for other, options in allowed.items() if other and option in options]
                raise ConfigError(
                    f"{option} does not go with {kind}; leave it out."
                    if kind
                    else f"{option} goes with {' or '.join(kinds)} alone; leave it out, or give that, too."
                )
        last = LAST if last is None else last
        require(0 < last <= 1, "--last", last, "above 0, to 1")
        picture.require_picture(output)
        if csv is not None:
            require(csv.suffix == CSV, "--csv", str(csv), f"a file name that ends in {CSV}")
        folders, y = _without_kpi(words, y, kind) if kind else (words, y)
        return cls(folders, x, y, by, each, session, last, csv, output)

    def runs(self) -> tuple[list[Run], list[str]]:
        """The runs in the folders, each once, and remarks on those that are left out or not complete."""
        read, remarks = plot.read(self.folders)
        runs, repeats = plot.without_repeats(read)
        left_out = [f"left out, the same config and seeds as {repeats[folder]}: {folder}" for folder in repeats]
        return runs, [*remarks, *left_out]

    def write(self, table: pd.DataFrame) -> None:
        """Writes the numbers if a file was given. Raises `ConfigError` if it cannot."""
        if self.csv is not None:
            write(self.csv, table.to_csv(index=False).encode(), "--csv")

    def written(self) -> list[str]:
        """Says what was written."""
        return [*([f"numbers: {self.csv}"] if self.csv else []), f"picture: {self.output}"]


def _without_kpi(words: Sequence[Path], y: str | None, kind: str) -> tuple[list[Path], str | None]:
    """The folders among the words, and the KPI."""
    folders = [word for word in words if word.exists()]
    others = [str(word) for word in words if not word.exists()]
    if not folders:
        raise ConfigError(f"there is no folder '{others[0]}'; give that of a run or of a grid (train -m).")
    if len(others) + (y is not None) > 1:
        told = " and ".join(f"'{word}'" for word in [*others, *([y] if y else [])])
        raise ConfigError(f"{told} are no folders; {kind} takes one KPI, or several with commas between them.")
    if any((folder / evaluated.RECORD).is_file() for folder in folders):
        raise ConfigError(f"an evaluation keeps no measurements that {kind} could draw; give folders of runs.")
    return folders, others[0] if others else y
