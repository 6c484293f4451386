"""Arguments that several verbs share: run folders, overrides, and `KEY=VALUE` that are the verb's own."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.suggestions import nearest
from netgym_cli.config.compose import Composer
from netgym_cli.config.conf_dirs import EXPERIMENT
from netgym_cli.config.overrides import given_twice, key_of
from netgym_cli.config.schema import RunConfig, require, unknown_key
from netgym_cli.experiment.config import chosen_of, require_simulator_runs_env, run_of, typed_run
from netgym_cli.experiment.unread import tell, unread_by_verb

log = logging.getLogger(__name__)
Args = Sequence[str]
ConfigDirs = Sequence[str | Path]
NEAR = 0.7  # a key so similar to one of the verb's own is taken for a misspelling of it
TOP = {field.name for field in fields(RunConfig) if field.name != "choices"} | {EXPERIMENT}
MODELS = (".zip", ".npz")  # suffixes of what a run may have saved
FORMER_JOBS = "workers"
JOBS = ("jobs", FORMER_JOBS)  # keys of the verbs that play sessions side by side
MOST = 1_000_000  # seeds, episodes or jobs: more than anybody simulates, and few enough to list in memory


def folders_in(args: Args) -> list[Path]:
    """Those of `args` that are no overrides: folders, or models in them."""
    return [Path(arg) for arg in args if "=" not in arg or _is_run(arg)]


def parse_args(args: Args, own: Collection[str]) -> tuple[list[Path], dict[str, str], list[str]]:
    """`args` as runs (folders, or models in them), the values of the verb's own keys, and overrides of the config.

    Raises `ConfigError` for a key that is neither of the config nor of the verb, and similar to one of the verb's.
    """
    runs = folders_in(args)
    pairs = [arg for arg in args if "=" in arg and not _is_run(arg)]
    hydra = [pair for pair in pairs if key_of(pair).startswith(("hydra.", "hydra/"))]
    tell([[*given_twice(pairs), *unread_by_verb(hydra, "this verb", ["hydra.searchpath"])]])
    values = dict(pair.split("=", 1) for pair in pairs if pair.split("=", 1)[0] in own)
    for key in (pair.split("=", 1)[0] for pair in pairs):
        if key not in own and key not in TOP and (near := nearest(key, own, NEAR)):
            raise ConfigError(unknown_key(key, [near]))
    return runs, values, [pair for pair in pairs if pair.split("=", 1)[0] not in values]


def reject_overrides(overrides: Args, instead: Mapping[str, str], what: str) -> None:
    """Raises `ConfigError` for an override that has no effect on `what`; `instead` maps it to the key that has."""
    for override in overrides:
        key = key_of(override)
        if other := instead.get(key, instead.get(key.partition(".")[0])):
            raise ConfigError(f"override '{override}' has no effect on {what}; write {other}=... instead.")


def reject_agent_keys(overrides: Args) -> None:
    """Raises `ConfigError` for an override of an agent that was trained before."""
    if rejected := [override for override in overrides if re.match(r"[+~]*agent\.", override)]:
        raise ConfigError(f"override '{rejected[0]}' has no effect on an agent that was trained before; leave it out.")


def composed(agent: str, overrides: Args, config_dirs: ConfigDirs, run: RunConfig | None) -> RunConfig:
    """The config of the agent of this name, in the environment of `run` if there is one."""
    if run is None:
        return run_of(Composer([f"agent={agent}", *overrides], config_dirs))
    agent_keys = [override for override in overrides if re.match(r"[+~]*agent\.", override)]
    alone = chosen_of(Composer([f"agent={agent}", *agent_keys], config_dirs))
    others = [override for override in overrides if override not in agent_keys]
    return taking(("agent",), alone, in_environment_of(run, others, config_dirs))


def in_environment_of(run: RunConfig, overrides: Args, config_dirs: ConfigDirs) -> RunConfig:
    """The run's config with other values; with another environment, channel or simulator if one is among them.

    Raises `ConfigError`.
    """
    if any(override.startswith("env=") for override in overrides):
        other = run_of(Composer([*overrides, "agent=random"], config_dirs))
        return taking(("env", "channel", "simulator"), other, run)
    simulator = run.simulator
    for group in ("channel", "simulator"):
        choice = [override for override in overrides if override.startswith(f"{group}=")]
        keys = [override for override in overrides if re.match(rf"[+~]*{group}\.", override)] if choice else []
        if choice:
            run = taking((group,), chosen_of(Composer([*choice, *keys], config_dirs)), run)
        overrides = [override for override in overrides if override not in (*choice, *keys)]
    if run.simulator is not simulator:
        require_simulator_runs_env(run)
    return replace(typed_run(Composer(overrides, config_dirs).applied_to(run.values())), choices=run.choices)


def taking(groups: Sequence[str], other: RunConfig, run: RunConfig) -> RunConfig:
    """`run` with the members of these groups, and the names that they were chosen by, from `other`."""
    choices = {**run.choices, **{group: other.name_of(group) for group in groups}}
    return replace(run, choices=choices, **{group: getattr(other, group) for group in groups})


def listed_seeds(text: str) -> tuple[int, ...] | None:
    """`[3,5]` and `3..5` as just these seeds; None for anything else. Raises `ConfigError` for `5..3`."""
    if match := re.fullmatch(r"(\d{1,20})\.\.(\d{1,20})", text):
        first, last = int(match[1]), int(match[2])
        require(first <= last, "seeds", text, "the smaller one first, such as 3..5")
        require(last < 2**31, "seeds", text, "numbers from 0 to 2147483647")
        require(last - first < MOST, "seeds", text, f"{MOST} or fewer")
        return tuple(range(first, last + 1))
    if re.fullmatch(r"\[\s*\d+(\s*,\s*\d+)*\s*\]", text):
        return tuple(int(seed) for seed in text.strip("[]").split(","))
    return None


def seed_count(text: str) -> int:
    """The number of seeds that `text` asks for, such as `10`. Raises `ConfigError`."""
    return _from_1(text, "seeds", f"how many, such as 10 (up to {MOST}), or which: [3,5] or 3..5")


def agent_names(text: str, verb: str) -> list[str]:
    """The names in `agent=NAME,NAME`. Raises `ConfigError` for the folder of a run, which is given without `agent=`."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        require(names.count(name) == 1, "agent", text, "names, each once")
        if "/" in name:
            raise ConfigError(f"agent={name} names a folder; give the folder of a run by itself: netgym {verb} {name}.")
    return names


def require_seeds(seeds: Sequence[int]) -> None:
    """Raises `ConfigError` unless these are different seeds, at least one."""
    require(len(seeds) >= 1 and len(set(seeds)) == len(seeds), "seeds", list(seeds), "one or more, each once")
    require(all(0 <= seed < 2**31 for seed in seeds), "seeds", list(seeds), "numbers from 0 to 2147483647")


def _is_run(arg: str) -> bool:
    path = Path(arg)
    try:
        return path.is_dir() or (path.suffix in MODELS and path.is_file())
    except OSError:  # too long for a file name
        return False


def whole_number(text: str, key: str) -> int:
    """`text` as a number from 1 to 1000000. Raises `ConfigError` naming the key."""
    return _from_1(text, key, f"1 or more, up to {MOST}")


def _from_1(text: str, key: str, allowed: str) -> int:
    written = re.fullmatch(r"\d{1,20}(\.0*)?(e\+?\d)?", text, re.ASCII | re.IGNORECASE)  # 1e3 is 1000 as in a config
    require(written is not None and 1 <= float(text) <= MOST and float(text).is_integer(), key, text, allowed)
    return int(float(text))


def jobs_of(own: Mapping[str, str], option: int | None) -> int:
    """How many sessions to play at once: `jobs=` or `--jobs`, or one per CPU. Raises `ConfigError`.

    `workers=`, as it was called once, is taken and told about.
    """
    given = [f"{key}={own[key]}" for key in ("jobs", FORMER_JOBS) if key in own]
    given += [f"--jobs {option}"] if option is not None else []
    if len(given) > 1:
        raise ConfigError(f"{' and '.join(given)} are the same; give one of them.")
    if FORMER_JOBS in own:
        log.warning("note: %s= is called jobs= now", FORMER_JOBS)
    if option is not None or not given:
        return option or os.cpu_count() or 1
    key, _, text = given[0].partition("=")
    return whole_number(text, key)
