"""What the words behind a verb have in common: run folders, overrides, and `KEY=VALUE` that are the verb's own."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields, replace
from difflib import get_close_matches
from pathlib import Path

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import Composer
from netgym_cli.config.schema import RunConfig, require, unknown_key
from netgym_cli.experiment.config import require_simulator_runs_env, run_of, typed_run

Words = Sequence[str]
ConfigDirs = Sequence[str | Path]
NEAR = 0.7  # spelled so much alike, a word is one of the verb's own with a letter wrong
TOP = {field.name for field in fields(RunConfig)}
MOST = 1_000_000  # seeds, episodes or workers: more than anybody simulates, and few enough to be listed in memory


def sorted_out(words: Words, own: Collection[str]) -> tuple[list[Path], dict[str, str], list[str]]:
    """`words` as folders of runs, the values of the verb's own keys, and overrides of the config.

    Raises `ConfigError` for a word that is none of these and nearly one of the verb's own.
    """
    folders = [Path(word) for word in words if "=" not in word or _is_folder(word)]
    pairs = [word for word in words if "=" in word and not _is_folder(word)]
    mine = dict(word.split("=", 1) for word in pairs if word.split("=", 1)[0] in own)
    for key in (word.split("=", 1)[0] for word in pairs):
        if key not in own and key not in TOP and (near := get_close_matches(key, own, 1, NEAR)):
            raise ConfigError(unknown_key(key, near))
    return folders, mine, [word for word in pairs if word.split("=", 1)[0] not in mine]


def refuse(overrides: Words, instead: Mapping[str, str], what: str) -> None:
    """Raises `ConfigError` for an override that has no effect on `what`; `instead` maps it to the key that has."""
    for word in overrides:
        if (key := word.split("=", 1)[0].lstrip("+~")) in instead:
            raise ConfigError(f"override '{word}' has no effect on {what}; write {instead[key]}=... instead.")


def refuse_agent_keys(overrides: Words) -> None:
    """Raises `ConfigError` for an override of an agent that was trained before."""
    if lost := [word for word in overrides if re.match(r"[+~]*agent\.", word)]:
        raise ConfigError(f"override '{lost[0]}' has no effect on an agent that was trained before; leave it out.")


def composed(agent: str, overrides: Words, config_dirs: ConfigDirs, run: RunConfig | None) -> RunConfig:
    """The config of the agent of this name, in the environment of `run` if there is one."""
    if run is None:
        return run_of(Composer([f"agent={agent}", *overrides], config_dirs))
    mine = [word for word in overrides if re.match(r"[+~]*agent\.", word)]
    alone = typed_run(Composer([f"agent={agent}", *mine], config_dirs).compose())
    others = [word for word in overrides if word not in mine]
    return replace(in_environment_of(run, others, config_dirs), agent=alone.agent)


def in_environment_of(run: RunConfig, overrides: Words, config_dirs: ConfigDirs) -> RunConfig:
    """The run's config with other values; with another environment, channel or simulator if one is among them.

    Raises `ConfigError`.
    """
    if any(word.startswith("env=") for word in overrides):
        other = run_of(Composer([*overrides, "agent=random"], config_dirs))
        return replace(run, env=other.env, channel=other.channel, simulator=other.simulator)
    simulator = run.simulator
    for group in ("channel", "simulator"):
        choice = [word for word in overrides if word.startswith(f"{group}=")]
        keys = [word for word in overrides if re.match(rf"[+~]*{group}\.", word)] if choice else []
        if choice:
            other = typed_run(Composer([*choice, *keys], config_dirs).compose())
            run = replace(run, **{group: getattr(other, group)})
        overrides = [word for word in overrides if word not in (*choice, *keys)]
    if run.simulator is not simulator:
        require_simulator_runs_env(run)
    return typed_run(Composer(overrides, config_dirs).applied_to(asdict(run)))


def listed_seeds(text: str) -> tuple[int, ...] | None:
    """`[3,5]` and `3..5` as just these seeds; None for anything else. Raises `ConfigError` for `5..3`."""
    if match := re.fullmatch(r"(\d{1,20})\.\.(\d{1,20})", text):
        first, last = int(match[1]), int(match[2])
        require(first <= last, "seeds", text, "the smaller one first, such as 3..5")
        require(last < 2**31, "seeds", text, "numbers from 0 to 2147483647")
        require(last - first < MOST, "seeds", text, f"{MOST} or fewer")
        return tuple(range(first, last + 1))
    if re.fullmatch(r"\[\s*\d+(\s*,\s*\d+)*\s*\]", text):
        return tuple(int(one) for one in text.strip("[]").split(","))
    return None


def seed_count(text: str) -> int:
    """How many seeds `text` asks for, such as `10`. Raises `ConfigError`."""
    allowed = f"how many, such as 10 (up to {MOST}), or which: [3,5] or 3..5"
    require(text.isdecimal() and len(text) < 20 and 1 <= int(text) <= MOST, "seeds", text, allowed)
    return int(text)


def agent_names(text: str, verb: str) -> list[str]:
    """The names in `agent=NAME,NAME`. Raises `ConfigError` for the folder of a run, which is given without `agent=`."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if "/" in name:
            raise ConfigError(f"agent={name} names a folder; give the folder of a run by itself: netgym {verb} {name}.")
    return names


def require_seeds(seeds: Sequence[int]) -> None:
    """Raises `ConfigError` unless these are seeds of one session each."""
    require(len(seeds) >= 1 and len(set(seeds)) == len(seeds), "seeds", list(seeds), "one or more, each once")
    require(all(0 <= seed < 2**31 for seed in seeds), "seeds", list(seeds), "numbers from 0 to 2147483647")


def _is_folder(word: str) -> bool:
    try:
        return Path(word).is_dir()
    except OSError:  # too long to be the name of anything
        return False


def whole_number(text: str, key: str) -> int:
    """`text` as a number from 1 to 1000000. Raises `ConfigError` naming the key."""
    allowed = f"1 or more, up to {MOST}"
    require(text.isdecimal() and len(text) < 20 and 1 <= int(text) <= MOST, key, text, allowed)
    return int(text)
