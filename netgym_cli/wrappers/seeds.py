"""The seeds of channels, drawn from those of environments, so that neither's randomness follows the other's."""

from typing import Any

import numpy as np

OBSERVATION_STREAM = 0x0B5
ACTION_STREAM = 0xAC7


def channel_seed(seed: int, stream: int = OBSERVATION_STREAM) -> int:
    """The seed of an environment's channel, 0 to 2^31 - 1, from the environment's seed and the channel's purpose."""
    return int(np.random.SeedSequence((seed, stream)).generate_state(1, np.uint32)[0] >> 1)


def session_seed(seed: int | None, info: dict[str, Any]) -> int | None:
    """The seed of the session that began with a reset; None if an episode of a running one did.

    Args:
        seed: given to `reset`.
        info: came from it; netgym's environments tell there which episode of which session begins.
    """
    if info.get("episode_index") == 0:
        return int(info["session_seed"])
    return seed
