"""The errors of Hydra, OmegaConf and YAML about a config, each as one short message."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import yaml
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from netgym_cli.config import conf_dirs
from netgym_cli.config.schema import unknown_key

CAUSES = (HydraException, OmegaConfBaseException, yaml.YAMLError, ValueError, RecursionError)


def explain(
    error: BaseException,
    known_keys: Callable[[], Sequence[str]],
    why_unknown: Callable[[str], str | None] = lambda key: None,
) -> str:
    """The message for `error`, one of `CAUSES`.

    Args:
        error: what composing a config raised.
        known_keys: every dotted key of the config; called only for an unknown key.
        why_unknown: the message for an unknown key, if there is a better one than its nearest neighbour.
    """
    if isinstance(error, yaml.YAMLError):
        return _yaml(error)
    if isinstance(error, UnicodeDecodeError):
        return f"a config file is not UTF-8 text: {error.reason} at byte {error.start}."
    if isinstance(error, RecursionError):
        return "a config file builds on itself; take it out of its own 'defaults'."
    if isinstance(error, MissingConfigException):
        return _missing_file(error)
    if isinstance(error, OverrideParseException):
        return f"cannot read the override '{error.override}'; write KEY=VALUE, quoting what the shell may take."
    if match := re.search(r"(?:Ambiguous value for argument|Sweep parameters) '([^']*)'", str(error)):
        return f"'{match[1]}' holds several values; `netgym train -m` runs each of them; KEY=[a,b] is one list."
    if match := re.search(r"Could not (?:override|delete) '([^']+)'", str(error)):
        key = match[1].partition("@")[0]
        return why_unknown(key) or unknown_key(key, known_keys())
    if match := re.search(r"Could not append to config. An item is already at '([^']+)'", str(error)):
        return f"'{match[1]}' is there already; write {match[1]}=VALUE to change it, without a +."
    if match := re.search(r"Could not delete from config. '([^']+)' does not exist", str(error)):
        known = known_keys()
        return (
            f"'{match[1]}' is null already; leave ~{match[1]} out."
            if match[1] in known
            else unknown_key(match[1], known)
        )
    if match := re.search(r"(\w+) does not support sweep type : (\w+)_SWEEP", str(error)):
        return f"{match[1]} cannot draw from an {match[2].lower()}; list its values, as in KEY=1,2,3 or KEY=range(1,4)."
    cause = error
    while cause.__cause__ is not None and not isinstance(cause, OmegaConfBaseException):
        cause = cause.__cause__
    if isinstance(cause, ConfigKeyError | ConfigAttributeError):
        key = str(cause.full_key or cause.key)
        return why_unknown(key) or unknown_key(key, known_keys())
    if isinstance(cause, OmegaConfBaseException) and cause.full_key:
        return f"bad value for '{cause.full_key}': {_first_line(cause)}."
    return f"cannot compose the config: {_first_line(cause)}."


def dotted_keys(config: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Every dotted key of nested mappings, outer before inner."""
    for key, value in config.items():
        yield prefix + str(key)
        if isinstance(value, Mapping):
            yield from dotted_keys(value, f"{prefix}{key}.")


def _yaml(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return f"a config file is not YAML: {_first_line(error)}."
    problem = getattr(error, "problem", None) or "cannot be read"
    return f"{mark.name}, line {mark.line + 1}, column {mark.column + 1}: not YAML: {problem}."


def _missing_file(error: MissingConfigException) -> str:
    group, _, name = (error.missing_cfg_file or "").rpartition("/")
    if not group:
        return f"{_first_line(error)}."
    return conf_dirs.unknown_member(group, name, sorted(error.options or []))


def _first_line(error: BaseException) -> str:
    text = str(getattr(error, "msg", None) or error).strip()
    if "Cannot merge" in text:
        return "a list stands where a mapping is due, or the other way round; `netgym show` shows which"
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__
