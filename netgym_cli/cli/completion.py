"""Completion of overrides, for the shell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from omegaconf import OmegaConf

from netgym_cli.config import conf_dirs
from netgym_cli.config.compose import Composer
from netgym_cli.config.messages import dotted_keys
from netgym_cli.config.overrides import ACTION_CHANNEL


def completions(words: Sequence[str], config_dirs: Sequence[str | Path] = ()) -> list[str]:
    """Completions of the last of `words`; the words before it are complete overrides.

    A shell that splits words at `=` gets back only what follows it.
    """
    *done, word = _joined(words)
    cut = len(word) - len(words[-1].lstrip("="))
    head, _, _ = word.rpartition("=")
    if head in (*conf_dirs.CHOICES, ACTION_CHANNEL):
        group, folders = head.partition(".")[0], conf_dirs.user_dirs(config_dirs)
        candidates = [f"{head}={name}" for name in conf_dirs.members(group, folders)]
    elif head:
        candidates = []
    else:
        overrides = [w for w in done if "=" in w and not w.endswith("=")]
        config = OmegaConf.to_container(Composer(overrides, config_dirs).compose(), resolve=False)
        keys = [*dotted_keys(config), conf_dirs.EXPERIMENT]  # type: ignore[arg-type]
        candidates = [f"{key}=" for key in keys]
    return [candidate[cut:] for candidate in candidates if candidate.startswith(word)]


def _joined(words: Sequence[str]) -> list[str]:
    """`words` with what a shell split at `=` put together again."""
    joined: list[str] = []
    for word in words:
        if joined and (word.startswith("=") or (joined[-1].endswith("=") and "=" not in word)):
            joined[-1] += word
        else:
            joined.append(word)
    return joined
