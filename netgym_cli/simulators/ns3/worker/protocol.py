# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The frames between trainer and worker: one byte of kind, then JSON or float64 numbers in native byte order.

Trainer to worker: START (JSON), STEP (the control's numbers; none for the default algorithm), RUN (several controls,
each behind its length), CLOSE. Another START begins anew in the same process: what is under way or waiting is dropped,
and LAYOUT tells by its number which START it answers.
Worker to trainer: LAYOUT (JSON) per START, STATS (simulated ms, events, then the values) per START, STEP and RUN,
FAILURE (JSON).
"""

import json
from typing import Any

import numpy as np

START, STEP, RUN, CLOSE = b"s", b"a", b"r", b"c"
LAYOUT, STATS, FAILURE = b"l", b"m", b"e"

HEAD = 2  # numbers before the values of a STATS frame: simulated time in ms, events

# What the exit status of a worker means, where it is not a signal.
FATAL_STATUS = 70  # ns-3 ended the program; its message is on stderr


def pack_json(kind: bytes, content: dict[str, Any]) -> bytes:
    """A frame of JSON."""
    return kind + json.dumps(content).encode()


def pack_numbers(kind: bytes, numbers: np.ndarray) -> bytes:
    """A frame of float64 numbers, shape `(n,)`."""
    return kind + np.ascontiguousarray(numbers, dtype=np.float64).tobytes()


def unpack(frame: bytes) -> tuple[bytes, Any]:
    """The kind and the content: a float64 array for STEP, RUN and STATS, None for CLOSE, else what the JSON holds."""
    kind, body = frame[:1], frame[1:]
    if kind in (STEP, RUN, STATS):
        return kind, np.frombuffer(body, dtype=np.float64)
    return kind, json.loads(body) if body else None
