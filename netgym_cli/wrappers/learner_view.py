"""What a learner is to see of the end of a session, for programs that train without the command line."""

from __future__ import annotations

from typing import Any

import gymnasium
from gymnasium.utils import RecordConstructorArgs

from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.simulators.ownership import CopiedWhole


class LearnerView(CopiedWhole, gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """The end of a session as a time limit: `truncated` without `terminated`, and `info["session_end"]`.

    A network's session ends with both flags, as in NetworkGym, because a program goes through sessions by them. A
    learner takes `terminated` for a state after which nothing can be earned, gives it the value 0, and learns that the
    network is worthless towards the end of a session; after a mere truncation it uses its estimate of the value. The
    agents of `netgym train` see sessions in this way.

    Everything else passes: the terminations of an environment that has terminal states, and those of wrappers inside.

    Args:
        env: an environment, perhaps behind channels; one that is not netgym's is not changed.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        RecordConstructorArgs.__init__(self)
        super().__init__(env)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """As the environment's, but for `terminated` at the end of a session."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        network = self.unwrapped
        if isinstance(network, NetworkEnv) and not network.running:
            info["session_end"] = True
            terminated = terminated and network.terminal
        return observation, reward, terminated, truncated, info


def learner_view(env: gymnasium.Env[Any, Any]) -> LearnerView:
    """`env` as a learner should see it: the end of a session is a truncation, and no termination (see `LearnerView`).

    It fits wherever a library takes a function that wraps an environment, such as `make_vec_env(...,
    wrapper_class=learner_view)` of Stable-Baselines3 and `gymnasium.make_vec(..., wrappers=[learner_view])`.
    """
    return LearnerView(env)
