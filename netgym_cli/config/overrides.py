"""Overrides as they were typed, before Hydra reads them: what cannot be meant is refused, names are quoted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hydra.core.override_parser.types import Quote, QuotedString

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs

ACTION_CHANNEL, SWEEPER_PARAMS = "channel.action", "hydra.sweeper.params"
AT_END = "evaluate_at_end"  # a number for it is one of networks, which its other keys may stand beside
LISTS = set("'\"()[]{}$")


def key_of(override: str) -> str:
    """The dotted key, or the group, that an override is of."""
    return override.partition("=")[0].lstrip("+~")


def readable(override: str) -> str:
    """`override` with the name of a member quoted where Hydra cannot read it as a name, and short forms written out.

    Raises:
        ConfigError: it names no key, chooses no member, or takes away or doubles a group, of which a run has one.
    """
    left, equals, value = override.partition("=")
    group, at, place = left.lstrip("+~").partition("@")
    if equals and not group:
        raise ConfigError(f"cannot read the override '{override}'; write KEY=VALUE.")
    if group == SWEEPER_PARAMS or group.startswith(f"{SWEEPER_PARAMS}."):  # Hydra cannot put anything into this null
        raise ConfigError(f"override '{override}': {SWEEPER_PARAMS} is for YAML files; here a grid is -m KEY=A,B.")
    if group == AT_END and re.fullmatch(r"[\d,]+", value):
        return f"{left}.networks={value}"
    if group not in conf_dirs.CHOICES:
        return override
    if group == conf_dirs.EXPERIMENT and left == f"+{group}":
        left = group  # as Hydra wants it where a config has no such group
    if at and (left, place) != (f"+channel@{ACTION_CHANNEL}", ACTION_CHANNEL):
        back = f", or {ACTION_CHANNEL}=NAME for the way back" if group == "channel" else ""
        raise ConfigError(f"override '{override}' puts the {group} in another place; write {group}=NAME{back}.")
    if left.startswith("~") and group in conf_dirs.GROUPS:
        raise ConfigError(f"override '{override}' takes the {group} away; every run has one: {group}=NAME.")
    if value[:1] in ("[", "{"):
        raise ConfigError(f"{group} is {value}; allowed: one name, {group}=NAME; with -m a grid of them, {group}=A,B.")
    if not at and (not value.isascii() or value.isdigit()) and not set(value) & LISTS:
        return left + equals + ",".join(quoted(name) for name in value.split(","))
    return left + equals + value


def action_channel_first(overrides: Sequence[str]) -> list[str]:
    """`overrides`, with the action channel's name as a choice of Hydra's where others are of its single keys."""
    if not any(override.lstrip("+").startswith(f"{ACTION_CHANNEL}.") for override in overrides):
        return list(overrides)
    named = re.compile(rf"{re.escape(ACTION_CHANNEL)}=(?!null$)[^{{]")
    return [f"+channel@{override}" if named.match(override) else override for override in overrides]


def quoted(text: str) -> str:
    """`text` as a string of Hydra's override grammar."""
    return QuotedString(text, Quote.single).with_quotes()


def given_twice(overrides: Sequence[str]) -> list[str]:
    """A sentence for each override that a later one of the same key makes void."""
    last = {key_of(override): override for override in overrides}
    void = [override for override in overrides if last[key_of(override)] is not override]
    return [f"{override} has no effect: {last[key_of(override)]} comes after it" for override in void]
