"""How much the process grows while networked environments are stepped; each case in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from stepping import cart_pole, steps
from timing import Figure, figure

from netgym_cli.compat.netrl import NetworkConfig
from netgym_cli.wrappers.channel_configs import channel_config
from netgym_cli.wrappers.networked_env import NetworkedEnv
from netgym_cli.wrappers.vector_networked_env import VectorNetworkedEnv

MOST_MB = 2.0
COPIES = 1024


class Camera(gymnasium.Env[Any, Any]):
    """84 x 84 colour images, 21 kB each, and episodes of 1000 steps."""

    observation_space = gymnasium.spaces.Box(0, 255, (84, 84, 3), np.uint8)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.step_number = 0
        return np.zeros((84, 84, 3), np.uint8), {}

    def step(self, action):
        self.step_number += 1
        image = np.full((84, 84, 3), self.step_number % 256, np.uint8)
        return image, 0.0, False, self.step_number == 1000, {}


def images(name: str, **keys: Any) -> Any:
    """The camera behind a channel."""
    return NetworkedEnv(Camera(), channel_config=channel_config(name, buffer_size=2, **keys))


def many() -> Any:
    """All copies of CartPole behind one VectorNetworkedEnv."""
    bare = gymnasium.make_vec("CartPole-v1", COPIES, vectorization_mode="vector_entry_point")
    return VectorNetworkedEnv(bare, NetworkConfig(delay_steps=3))


def numbers() -> Any:
    """One CartPole behind a Gilbert-Elliott channel."""
    return NetworkedEnv(cart_pole(), NetworkConfig())


def images_in_bursts() -> Any:
    """Images that are lost in bursts or come three steps late."""
    return images("gilbert_elliott", delay_steps=3)


def images_on_a_link() -> Any:
    """Images that fill a queue, which drops some."""
    return images("link", bandwidth_mbps=6, jitter_ms=50, queue_bytes=100_000)


def vector_steps(env: Any, number: int) -> None:
    """Env-steps of all copies together: `number`, rounded down to whole steps."""
    action = np.zeros(COPIES, np.int64)
    for step in range(number // COPIES):
        action[:] = step & 1
        env.step(action)


CASES: dict[str, tuple[Callable[[], Any], Callable[[Any, int], object]]] = {
    "CartPole, gilbert_elliott": (numbers, steps),
    "84x84x3 images, gilbert_elliott": (images_in_bursts, steps),
    "84x84x3 images, overloaded link": (images_on_a_link, steps),
    f"{COPIES} CartPoles, gilbert_elliott": (many, vector_steps),
}


def resident_mb() -> float:
    """Memory of this process that is in RAM, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def growth(case: str, number: int, far: Any) -> None:
    """Sends the growth over `number` steps after a tenth as many, MB."""
    make, walk = CASES[case]
    env = make()
    env.reset(seed=1)
    walk(env, number // 10)
    before = resident_mb()
    walk(env, number)
    far.send(resident_mb() - before)


def memory(number: int) -> list[Figure]:
    """The growth of each case."""
    figures = []
    for case in CASES:
        near, far = get_context("spawn").Pipe()
        process = get_context("spawn").Process(target=growth, args=(case, number, far))
        process.start()
        grown = near.recv()
        process.join()
        what = f"growth over {number:.0e} steps, {case}, MB"
        figures.append(figure(what, [grown], f"<= {MOST_MB:g}", grown <= MOST_MB))
    return figures
