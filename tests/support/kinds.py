"""An environment for `env=gym` with any kind of space: `tests.support.kinds:Kinds-v0`, kwargs `{act: NAME, obs: NAME}`.

It refuses an action that is no member of its space, or of another dtype, and remembers the last ones.
"""

from collections import deque
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

SPACES: dict[str, spaces.Space[Any]] = {
    "box": spaces.Box(-1, 1, (3,)),
    "box_in_64_bits": spaces.Box(-0.1, 0.1, (2,), np.float64),
    "box_in_16_bits": spaces.Box(-1, 1, (2,), np.float16),
    "box_without_axes": spaces.Box(-1, 1, ()),
    "box_of_two_axes": spaces.Box(-1, 1, (2, 3)),
    "box_without_entries": spaces.Box(-1, 1, (0,)),
    "box_of_one_point": spaces.Box(1, 1, (2,)),
    "box_without_bounds": spaces.Box(-np.inf, np.inf, (2,)),
    "box_with_half_bounds": spaces.Box(0, np.inf, (2,)),
    "whole": spaces.Box(-5, 5, (1,), np.int64),
    "whole_in_32_bits": spaces.Box(-(2**31), 2**31 - 1, (2,), np.int32),
    "whole_without_axes": spaces.Box(-5, 5, (), np.int32),
    "whole_without_bounds": spaces.Box(-np.inf, np.inf, (2,), np.int64),  # type: ignore[arg-type]
    "bytes": spaces.Box(0, 255, (2,), np.uint8),
    "signed_bytes": spaces.Box(-128, 127, (2,), np.int8),
    "booleans": spaces.Box(0, 1, (2,), np.bool_),
    "image": spaces.Box(0, 255, (36, 36, 3), np.uint8),
    "choice": spaces.Discrete(3),
    "choice_from_-1": spaces.Discrete(3, start=-1),
    "choice_in_32_bits": spaces.Discrete(3, dtype=np.int32),
    "choices": spaces.MultiDiscrete([3, 2]),
    "choices_from_1_and_5": spaces.MultiDiscrete([3, 2], start=[1, 5]),
    "choices_of_two_axes": spaces.MultiDiscrete([[3, 2], [2, 2]], start=[[1, 5], [0, 0]]),
    "choices_in_8_bits": spaces.MultiDiscrete([120, 2], dtype=np.int8, start=[-100, 0]),
    "switches": spaces.MultiBinary(3),
    "switches_of_two_axes": spaces.MultiBinary((2, 2)),
    "dict": spaces.Dict(a=spaces.Box(-1, 1, (2,)), b=spaces.Discrete(3)),
    "dict_of_odd_ones": spaces.Dict(
        height=spaces.Box(-1, 1, (), np.float64), b=spaces.Discrete(3, start=2), c=spaces.MultiDiscrete([2], start=[3])
    ),
    "dict_of_choices": spaces.Dict(a=spaces.Discrete(3, start=1)),
    "dict_in_dict": spaces.Dict(a=spaces.Dict(b=spaces.Box(-1, 1, (2,)))),
    "dict_with_a_dot": spaces.Dict({"a.b": spaces.Box(-1, 1, (2,))}),
    "tuple": spaces.Tuple((spaces.Box(-1, 1, (2,)), spaces.Discrete(3))),
    "text": spaces.Text(5, min_length=0),
    "sequence": spaces.Sequence(spaces.Box(-1, 1, (2,))),
    "graph": spaces.Graph(spaces.Box(-1, 1, (2,)), spaces.Discrete(2)),
    "one_of": spaces.OneOf((spaces.Discrete(3), spaces.Box(-1, 1, (2,)))),
}
NUMBERS = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)
STEPS = 5
taken: deque[Any] = deque(maxlen=10_000)


class Kinds(gymnasium.Env[Any, Any]):
    """Episodes of five steps with random observations and the reward 1."""

    def __init__(self, act: str = "choice", obs: str = "box") -> None:
        self.action_space, self.observation_space = SPACES[act], SPACES[obs]

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        if seed is not None:
            self.observation_space.seed(seed)
        self.count = 0
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action), f"{action!r} is no member of {self.action_space}"
        if isinstance(self.action_space, NUMBERS):
            assert np.asarray(action).dtype == self.action_space.dtype
        taken.append(action)
        self.count += 1
        return self.observation_space.sample(), 1.0, False, self.count == STEPS, {}


gymnasium.register("Kinds-v0", entry_point="tests.support.kinds:Kinds", disable_env_checker=True)
