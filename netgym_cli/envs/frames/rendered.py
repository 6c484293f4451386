"""How an environment is drawn: `render`, in the modes that Gymnasium names."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import logger

from netgym_cli.common.errors import SessionError
from netgym_cli.envs.frames.picture import pixels_of
from netgym_cli.envs.frames.text import lines_of
from netgym_cli.simulators.stats import Stats

METADATA: dict[str, Any] = {"render_modes": ["ansi", "rgb_array"], "render_fps": 10}


def supported(render_mode: str | None) -> str | None:
    """`render_mode` if it is one. Raises `gymnasium.error.UnsupportedMode` if it is none."""
    if render_mode is not None and render_mode not in METADATA["render_modes"]:
        modes = ", ".join(METADATA["render_modes"])
        raise gymnasium.error.UnsupportedMode(f"render_mode is {render_mode!r}; allowed: {modes}, or None.")
    return render_mode


class Rendered:
    """Draws the last measurement. Nothing is kept or computed for it before `render` is called.

    Attributes:
        render_mode: `ansi`, `rgb_array`, or None: nothing is drawn.
        last_reward: of the last step; None before the first.
    """

    metadata: ClassVar[dict[str, Any]] = METADATA
    render_mode: str | None = None
    last_reward: float | None = None
    stats: Stats | None
    session: int
    episode: int
    step_index: int

    def render(self) -> str | np.ndarray | None:
        """The newest measurement, in the environment's `render_mode`.

        Returns:
            For `ansi` lines of text: the place in the session, the reward, rates, delays, queues and losses of
            every user and link, and a map where places are measured. For `rgb_array` the same as a picture, uint8 of
            shape `(480, 640, 3)`. Without a mode None, with a warning, as Gymnasium has it.

        Raises:
            SessionError: nothing was measured yet; call `reset`.
        """
        if self.render_mode is None:
            logger.warn('render() draws nothing without a render_mode; make the environment with render_mode="ansi".')
            return None
        if self.stats is None:
            raise SessionError("there is nothing to render before the first reset(); call it first.")
        reward = "" if self.last_reward is None or not self.step_index else f", reward {self.last_reward:.4g}"
        place = f"session {self.session}, episode {self.episode}, step {self.step_index}"
        heading = f"{place}, {self.stats.ts_ms / 1e3:.3f} s{reward}"
        if self.render_mode == "rgb_array":
            return pixels_of(self.stats, heading)
        return "\n".join([heading, *lines_of(self.stats), ""])
