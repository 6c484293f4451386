"""The verb `plot`: results over a key, learning curves, KPIs over simulated time, and distributions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netgym_cli.cli.exit_codes import errors_to_exit_codes
from netgym_cli.cli.output import results_on_disk, say, table

if TYPE_CHECKING:
    from netgym_cli.analysis.plot_request import Request


def plot(
    folders: Annotated[
        list[Path], typer.Argument(metavar="FOLDER...", help="Runs, grids of train -m, or one of netgym evaluate.")
    ],
    x: Annotated[
        str | None,
        typer.Option("--x", metavar="KEY", help="Config key, or env, agent, channel, simulator; else steps."),
    ] = None,
    y: Annotated[
        str | None,
        typer.Option(
            "--y",
            metavar="NAME",
            help="A column of episodes.csv, or a metric of the evaluation; else return. With --over-time and --cdf a "
            "KPI, or several: delay, rate, an indicator as reward, or a measurement as rmcat::owd; it may stand among "
            "the folders, too.",
        ),
    ] = None,
    over_time: Annotated[
        bool, typer.Option("--over-time", help="A KPI over simulated time, of the last session; else the reward.")
    ] = False,
    cdf: Annotated[
        bool,
        typer.Option("--cdf", help="The distribution of a KPI; else of the delay: of packets, where they were timed."),
    ] = False,
    by: Annotated[str | None, typer.Option("--by", metavar="KEY", help="Config key, a line for each value.")] = None,
    each: Annotated[
        bool | None,
        typer.Option("--each/--pooled", help="Every user, flow or cell a line, or all together.", show_default=False),
    ] = None,
    session: Annotated[
        int | None, typer.Option("--session", metavar="N", help="With --over-time: which; else the last.")
    ] = None,
    last: Annotated[
        float | None, typer.Option(help="Share of the last episodes that is looked at; else 0.2.", show_default=False)
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Every number that is drawn.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Picture: .svg, .png or .pdf.")] = Path("plot.svg"),
) -> None:
    """Plot the results of runs with 95 % intervals over seeds.

    Runs that differ in more than their seed make a line each. For example plot
    outputs/multirun/2026-01-31/12-00-00-000000 --x channel.loss_good; or plot RUN --over-time rate; or plot RUN --cdf
    """
    with errors_to_exit_codes("plot"):
        from netgym_cli.analysis.plot_request import Request

        asked = Request.of(folders, x, y, over_time, cdf, by, each, session, last, csv, output)
        draw = _over_time if over_time else _cdf if cdf else _results
        draw(asked)


def _results(asked: Request) -> None:
    from netgym_cli.analysis import evaluated, picture
    from netgym_cli.analysis import plot as plots
    from netgym_cli.analysis.lines import Lines, is_category

    x, y, by = asked.x, asked.y or plots.Y, asked.by
    if (sessions := evaluated.sessions(asked.folders)) is not None:
        results, title = evaluated.points(sessions, x, y, by)
        where, line = x or evaluated.AGENT, by or evaluated.AGENT
        picture.draw(results, where, y, line, title, is_category(where, results["x"]), asked.output, evaluated.UNIT)
        asked.write(results)
        with results_on_disk():
            table([line, where, y, "95 % interval", evaluated.UNIT], plots.table_rows(results))
            say(asked.written())
        return
    runs, remarks = asked.runs()
    lines = Lines.of(runs, x, by)
    results, notes = (plots.points(runs, x, y, lines, asked.last), []) if x else plots.curves(runs, y, lines)
    category = x is not None and is_category(x, results["x"])
    picture.draw(results, x or "step", y, lines.title, plots.common_title(runs), category, asked.output)
    asked.write(results)
    with results_on_disk():
        if x:
            table([lines.title, x, y, "95 % interval", "runs"], plots.table_rows(results))
        say([*remarks, *lines.remarks, *notes, *asked.written()])


def _over_time(asked: Request) -> None:
    from netgym_cli.analysis import kpis, panels
    from netgym_cli.analysis.courses import courses
    from netgym_cli.analysis.lines import Lines
    from netgym_cli.analysis.measured_lines import numbers
    from netgym_cli.analysis.plot import titled

    runs, remarks = asked.runs()
    lines = Lines.of(runs, None, asked.by)
    found = courses(runs, kpis.named(runs, asked.y or "reward"), lines, asked.session, asked.each)
    panels.draw(found.panels, lines.title, titled(runs, found.sessions), asked.output)
    asked.write(numbers(found.panels))
    with results_on_disk():
        say([*remarks, *lines.remarks, *found.remarks, *asked.written()])


def _cdf(asked: Request) -> None:
    from netgym_cli.analysis import distributions, kpis, panels
    from netgym_cli.analysis.lines import Lines
    from netgym_cli.analysis.measured_lines import numbers
    from netgym_cli.analysis.plot import titled
    from netgym_cli.simulators.delays import PERCENTS

    runs, remarks = asked.runs()
    lines = Lines.of(runs, None, asked.by)
    chosen = kpis.named(runs, asked.y or "delay")
    found = distributions.distributions(runs, chosen, lines, asked.last, bool(asked.each))
    share = "all episodes" if asked.last == 1 else f"last {100 * asked.last:g} % of the episodes"
    panels.draw(found.panels, lines.title, titled(runs, share), asked.output)
    asked.write(numbers(found.panels))
    with results_on_disk():
        table(["KPI", lines.title, "runs", "values", *(f"{percent} %" for percent in PERCENTS)],
              distributions.table_rows(found.percentiles))  # fmt: skip
        say([f"of the {share}", *remarks, *lines.remarks, *found.remarks, *asked.written()])
