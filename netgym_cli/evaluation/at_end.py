"""The evaluation that follows a training, which tells whether the agent beats random and the default algorithm."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netgym_cli.common import interruption, statistics, user_code
from netgym_cli.common.errors import NetgymError
from netgym_cli.common.seeds import FirstSeed, fresh_seeds
from netgym_cli.config.schema import AgentConfig, EndEvaluation, RunConfig, plain
from netgym_cli.evaluation import report
from netgym_cli.evaluation.contest import Contest, Evaluation
from netgym_cli.experiment.config import config_of, seeds_of
from netgym_cli.experiment.end_evaluation import at_the_end, rivals
from netgym_cli.experiment.summary import Summary
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.record import note_evaluation

FEWEST = 3  # networks, unless the user wants fewer: an interval over two says little
METRIC = "return"
Contenders = Mapping[str, AgentConfig | Path]


class EndEvaluationFailed(NetgymError, RuntimeError):
    """The training is complete, and its evaluation failed; the record of the run says so, too."""


def evaluate_at_end(summary: Summary, command: Sequence[str], console: bool | None = None) -> str | None:
    """Plays the evaluation that the config of a complete run asks for, and writes what it found into the run's folder.

    `run.json` has the outcome under `evaluation`, with the status `complete`, `skipped`, `failed` or `interrupted`; the
    run's own stays `complete`.

    Args:
        summary: the run's.
        command: the command line, for the record.
        console: whether to draw a progress bar on stderr; None: if it is a terminal.

    Returns:
        One line that says how the agent stands, or why nobody knows; None if the config asks for no evaluation.

    Raises:
        EndEvaluationFailed: a session failed, or the results could not be written.
        KeyboardInterrupt: interrupted; it says how to make up for it.
    """
    if not summary.to_evaluate:
        return None
    with _told_in_the_record(RunFolder(Path(summary.folder)), summary):
        return _evaluated(summary, command, console)


def _evaluated(summary: Summary, command: Sequence[str], console: bool | None) -> str:
    folder = RunFolder(Path(summary.folder))
    config = config_of(folder.path, summary.needs_trust)
    asked, length, began = config.evaluate_at_end, config.env.steps_per_episode, time.monotonic()
    assert asked is not None
    contenders: Contenders = {summary.agent: folder.path, **rivals(config)}
    networks, episodes = affordable(asked, summary.steps, len(contenders) * length)
    if networks < min(asked.networks, FEWEST):
        line = (
            f"not evaluated at the end: on {FEWEST} networks, {len(contenders)} agents would take "
            f"{FEWEST * len(contenders) * length} steps, more than evaluate_at_end.most_share={asked.most_share:g} of "
            f"the training's {summary.steps}"
        )
        note_evaluation(folder, {"status": "skipped", "told": line})
        return f"note: {line}"
    seeds = fresh_seeds(networks, seeds_of(folder.path, config), FirstSeed.AT_END)
    there = at_the_end(config)
    found = Contest.of(there, contenders, seeds, episodes, summary.needs_trust).play(None, "random", console)
    outcome = _outcome(found, summary.agent)
    line = _line(found, summary.agent, outcome["minus"])
    if there.simulator.name != config.simulator.name:
        told, outcome["predicted"] = _prediction(config, contenders, seeds, episodes, summary, console)
        line += told
    line += f"; tables: {folder.last_evaluation}"
    _write(found, folder, there, contenders, command)
    note_evaluation(folder, outcome | {"told": line, "wall_s": round(time.monotonic() - began, 3)})
    return line


def affordable(asked: EndEvaluation, trained_steps: int, steps_of_a_round: int) -> tuple[int, int]:
    """Networks and episodes on each of them: as asked for, or what the share of the training allows.

    Args:
        asked: the config.
        trained_steps: steps of the training.
        steps_of_a_round: steps of one episode, of all agents together.
    """
    rounds = int(asked.most_share * trained_steps / steps_of_a_round)
    if asked.networks * asked.episodes <= rounds:
        return asked.networks, asked.episodes
    return min(asked.networks, rounds), max(1, min(asked.episodes, rounds // asked.networks))


def standing(found: Evaluation, agent: str, rival: str) -> dict[str, Any]:
    """The agent's return minus the rival's, paired by network, with its interval, and what follows of it in words."""
    minus = statistics.paired(found.scores[agent][METRIC], found.scores[rival][METRIC])
    better = minus.low is not None and minus.low > 0
    worse = minus.high is not None and minus.high < 0
    return {**minus._asdict(), "verdict": "better" if better else "worse" if worse else "not better"}


def _outcome(found: Evaluation, agent: str) -> dict[str, Any]:
    return {
        "status": "complete",
        **found.names,
        "seeds": list(found.seeds),
        "episodes": found.episodes,
        "returns": {label: _returns(found, label)._asdict() for label in found.scores},
        "minus": {label: standing(found, agent, label) for label in found.scores if label != agent},
    }


def _returns(found: Evaluation, label: str) -> statistics.Estimate:
    return statistics.of_measured(found.scores[label][METRIC])


def _line(found: Evaluation, agent: str, minus: Mapping[str, Mapping[str, Any]]) -> str:
    own = _returns(found, agent)
    against = ", ".join(
        f"{stands['verdict']} than {rival} ({_interval(stands['mean'], stands['low'], stands['high'], '+')})"
        for rival, stands in minus.items()
    )
    return (
        f"on {len(found.seeds)} new networks ({found.env}, {found.names['simulator']}), {agent} returns "
        f"{_interval(own.mean, own.low, own.high)} per episode: {against}"
    )


def _interval(mean: float, low: float | None, high: float | None, sign: str = "") -> str:
    return f"{mean:{sign}.3g}" + ("" if low is None else f" [{low:.3g}, {high:.3g}]")


def _prediction(
    config: RunConfig,
    contenders: Contenders,
    seeds: Sequence[int],
    episodes: int,
    summary: Summary,
    console: bool | None,
) -> tuple[str, dict[str, Any]]:
    """What the twin that the agent was trained on says of the same seeds: for the line, and for the record."""
    found = Contest.of(config, contenders, seeds, episodes, summary.needs_trust).play(None, "random", console)
    own = _returns(found, summary.agent)
    outcome = _outcome(found, summary.agent)
    kept = {key: outcome[key] for key in ("simulator", "returns", "minus")}
    return f"; {found.names['simulator']} predicted {_interval(own.mean, own.low, own.high)}", kept


def _write(
    found: Evaluation, folder: RunFolder, there: RunConfig, contenders: Contenders, command: Sequence[str]
) -> None:
    agents = {label: report.told(contender) for label, contender in contenders.items()}
    with report.new_folder(folder.last_evaluation) as place:
        report.write(found, place, {"command": list(command), "config": plain(there.env), "agents": agents})


@contextmanager
def _told_in_the_record(folder: RunFolder, summary: Summary) -> Iterator[None]:
    """Inside it signals count again; what goes wrong is noted in the record of the run, which stays complete."""
    again = f"the training is complete; evaluate it by: {shlex.join(summary.evaluation)}"
    interruption.reopen()
    try:
        yield
    except KeyboardInterrupt as error:
        interruption.settle()
        _note(folder, {"status": "interrupted"}, error)
        error.add_note(again)
        raise
    except (Exception, SystemExit) as error:
        interruption.settle()
        message = user_code.told(error) if isinstance(error, Exception) else user_code.told_exit(error)
        failed = EndEvaluationFailed(f"its evaluation failed: {message}")
        failed.add_note(again)
        _note(folder, {"status": "failed", "error": {"type": type(error).__name__, "message": message}}, failed)
        raise failed from error
    interruption.settle()


def _note(folder: RunFolder, outcome: Mapping[str, Any], error: BaseException) -> None:
    """`note_evaluation` after `error`, which says so if it is not possible."""
    try:
        note_evaluation(folder, outcome)
    except (NetgymError, OSError) as unwritten:
        error.add_note(f"the record of the run could not be changed: {unwritten}")
