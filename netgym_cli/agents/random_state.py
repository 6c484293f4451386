"""The random generators that a learner draws from besides its own: PyTorch's, NumPy's and Python's."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np


def generators() -> dict[str, Any]:
    """Their states, as plain values and arrays."""
    import torch

    version, numbers, gauss = random.getstate()
    return {
        "torch": torch.get_rng_state().numpy().copy(),
        "numpy": np.random.get_state(),
        "python": [version, np.array(numbers, np.uint64), gauss],
    }


def restore_generators(state: Mapping[str, Any]) -> None:
    """Lets them go on from the states that `generators` told."""
    import torch

    torch.set_rng_state(torch.from_numpy(state["torch"].copy()))
    np.random.set_state(state["numpy"])
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers.tolist()), gauss))
