"""The schema of everything in conf/: types and ranges. Defaults, with meaning and unit, stand in the YAML files.

Members (environments, agents, channels, simulators) extend the base records here in their own files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from dataclasses import field as new_field
from functools import lru_cache
from typing import Any, TypeVar, get_args, get_type_hints

from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import ConfigKeyError, MissingMandatoryValue, OmegaConfBaseException

from netgym_cli.common import suggestions
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.conf_dirs import GROUPS
from netgym_cli.config.effect import read_unless
from netgym_cli.config.fields import check_fields, one_of, ranged, such_that, wrong_value
from netgym_cli.config.validation import misfit, with_whole_numbers

C = TypeVar("C")
FOR_SOME_AGENTS = {  # keys of a run that only agents with a key of that name take, and why another one does not
    "dataset": "learns from no dataset: choose an offline agent, such as agent=td3_bc",
    "init": "cannot continue another run's model; agent=ppo, a2c, sac and td3 can",
}
SECONDS = "a number of seconds above 0, up to 1000000"
SESSIONS = "how many, 1 to 1000000, or a list of one or more overrides of env, such as [{}, {episodes_per_session: 3}]"
MOST_SESSIONS = 1_000_000
MOST_SEED = 2**31 - 1
DEFAULT_SIMULATOR = "ns3"  # of configs from the time when there was no choice
TRACKERS = ("none", "trackio", "wandb", "mlflow")
HOLDS = ("last", "default")  # what an actuator does while no action arrives


@dataclass
class SimulatorConfig:
    """Keys that every simulator has."""

    name: str = MISSING
    start_timeout_s: float = ranged(above=0, high=1e6, words=SECONDS)
    step_timeout_s: float = ranged(above=0, high=1e6, words=SECONDS)
    close_timeout_s: float = ranged(above=0, high=1e6, words=SECONDS)

    def validate(self) -> None:
        """Raises `ConfigError` for a deadline that is not positive or that no clock can hold."""
        check_fields(self, "simulator")

    def here(self) -> SimulatorConfig:
        """The same for what has to be simulated on this machine, as what lies under a channel."""
        return self


@dataclass
class EnvConfig:
    """Keys that every environment has."""

    name: str = MISSING
    random_seed: int | None = ranged(0, MOST_SEED, null="a fresh one")
    steps_per_episode: int = ranged(1)
    episodes_per_session: int = ranged(1)

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        check_fields(self, "env")


@dataclass
class AgentConfig:
    """Keys that every agent has."""

    name: str = MISSING

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        check_fields(self, "agent")


@dataclass
class ParallelAgentConfig(AgentConfig):
    """Keys of the agents that can learn from several simulators at once.

    Attributes:
        n_envs: number of simulators that live each session at once.
    """

    n_envs: int = ranged(1, default=1)


@dataclass
class ChannelConfig:
    """Keys that every channel has; conf/action.yaml has the defaults and meanings of the way back.

    `action` is null or the record of another channel: composing puts all its keys there, typing makes them a record.
    """

    name: str = MISSING
    action: Any = MISSING
    action_hold: str = read_unless("action", None, of=one_of(*HOLDS))
    action_default: Any = read_unless("action", None)

    def validate(self) -> None:
        """Raises `ConfigError` naming the key, its value and what is allowed."""
        check_fields(self, "channel")


@dataclass
class EndEvaluation:
    """The evaluation that follows a training, `evaluate_at_end`; the values here are those of conf/config.yaml.

    Attributes:
        networks: how many networks every agent meets, each drawn by a seed that nothing has learnt from; 0: none.
        episodes: episodes on each of them.
        most_share: steps that it may take, all agents together, per step of the training.
        simulator: where the networks are simulated; None: the training's own simulator or, of a twin, what it stands
            for.
    """

    networks: int = such_that(lambda value: value == 0 or value >= 2, "2 or more, or 0 for none", default=10)
    episodes: int = ranged(1, default=2)
    most_share: float = ranged(above=0, default=0.25)
    simulator: str | None = None

    @classmethod
    def of(cls, given: Any) -> EndEvaluation | None:
        """What a config gives for it: a number of networks, a mapping of these keys, or null. Raises `ConfigError`."""
        number = with_whole_numbers(int, given)
        if isinstance(number, int) and not isinstance(number, bool):
            given = {"networks": number}
        require(given is None or isinstance(given, Mapping), "evaluate_at_end", given, "how many networks, 0 for none")
        return None if given is None else typed(cls, given, "evaluate_at_end")


@dataclass
class RunConfig:
    """One run, composed and typed: what `netgym train` executes.

    Attributes:
        sessions: how many sessions of `env`, or a list with one mapping of overrides of it for each.
        steps: gradient updates of an agent that has the key; of any other, the steps of the whole run, which its
            sessions share out.
        evaluate_at_end: the evaluation that follows a training; None: none.
        choices: group, such as `env`, to the name that its member was chosen by, which may be that of a variant; empty
            where nobody knows. It is no key of the config.
    """

    env: EnvConfig
    agent: AgentConfig
    channel: ChannelConfig
    simulator: SimulatorConfig
    seed: int = ranged(0, MOST_SEED)
    sessions: int | list[dict[str, Any]] = MISSING
    dataset: str | None = None
    steps: int | None = ranged(1, null="", default=None)
    init: str | None = None
    evaluate_at_end: EndEvaluation | None = None
    record_stats: str = one_of("auto", "all", "first", "none", default="auto")
    checkpoint_every_s: float = ranged(0, 1e6, default=60.0, note="0: none")
    record: bool = False
    tracker: str = one_of(*TRACKERS, default="none")
    choices: dict[str, str] = new_field(default_factory=dict, compare=False)

    @property
    def n_envs(self) -> int:
        """Number of simulators that live each session at once; 1 for an agent that acts in one at a time."""
        return self.agent.n_envs if isinstance(self.agent, ParallelAgentConfig) else 1

    def values(self) -> dict[str, Any]:
        """The config as plain nested values, without the choices that made it."""
        return {key: value for key, value in asdict(self).items() if key != "choices"}

    @property
    def planned_steps(self) -> int | None:
        """The steps that the run is planned to have; None where its sessions alone say how long it is."""
        return None if hasattr(self.agent, "steps") else self.steps

    def name_of(self, group: str) -> str:
        """The name that a group's member was chosen by, such as a variant's, or else the member's own."""
        return self.choices.get(group) or str(getattr(self, group).name)

    def names(self) -> dict[str, Any]:
        """The names of all groups as they were chosen and, under `base`, those of the members that they are."""
        return {group: self.name_of(group) for group in GROUPS} | {
            "base": {group: getattr(self, group).name for group in GROUPS}
        }

    def validate(self) -> None:
        """Checks every part and the keys that concern them all. Raises `ConfigError`."""
        check_fields(self, "")
        listed = isinstance(self.sessions, list)
        count = self.sessions if isinstance(self.sessions, int) and not isinstance(self.sessions, bool) else 0
        require(1 <= count <= MOST_SESSIONS or (listed and self.sessions != []), "sessions", self.sessions, SESSIONS)
        if listed and self.planned_steps is not None:
            raise ConfigError(
                f"steps is {self.steps}, and sessions, a list, says how long the run is, too; leave one of them out."
            )
        for part in (self.env, self.agent, self.channel, self.simulator):
            part.validate()
        for key, meaning in FOR_SOME_AGENTS.items():
            if (value := getattr(self, key)) is not None and not hasattr(self.agent, key):
                raise ConfigError(f"{key} is {value!r}, and agent '{self.agent.name}' {meaning}; remove {key}=.")


def require(condition: bool, key: str, value: object, allowed: str) -> None:
    """Raises `ConfigError` in the one form that all messages about a value share, unless `condition` holds."""
    if not condition:
        raise ConfigError(wrong_value(key, value, allowed))


def typed(schema: type[C], raw: Mapping[str, Any], where: str) -> C:
    """`raw` (plain or OmegaConf) checked against the dataclass `schema`, as an instance of it.

    Args:
        schema: dataclass whose fields are the only keys allowed.
        raw: nested mapping; every field without a default must be there.
        where: dotted place of `raw` in the whole config, for messages (`"env"`).

    Raises:
        ConfigError: unknown key (with the nearest known one), wrong type or missing value.
    """
    raw = with_whole_numbers(schema, _contents(raw))
    try:
        merged = OmegaConf.merge(_structured(schema), OmegaConf.create(raw))  # type: ignore[arg-type, call-overload]
        return OmegaConf.to_object(merged)  # type: ignore[return-value]
    except OmegaConfBaseException as error:
        if wrong := misfit(schema, raw, where):
            raise ConfigError(wrong) from error
        _check_list_items(schema, raw, where)  # OmegaConf forgets which item of a list it was
        place = f"{where}.{error.full_key or error.key or ''}".strip(".")
        if isinstance(error, ConfigKeyError):
            known = [f"{where}.{key}".strip(".") for key in known_keys(schema)]
            raise ConfigError(unknown_key(place, known)) from error
        if isinstance(error, MissingMandatoryValue):
            raise ConfigError(f"'{place}' has no value; give it one in the YAML or as an override.") from error
        reason = str(error.msg or error).splitlines()[0].rstrip(".")
        raise ConfigError(f"bad value for '{place}': {reason}.") from error


@lru_cache(maxsize=256)
def _structured(schema: type) -> DictConfig:
    """OmegaConf's reading of a dataclass; what is merged into it goes into a copy."""
    structured: DictConfig = OmegaConf.structured(schema)
    return structured


def _contents(raw: Any) -> Any:
    return OmegaConf.to_container(raw) if OmegaConf.is_config(raw) else raw


def _check_list_items(schema: type, raw: Any, where: str) -> None:
    for name, kind in get_type_hints(schema).items():
        value = raw.get(name) if isinstance(raw, Mapping) else None
        item_kind = next(iter(get_args(kind)), None)
        if is_dataclass(kind):
            _check_list_items(kind, value, f"{where}.{name}")  # type: ignore[arg-type]
        elif is_dataclass(item_kind) and isinstance(value, Sequence):
            for place, item in enumerate(value):
                typed(item_kind, item, f"{where}.{name}[{place}]")  # type: ignore[arg-type]


def unknown_key(key: str, known: Sequence[str]) -> str:
    """The message for a key nobody knows, with the nearest known one: by its whole path, or by its last part."""

    def likeness(other: str) -> float:
        last = suggestions.likeness(key.rpartition(".")[2], other.rpartition(".")[2])
        return 0.1 * suggestions.likeness(key, other) + 0.9 * last

    best = max(known, key=likeness, default="")
    hint = suggestions.hint(best) if likeness(best) > 0.6 else ""
    return f"unknown key '{key}'.{hint} `netgym show` lists every key."


def known_keys(schema: type) -> list[str]:
    """Every dotted key of a dataclass schema, nested records included."""
    keys = []
    hints = get_type_hints(schema)
    for field in fields(schema):
        keys.append(field.name)
        kind = hints[field.name]
        if is_dataclass(kind):
            keys += [f"{field.name}.{key}" for key in known_keys(kind)]  # type: ignore[arg-type]
    return keys


def plain(config: Any) -> dict[str, Any]:
    """A config record as nested dictionaries and lists."""
    return asdict(config)
