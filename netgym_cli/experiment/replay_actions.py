"""`netgym replay --actions`: the recorded actions of a run are done once more, without its agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from netgym_cli.common.errors import ActionError, ConfigError
from netgym_cli.config.schema import RunConfig
from netgym_cli.experiment.opening import open_sessions, recorder_of
from netgym_cli.experiment.replay import Replay, complete_run, remarks_on
from netgym_cli.experiment.run import make_agent
from netgym_cli.runs.comparison import PLACE, Comparison, Difference, compare
from netgym_cli.runs.folder import METRICS, RECORDED, RunFolder
from netgym_cli.runs.recorded_table import RecordedColumns
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.vector import VectorSessions
from netgym_cli.wrappers.required_simulators import prepare_simulators

Row = Mapping[str, Any]
BATCH = 4096


def replay_actions(folder: Path, trust: bool = False, config_dirs: Sequence[str | Path] = ()) -> Replay:
    """Does what the run in `folder` has recorded, on the same networks, and compares all tables of its sessions.

    Nothing is learnt. An action that was changed leads to something else, at its step.

    Args:
        folder: of a complete run that was made with `record=true`; it is only read.
        trust: as for `replay`.
        config_dirs: as for `replay`.

    Raises:
        ConfigError: as `replay` does, and for a run that recorded nothing.
        NetgymError, OSError: a simulator failed.
    """
    run, record, config = complete_run(folder, trust, config_dirs)
    if not config.record or not (run.metrics / RECORDED).is_file():
        raise ConfigError(
            f"the run in '{folder}' recorded no actions; train with record=true, or leave out --actions, and the agent "
            "decides once more."
        )
    with TemporaryDirectory(prefix="netgym-replay-") as temporary:
        place = RunFolder(Path(temporary))
        wrong = _do(config, run, place)
        rows, models, differences = compare(run, place, models=False)
    earlier = () if wrong is None else (wrong,)
    return Replay(folder, None, Comparison(rows, models, (*earlier, *differences)), remarks_on(record, config), False)


def _do(config: RunConfig, run: RunFolder, place: RunFolder) -> Difference | None:
    """Does the recorded actions, with tables in `place`; what is wrong with the first that cannot be done."""
    plan = make_agent(config).plan(config)
    prepare_simulators(config)
    with closing(open_sessions(config, plan)) as env:
        recorder = recorder_of(config, place.metrics, env, plan.n_envs)
        env.observers = (recorder,)
        columns = RecordedColumns(env.observation_space, env.action_space)
        try:
            if isinstance(env, VectorSessions):
                return _do_side_by_side(env, columns, _rows(run))
            return _do_one_by_one(env, columns, _rows(run))
        finally:
            recorder.close("stopped", "the recorded actions ended")


def _do_one_by_one(env: SequentialSessions, columns: RecordedColumns, rows: Iterator[Row]) -> Difference | None:
    for row in rows:
        if env.finished:
            return _wrong(row, "it is behind the run's last step")
        if row["step"] == 0:  # also after an episode that the agent gave up
            env.reset()
        try:
            env.step(columns.action(row))
        except ActionError as error:
            return _wrong(row, str(error))
    return None


def _do_side_by_side(env: VectorSessions, columns: RecordedColumns, rows: Iterator[Row]) -> Difference | None:
    env.reset()
    for first in rows:
        if env.finished:
            return _wrong(first, "it is behind the run's last step")
        together = [first, *(row for _, row in zip(range(env.n_envs - 1), rows, strict=False))]
        if [row["env"] for row in together] != list(range(env.n_envs)):
            return _wrong(first, "the rows of its step are not those of all simulators")
        try:
            env.step([columns.action(row) for row in together])
        except ActionError as error:
            return _wrong(first, str(error))
    return None


def _rows(run: RunFolder) -> Iterator[Row]:
    for batch in pq.ParquetFile(run.metrics / RECORDED).iter_batches(BATCH):
        yield from batch.to_pylist()


def _wrong(row: Row, how: str) -> Difference:
    where = ", ".join(f"{name} {row[name]}" for name in PLACE)
    return Difference(f"{METRICS}/{RECORDED}", where, how)
