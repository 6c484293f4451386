"""What somebody gave for a run and the run does not read, told before it begins."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from netgym_cli.config import conf_dirs
from netgym_cli.config.effect import without_effect
from netgym_cli.config.overrides import ACTION_CHANNEL, given_twice, key_of
from netgym_cli.config.schema import RunConfig

log = logging.getLogger(__name__)


def unread(run: RunConfig, overrides: Sequence[str]) -> list[str]:
    """A sentence for each of the `overrides` without effect on `run`, which they and the YAML files make."""
    given = list(dict.fromkeys(map(key_of, overrides)))
    parts = [(group, getattr(run, group)) for group in conf_dirs.GROUPS]
    if run.channel.action is not None:
        parts.append((ACTION_CHANNEL, run.channel.action))
    by_fields = [sentence for place, part in parts for sentence in without_effect(part, place, _own(given, place))]
    return [*given_twice(overrides), *by_fields, *_across(run, given)]


def _own(given: Sequence[str], place: str) -> list[str]:
    """The keys of the member at `place`, which for `channel` are not those of the channel of the actions."""
    others = f"{ACTION_CHANNEL}." if place == "channel" else "\n"
    return [key for key in given if key.startswith(f"{place}.") and not key.startswith(others)]


def unread_by_verb(overrides: Sequence[str], verb: str, read: Sequence[str]) -> list[str]:
    """A sentence for each of the `overrides` that `verb` never reads.

    Args:
        overrides: as on the command line.
        verb: its name, for the sentence.
        read: the groups and keys that it reads, with what lies below them.
    """
    keys = dict.fromkeys(map(key_of, overrides))
    void = [key for key in keys if key not in read and not key.startswith(tuple(f"{part}." for part in read))]
    return [f"{key} has no effect on {verb}" for key in void]


def _across(run: RunConfig, given: Sequence[str]) -> Iterator[str]:
    """The same for keys that another key, or a member of another group, makes void."""
    from netgym_cli.agents.base import agent_registry
    from netgym_cli.envs.base import env_registry
    from netgym_cli.experiment.end_evaluation import why_not_evaluated

    agent = agent_registry.load(run.agent.name)

    if any(key.endswith(".step_duration_ms") and key.startswith("channel.") for key in given):
        step_ms = env_registry.load(run.env.name)(run.env).step_ms
        for key in given:
            if step_ms and key in ("channel.step_duration_ms", f"{ACTION_CHANNEL}.step_duration_ms"):
                yield f"{key} has no effect: env {run.env.name} tells the duration of a step, {step_ms:g} ms"
    key = "env.episodes_per_session"
    if key in given and agent.needs_dataset:
        yield f"{key} has no effect: a session of agent {run.agent.name} has agent.evaluation_episodes"
    if "sessions" in given and agent.needs_dataset:
        yield f"sessions has no effect: the sessions of agent {run.agent.name} are its evaluations"
    elif "sessions" in given and run.planned_steps is not None:
        yield f"sessions has no effect: steps is {run.steps}"
    at_end = [key for key in given if key.partition(".")[0] == "evaluate_at_end"]
    if at_end and run.evaluate_at_end is not None and (why := why_not_evaluated(run)) is not None:
        yield from (f"{key} has no effect: {why}" for key in at_end)


def tell(each: Iterable[list[str]]) -> None:
    """Logs what is in all of these lists of sentences: a key that one agent or point of a grid reads has an effect."""
    first, *others = [list(sentences) for sentences in each] or [[]]
    for sentence in dict.fromkeys(first):
        if all(sentence in other for other in others):
            log.warning("note: %s", sentence)
