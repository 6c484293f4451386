"""Options of Hydra's own programs that netgym's verbs do not have, and what to write instead."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

CONFIG = (
    "netgym has one main config; your own files lie in a directory: --config-dir DIR and env=NAME or experiment=NAME"
)
INSTEAD = {
    "--config-name": CONFIG,
    "-cn": CONFIG,
    "--config-path": CONFIG,
    "-cp": CONFIG,
    "--hydra-help": "what Hydra prints is printed by --info and --cfg hydra",
    "--experimental-rerun": "the overrides of a run are in .hydra/overrides.yaml of its folder",
    "--shell-completion": "netgym --install-completion installs it",
    "-sc": "netgym --install-completion installs it",
}


class Verbs(TyperGroup):
    """A group of verbs that tells who knows Hydra what to write instead of its options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        for arg in args:
            if arg == "--":
                break
            if instead := INSTEAD.get(option := arg.partition("=")[0]):
                ctx.fail(f"there is no option {option}: {instead}.")
        return super().parse_args(ctx, args)
