"""A composed config as records of its members' own types; the config of a run that has a folder."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from netgym_cli.common import user_modules
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.registry import Registry
from netgym_cli.common.user_code import before_a_run
from netgym_cli.config import conf_dirs, messages
from netgym_cli.config.compose import Composer, choices_of, without_hydra
from netgym_cli.config.foreign import code_in, plain_values
from netgym_cli.config.overrides import key_of
from netgym_cli.config.schema import DEFAULT_SIMULATOR, EndEvaluation, RunConfig, typed, unknown_key
from netgym_cli.config.validation import with_whole_numbers
from netgym_cli.runs.folder import PRUNED, RunFolder
from netgym_cli.runs.saved_model import SavedModel, instead_of_final

log = logging.getLogger(__name__)
_told: set[tuple[Path, str | None]] = set()  # what was changed after its run, said once


def resolved(config: DictConfig) -> dict[str, Any]:
    """A composed config as plain values, interpolations resolved. Raises `ConfigError` for one that cannot be."""
    try:
        return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]
    except OmegaConfBaseException as error:
        raise ConfigError(messages.explain(error, lambda: list(messages.dotted_keys(config)))) from error


def run_of(composer: Composer, composed: DictConfig | None = None) -> RunConfig:
    """The run that overrides describe.

    Args:
        composer: Hydra with the overrides.
        composed: what it has composed, with Hydra's own part; None: it composes now.

    Raises:
        ConfigError: as `typed_run`, and for a simulator chosen by `simulator=` that cannot run the environment.
    """
    run = chosen_of(composer, composed)
    if composer.chooses("simulator"):
        require_simulator_runs_env(run)
    return run


def chosen_of(composer: Composer, composed: DictConfig | None = None) -> RunConfig:
    """As `run_of`, whatever simulator is chosen for whatever environment."""
    whole = composer.whole() if composed is None else composed
    try:
        run = typed_run(without_hydra(whole))
    except ConfigError as error:
        if (advice := _of_another_member(composer, choices_of(whole), str(error))) is None:
            raise
        raise ConfigError(f"{error} {advice}") from error
    return replace(run, choices=choices_of(whole))


def _of_another_member(composer: Composer, chosen: Mapping[str, str], message: str) -> str | None:
    """What to add to a `message` about a key that an experiment sets for the member of a group that is not `chosen`."""
    experiment = chosen.get(conf_dirs.EXPERIMENT)
    if experiment is None or any(key_of(given) in message for given in composer.task_overrides if "." in key_of(given)):
        return None
    meant = choices_of(composer.choosing([f"{conf_dirs.EXPERIMENT}={experiment}"]))
    other = [group for group in conf_dirs.GROUPS if meant.get(group) != chosen.get(group) and f"{group}." in message]
    if not other:
        return None
    group = other[0]
    usual = choices_of(composer.choosing([]))
    named = [kind for kind in conf_dirs.GROUPS if kind in ("env", "agent") or chosen.get(kind) != usual.get(kind)]
    instead = [f"{kind}={chosen[kind]}" for kind in named]
    return (
        f"experiment={experiment} sets keys of {group}={meant[group]}; for {group}={chosen[group]}, write "
        f"{' '.join(instead)} in its place, and those of its keys that you want."
    )


def require_simulator_runs_env(run: RunConfig) -> None:
    """Raises `ConfigError` if the simulator of `run`, which somebody has chosen, cannot run its environment."""
    from netgym_cli.envs.base import env_registry
    from netgym_cli.simulators.selection import require_choice

    adapter = env_registry.load(run.env.name)
    require_choice(run.simulator, adapter.required_simulator, adapter.scenario, run.env.name)


@before_a_run()
def typed_run(config: DictConfig | dict[str, Any]) -> RunConfig:
    """A composed config, or its plain values, as records of its members' own types, validated.

    Raises:
        ConfigError: unknown key or member, wrong type, missing or impossible value.
    """
    from netgym_cli.agents.base import agent_registry
    from netgym_cli.channels.base import channel_registry
    from netgym_cli.envs.base import env_registry
    from netgym_cli.simulators.base import simulator_registry
    from netgym_cli.wrappers.channel_configs import typed_channel

    raw = dict(config) if isinstance(config, dict) else resolved(config)
    own, groups = {field.name for field in fields(_Top)}, set(conf_dirs.GROUPS)
    for extra in raw.keys() - own - groups:
        known = {key: value for key, value in raw.items() if key != extra}
        raise ConfigError(unknown_key(extra, list(messages.dotted_keys(known))))
    top = typed(_Top, {key: raw[key] for key in own & raw.keys()}, "")
    parts: dict[str, Any] = {}
    if isinstance(simulator := raw.get("simulator", {}), dict):
        raw["simulator"] = {"name": DEFAULT_SIMULATOR, **simulator}
    registries: dict[str, Registry[Any]] = {
        "env": env_registry,
        "agent": agent_registry,
        "channel": channel_registry,
        "simulator": simulator_registry,
    }
    for group, registry in registries.items():
        given = raw.get(group)
        if not isinstance(given, dict) or not isinstance(given.get("name"), str):
            raise ConfigError(f"'{group}' is {given!r}; allowed: a mapping with a 'name'. Choose one by {group}=NAME.")
        if ":" not in (name := given["name"]) and name not in registry.names():
            raise ConfigError(_no_class(group, name, registry.names()))
        parts[group] = typed(registry.load(name).config_schema, given, group)
    if parts["channel"].action is not None:
        parts["channel"].action = typed_channel(parts["channel"].action, "channel.action")
    top.sessions = with_whole_numbers(int, top.sessions)
    top.evaluate_at_end = EndEvaluation.of(top.evaluate_at_end)
    run = RunConfig(**parts, **vars(top))
    run.validate()
    return run


def _no_class(group: str, name: str, known: list[str]) -> str:
    """The message for a `name` in a YAML file that names no class; it finds the user's module of that name."""
    allowed = f"{group}.name is {name!r}; allowed: MODULE:Class, of MODULE.py in a --config-dir, or {', '.join(known)}"
    searched = (Path(folder or ".", f"{name}.py") for folder in (*user_modules.searched(), *sys.path))
    file = next((file for file in searched if file.is_file()), None)
    if file is None:
        return f"{allowed}. Fix it where it is set: in the YAML file of the {group}, or on the command line."
    classes = re.findall(r"^class (\w+)", file.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return f"{allowed}. There is {file}: write name: {name}:{classes[-1] if classes else 'CLASS'}."


@dataclass
class _Top:
    """The keys of a config that belong to no group."""

    seed: int = MISSING
    sessions: Any = MISSING
    dataset: str | None = None
    steps: int | None = None
    init: str | None = None
    evaluate_at_end: Any = None
    record_stats: str = "auto"
    checkpoint_every_s: float = 60.0
    record: bool = False
    tracker: str = "none"


def config_of(path: Path, trust: bool = False) -> RunConfig:
    """The config of a run.

    Args:
        path: the run's folder, or a file in it as `SavedModel.at` takes it.
        trust: take it even if it names code and is not as a run of this user here wrote it.

    Raises `ConfigError` if there is no run, if it needs trust, or if it has not ended with a model and `path` is none
    of its checkpoints.
    """
    saved = SavedModel.at(path)
    run = saved.run
    record, values = run.record(), own_values(run, trust)
    try:
        config = replace(typed_run(values), choices=groups_of(run))
    except ConfigError as error:
        raise ConfigError(f"{run.config_path}: {error}") from error
    status = record.get("status")
    if status not in ("complete", "interrupted", PRUNED) and saved.checkpoint is None:
        message = (record.get("error") or {}).get("message")
        why = message or ("it goes on, or was killed" if status == "running" else "it has not ended")
        raise ConfigError(
            f"the run in '{run.path}' has the status {status!r}: {why}; give a run that is complete"
            f"{instead_of_final(run)}."
        )
    return config


def groups_of(run: RunFolder) -> dict[str, str]:
    """Group to the name that its member was chosen by, as the run's folder tells it."""
    return {group: name for group, name in run.choices().items() if group in conf_dirs.CHOICES}


def seeds_of(path: Path, config: RunConfig) -> frozenset[int]:
    """Seeds that the run which `path` names has met in training: those of its record and, as a process that was killed
    may not have noted the last ones, of the plan of its `config`."""
    from netgym_cli.sessions.plan import Plan

    planned = Plan.of(config).all_seeds if SavedModel.at(path).checkpoint is not None else ()
    return SavedModel.at(path).run.seeds() | {seed for seed in planned if seed is not None}


def own_values(run: RunFolder, trust: bool = False) -> dict[str, Any]:
    """What a run's config says, as plain values; nothing that it names has been imported, and nothing resolved.

    Raises `ConfigError` if it names code and is not as a run of this user here wrote it, unless there is `trust`.
    """
    content = run.config()
    try:
        values = plain_values(content)
    except ConfigError as error:
        raise ConfigError(f"{run.config_path}: {error}") from error
    named, manifest = code_in(values), run.manifest()
    doubt = run.doubt(manifest)
    if named and doubt and not trust:
        raise ConfigError(
            f"'{run.path}' names code that would run ({', '.join(named)}), and {doubt}. Look at it, and give it trust "
            "(--trust) only if you know who made it; docs/security.md says what that means."
        )
    if doubt and manifest.signed and (run.path, doubt) not in _told:
        _told.add((run.path, doubt))
        log.warning("'%s' was made here, but %s", run.path, doubt)
    return values


def needs_trust(run: RunFolder) -> bool:
    """Whether a run that has ended is taken only with trust, as one that no key could sign is if it holds code."""
    try:
        if run.doubt() is None:
            return False
        pickled = run.model_path.is_file() or run.agent_record_path.is_file()
        return pickled or (run.config_path.is_file() and bool(code_in(run.config())))
    except (OSError, ValueError, ConfigError):  # a run that is complete stays so when its folder has gone
        return False


def agent_of(path: Path, config: RunConfig) -> str:
    """The name that the agent of the run that `path` names, with this config, was chosen by, as in `agent=NAME`."""
    return SavedModel.at(path).run.choices().get("agent") or config.agent.name
