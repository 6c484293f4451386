"""A linear-quadratic problem in two dimensions, which `env=gym` can run, and a noisy, mediocre policy's data of it.

`tests.support.offline_data:LQ-v0` pushes a point to the origin: x' = x + 0.5 a + noise, with the reward
-|x'|^2 - 0.1 |a|^2. `LQDict-v0` tells the same in a dictionary, `LQChoice-v0` offers nine pushes.
"""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from netgym_cli.datasets import Episode, write_dataset

STEPS = 25
ID = "netgym/lq/mediocre-v0"


class LQ(gymnasium.Env):
    """Observations (x, y) and a constant; actions are pushes, -1 to 3 along each axis, of which 1 is none."""

    def __init__(self, told: str = "box", actions: str = "box") -> None:
        box = spaces.Box(-20, 20, (3,), np.float32)
        self.told, self.choices = told, actions != "box"
        self.observation_space = spaces.Dict({"place": box, "side": spaces.Discrete(2)}) if told == "dict" else box
        self.action_space: Any = spaces.Box(-1, 3, (2,), np.float32)
        if self.choices:
            self.action_space = {
                "discrete": spaces.Discrete(9),
                "multi_discrete": spaces.MultiDiscrete([3, 3]),
                "multi_binary": spaces.MultiBinary(2),
            }[actions]

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.place = self.np_random.uniform(-3, 3, 2)
        self.count = 0
        return self.observed(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        push = self.push(action)
        self.place = np.clip(self.place + 0.5 * push + self.np_random.normal(0, 0.05, 2), -20, 20)
        self.count += 1
        reward = -float(self.place @ self.place + 0.1 * push @ push)
        return self.observed(), reward, False, self.count == STEPS, {}

    def push(self, action: Any) -> np.ndarray:
        """The push of an action, -2 to 2 along each axis."""
        if not self.choices:
            return np.asarray(action, np.float64) - 1
        if isinstance(self.action_space, spaces.MultiBinary):
            return 2.0 * np.asarray(action) - 1
        return 2.0 * (np.array([action // 3, action % 3]) if np.ndim(action) == 0 else np.asarray(action)) - 2

    def observed(self) -> Any:
        place = np.array([*self.place, 1.0], np.float32)
        return {"place": place, "side": np.int64(place[0] > 0)} if self.told == "dict" else place


for name, kwargs in {
    "LQ": {},
    "LQDict": {"told": "dict"},
    "LQChoice": {"actions": "discrete"},
    "LQChoices": {"actions": "multi_discrete"},
    "LQSwitches": {"actions": "multi_binary"},
}.items():
    gymnasium.register(f"{name}-v0", entry_point=LQ, kwargs=kwargs)


def behaviour(env: LQ, random: np.random.Generator) -> Any:
    """A weak push towards the origin under much noise; of choices, the best one half of the time."""
    wanted = -0.4 * env.place + random.normal(0, 0.8, 2)
    if not env.choices:
        return np.clip(wanted + 1, -1, 3).astype(np.float32)
    if random.random() < 0.5:
        return env.action_space.sample()
    nearest = np.clip(np.rint(-env.place / 2), -1, 1).astype(int) + 1
    if isinstance(env.action_space, spaces.MultiBinary):
        return (env.place < 0).astype(np.int8)
    return np.int64(3 * nearest[0] + nearest[1]) if isinstance(env.action_space, spaces.Discrete) else nearest


def collected(env: LQ, count: int, seed: int) -> list[Episode]:
    """Episodes of the behaviour policy."""
    random = np.random.default_rng(seed)
    env.action_space.seed(seed)
    episodes = []
    for k in range(count):
        observations, actions, rewards = [env.reset(seed=seed + k)[0]], [], []
        for _ in range(STEPS):
            actions.append(behaviour(env, random))
            observation, reward, *_ = env.step(actions[-1])
            observations.append(observation)
            rewards.append(reward)
        last = np.arange(STEPS) == STEPS - 1
        seen: Any = np.stack(observations) if env.told == "box" else {
            key: np.stack([one[key] for one in observations]) for key in observations[0]
        }  # fmt: skip
        none = np.zeros(STEPS, bool)
        episodes.append(Episode(seen, np.stack(actions), np.array(rewards), none, last, {}))
    return episodes


def write(
    kind: str = "LQ", count: int = 200, seed: int = 1, about: dict[str, Any] | None = None, version: int = 0
) -> str:
    """Writes the dataset of `kind` below `$MINARI_DATASETS_PATH`; returns its id."""
    env = gymnasium.make(f"{kind}-v0").unwrapped
    assert isinstance(env, LQ)
    dataset = ID.replace("lq", kind.lower()).replace("v0", f"v{version}")
    write_dataset(dataset, env.observation_space, env.action_space, collected(env, count, seed), about)
    return dataset


def forms_of(dataset: Any, bounds: Any = None) -> Any:
    """The learner's form of a dataset's spaces."""
    from netgym_cli.agents.sb3.forms import Forms

    return Forms(dataset.observation_space, dataset.action_space, bounds)
